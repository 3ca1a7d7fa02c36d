// Matrix products and Adam's step on the threads of a kernel.
#pragma once
#include "../memory.h"
#include "../pool.h"
#include "ops.h"

namespace pyro {

class Loops {
 public:
  Loops(const LoopOps& ops, Pool& pool) : ops_(ops), pool_(pool) {}

  /** Writes the product, row by row, to `output`, which overlaps no operand. */
  void multiply(const ProductProblem& problem, float* output);
  /** Moves `count` values and their moments by `gradient`. */
  void adam(const AdamRates& rates, const float* gradient, float* values, float* mean, float* square, int64_t count);

 private:
  void reserveThreads();
  template <typename F>
  void each(int threads, int64_t pieces, const F& f);

  const LoopOps& ops_;
  Pool& pool_;
  Buffer packed_;
  std::vector<std::unique_ptr<Buffer>> threads_;
};

}  // namespace pyro
