// Products of matrices of any layout, for the instruction set whose header came before. Rows of the left operand are
// packed tile by tile, [inner][rows of the tile]; columns of the right one panel by panel, [inner][kPanel].
#pragma once
#include "../loops/ops.h"
#include "adam.h"
#include "product.h"

namespace pyro {
namespace PYRO_ISA {

/** Inner entries at a time: their rows of a panel share the first caches with a tile's. */
constexpr int kInner = 256;
/** Rows of the right operand that are fetched ahead: they lie too far apart for the processor to do it by itself. */
constexpr int kAhead = 16;

/** out[i] = (add ? out[i] : 0) + sum over k of a[k][i] b[k] for `Rows` rows and `Vectors` vectors of columns. */
template <int Rows, int Vectors>
PYRO_NOINLINE void multiplyBlock(const float* a, const float* b, int inner, bool isAdded, float* out,
                                 size_t outStride) {
  Vec sums[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) sums[i][v] = isAdded ? load(out + i * outStride + v * kLanes) : splat(0);
  }
  for (int k = 0; k < inner; k++, a += Rows, b += kPanel) {
    Vec right[Vectors];
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) right[v] = load(b + v * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
      const Vec left = splat(a[i]);
#pragma GCC unroll 16
      for (int v = 0; v < Vectors; v++) sums[i][v] = fma(left, right[v], sums[i][v]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) store(out + i * outStride + v * kLanes, sums[i][v]);
  }
}

inline void packRows(const ProductProblem& p, int from, int to, float* packed) {
  inParts(to - from, kTileRows, [&](int start, int rows) {
    const float* a = p.a.data + (from + start) * p.a.rowStep;
    // Whichever way memory is read in order.
    if (p.a.rowStep == 1) {
      for (int k = 0; k < p.inner; k++)
        for (int i = 0; i < rows; i++) packed[static_cast<size_t>(k) * rows + i] = a[k * p.a.columnStep + i];
    } else {
      for (int i = 0; i < rows; i++)
        for (int k = 0; k < p.inner; k++)
          packed[static_cast<size_t>(k) * rows + i] = a[i * p.a.rowStep + k * p.a.columnStep];
    }
    packed += static_cast<size_t>(p.inner) * rows;
  });
}

/** Entries first..first + inner of `columns` columns; zeros up to the whole panel. */
inline void packPanel(const ProductProblem& p, int first, int inner, int column, int columns, float* packed) {
  const float* b = p.b.data + first * p.b.rowStep + column * p.b.columnStep;
  if (p.b.columnStep == 1) {
    for (int k = 0; k < inner; k++, b += p.b.rowStep, packed += kPanel) {
      const float* ahead = b + static_cast<int64_t>(k + kAhead < inner ? kAhead : inner - 1 - k) * p.b.rowStep;
      int j = 0;
      for (; j + kLanes <= columns; j += kLanes) {
        __builtin_prefetch(ahead + j);
        store(packed + j, load(b + j));
      }
      for (; j < columns; j++) packed[j] = b[j];
      for (; j < kPanel; j++) packed[j] = 0;
    }
    return;
  }
  for (int j = 0; j < kPanel; j++)
    for (int k = 0; k < inner; k++)
      packed[static_cast<size_t>(k) * kPanel + j] = j < columns ? b[k * p.b.rowStep + j * p.b.columnStep] : 0;
}

inline void multiplyPanel(const ProductProblem& p, const float* packed, int from, int to, int column, float* scratch,
                          float* output) {
  const int columns = smaller(kPanel, p.columns - column);
  const int vectors = vectorsIn(p.columns, column);
  // Stores are of whole vectors; a last one that is not goes through memory of its own.
  const bool isWhole = columns == vectors * kLanes;
  float* edge = scratch + kInner * kPanel;
  inParts(p.inner, kInner, [&](int first, int inner) {
    packPanel(p, first, inner, column, columns, scratch);
    inParts(to - from, kTileRows, [&](int start, int rows) {
      const float* a = packed + static_cast<size_t>(start) * p.inner + static_cast<size_t>(first) * rows;
      float* out = output + static_cast<size_t>(from + start) * p.columns + column;
      withBlock(rows, vectors, [&](auto size) {
        multiplyBlock<decltype(size)::rows, decltype(size)::vectors>(a, scratch, inner, isWhole && first > 0,
                                                                     isWhole ? out : edge,
                                                                     isWhole ? p.columns : kPanel);
      });
      if (isWhole) return;
      for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
          float& entry = out[static_cast<size_t>(i) * p.columns + j];
          entry = first > 0 ? entry + edge[i * kPanel + j] : edge[i * kPanel + j];
        }
    });
  });
}

inline LoopOps makeLoopOps() {
  return {kPanel, kTileRows, static_cast<size_t>(kInner + kTileRows) * kPanel, packRows, multiplyPanel, adam};
}

}  // namespace PYRO_ISA
}  // namespace pyro
