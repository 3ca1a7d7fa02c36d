#include "memory.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(_WIN32)
#include <malloc.h>
#endif

namespace pyro {

namespace {
constexpr size_t kLine = 64, kHugePage = size_t{2} << 20;

void* allocate(size_t bytes) {
  const size_t alignment = bytes >= kHugePage / 8 ? kHugePage : kLine;
  bytes = (bytes + alignment - 1) / alignment * alignment;
#if defined(_WIN32)
  return _aligned_malloc(bytes, alignment);
#else
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, bytes) != 0) return nullptr;
#if defined(__linux__)
  if (alignment == kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
#endif
}

void release(void* memory) {
#if defined(_WIN32)
  _aligned_free(memory);
#else
  free(memory);
#endif
}
}  // namespace

Buffer::~Buffer() { pyro::release(data_); }

void Buffer::reserve(size_t floats) {
  if (floats <= size_) return;
  if (floats > std::numeric_limits<size_t>::max() / sizeof(float) - kHugePage) throw std::bad_alloc();
  pyro::release(data_);
  size_ = 0;
  data_ = static_cast<float*>(allocate(floats * sizeof(float)));
  if (!data_) throw std::bad_alloc();
  size_ = floats;
}

std::unique_ptr<Buffer> Keep::acquire(size_t floats) {
  std::unique_ptr<Buffer> buffer;
  const auto fits = std::find_if(free_.begin(), free_.end(), [&](const auto& b) { return b->size() >= floats; });
  if (fits != free_.end()) {
    buffer = std::move(*fits);
    free_.erase(fits);
    idle_ -= buffer->size() * sizeof(float);
  } else {
    while (!free_.empty() && lent_ + idle_ + floats * sizeof(float) > budget_) {
      idle_ -= free_.back()->size() * sizeof(float);
      free_.pop_back();
    }
    try {
      buffer = std::make_unique<Buffer>(floats);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  lent_ += buffer->size() * sizeof(float);
  return buffer;
}

void Keep::release(std::unique_ptr<Buffer> buffer) {
  const size_t bytes = buffer->size() * sizeof(float);
  lent_ -= bytes;
  idle_ += bytes;
  free_.push_back(std::move(buffer));
}

}  // namespace pyro
