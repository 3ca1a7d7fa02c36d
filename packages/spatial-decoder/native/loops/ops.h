// Matrix products and Adam's step on arrays: their operands, and what each instruction set's file provides for them.
#pragma once
#include <cstddef>
#include <cstdint>

namespace pyro {

/** Entry (i, j) lies at data[i * rowStep + j * columnStep]. */
struct Matrix {
  const float* data;
  int64_t rowStep, columnStep;
};

/** a [rows, inner] times b [inner, columns]. */
struct ProductProblem {
  int rows, inner, columns;
  Matrix a, b;
};

/** new1 is 1 - beta1, new2 is 1 - beta2, rounded from float64. */
struct AdamRates {
  float beta1, new1, beta2, new2;
  /** Multiplies mean / (unbias sqrt(square) + eps). */
  float stepSize, unbias, eps;
  /** Multiplies the value, added to the gradient. */
  float weightDecay;
};

struct LoopOps {
  /** Columns that are computed together. */
  int panel;
  /** Rows of a register tile. */
  int tileRows;
  /** Floats of the scratch memory of multiplyPanel. */
  size_t scratchFloats;
  /** Copies rows from..to of `a` to `packed`, (to - from) * inner floats, as multiplyPanel reads them. */
  void (*packRows)(const ProductProblem&, int from, int to, float* packed);
  /** Columns from `column` on, one panel of them at most, of rows from..to of the row-major `output`. */
  void (*multiplyPanel)(const ProductProblem&, const float* packed, int from, int to, int column, float* scratch,
                        float* output);
  /** Moves `count` values and their moments by `gradient`. */
  void (*adam)(const AdamRates&, const float* gradient, float* values, float* mean, float* square, int64_t count);
};

}  // namespace pyro
