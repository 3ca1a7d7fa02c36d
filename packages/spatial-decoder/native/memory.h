// Large aligned buffers that are reused from call to call, because fresh pages cost more to fault in than to fill.
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

namespace pyro {

/** Owns aligned floats, on huge pages where the system lends them. Growing loses the content. */
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t floats) { reserve(floats); }
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  /** Makes room for `floats`; throws std::bad_alloc. */
  void reserve(size_t floats);
  float* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  float* data_ = nullptr;
  size_t size_ = 0;
};

/** Hands out parts of a buffer, each starting at a cache line. Run it over null first to learn the size. */
class Carver {
 public:
  explicit Carver(float* base) : base_(base) {}
  float* take(size_t floats) {
    float* part = base_ ? base_ + used_ : nullptr;
    used_ += (floats + 15) / 16 * 16;
    return part;
  }
  size_t used() const { return used_; }

 private:
  float* base_;
  size_t used_ = 0;
};

/** Buffers for kept activations, at most `budget` bytes together; those handed back are kept for the next call. */
class Keep {
 public:
  explicit Keep(size_t budget) : budget_(budget) {}
  size_t budget() const { return budget_; }
  /** The most floats that acquire can give now. */
  size_t available() const { return (budget_ - lent_) / sizeof(float); }
  /** A buffer of at least `floats` <= available(); null where the system has no memory. */
  std::unique_ptr<Buffer> acquire(size_t floats);
  void release(std::unique_ptr<Buffer> buffer);

 private:
  const size_t budget_;
  size_t lent_ = 0, idle_ = 0;
  std::vector<std::unique_ptr<Buffer>> free_;
};

}  // namespace pyro
