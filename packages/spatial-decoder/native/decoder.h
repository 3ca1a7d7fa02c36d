// Forward and backward of a whole call: packs the weights, deals chunks of tiles to the threads, sums their gradients
// in order.
#pragma once
#include "isa/isa.h"
#include "memory.h"
#include "pool.h"

namespace pyro {

class Decoder;

/** Activations of a forward pass, for as many tiles as the budget allowed; the rest are computed again. */
class Kept {
 public:
  /** Whether this decoder, and no other, kept it. */
  bool isOf(const Decoder& decoder) const;
  Kept(std::shared_ptr<Keep> keep, std::unique_ptr<Buffer> buffer, int64_t tiles)
      : keep_(std::move(keep)), buffer_(std::move(buffer)), tiles_(tiles) {}
  ~Kept() { release(); }
  void release() {
    if (buffer_) keep_->release(std::move(buffer_));
    tiles_ = 0;
  }
  /** A tile's storage, or null where it was not kept. */
  float* tile(int64_t tile, const Plan& plan) const {
    return tile < tiles_ ? buffer_->data() + tile * plan.keptFloats : nullptr;
  }

 private:
  std::shared_ptr<Keep> keep_;
  std::unique_ptr<Buffer> buffer_;
  int64_t tiles_;
};

class Decoder {
 public:
  /** `budget`: bytes of activations that all forward passes together may keep. */
  Decoder(const Isa& isa, int threads, size_t budget)
      : isa_(isa), pool_(threads), keep_(std::make_shared<Keep>(budget)) {}

  /** output [R, P, C]. Returns what it kept, or null where nothing was asked for or fits. */
  std::unique_ptr<Kept> forward(const Problem& problem, const Operands& operands, bool keep, float* output);
  /** Fills `gradients`, which must be zero, for upstream [R, P, C]. `kept` is forward's for the same operands, or null.
   */
  void backward(const Problem& problem, const Operands& operands, const float* upstream, const Kept* kept,
                const Gradients& gradients);

  const Isa& isa() const { return isa_; }
  Pool& pool() { return pool_; }
  const std::shared_ptr<Keep>& keep() const { return keep_; }

 private:
  struct Thread {
    Buffer memory;
    Scratch scratch;
    Sums sums;
    /** The floats that a chunk starts from zero, of which the first `totalFloats` are laid out as the totals. */
    float* sumsStart;
    size_t sumsFloats, totalFloats;
  };

  Model pack(const Problem& problem, const Operands& operands);
  void reserveThreads(const Plan& plan);
  /** Calls f(thread, chunk, first tile, end) for every chunk, in order of its number where one thread does it all. */
  template <typename F>
  void eachChunk(const Plan& plan, const F& f);

  const Isa& isa_;
  Pool pool_;
  std::shared_ptr<Keep> keep_;
  Buffer packed_, totals_;
  std::vector<std::unique_ptr<Thread>> threads_;
};

inline bool Kept::isOf(const Decoder& decoder) const { return keep_ == decoder.keep(); }

}  // namespace pyro
