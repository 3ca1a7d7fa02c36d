// The matrix products of a tile. Activations are panels [panel][point][lane]; weights are packed [panel of
// outputs][input][lane], so that forward, input gradient and weight gradient all read memory in order and keep their
// sums in registers.
#pragma once
#include "math.h"

namespace pyro {
namespace PYRO_ISA {

constexpr int kPanel = kLanes * kPanelVectors;

constexpr int smaller(int a, int b) { return a < b ? a : b; }
/** Vectors in use in the panel that starts at lane `first` of `width`. */
inline int vectorsIn(int width, int first) { return smaller(kPanelVectors, (width - first + kLanes - 1) / kLanes); }

#if defined(_MSC_VER) && !defined(__clang__)
#define PYRO_NOINLINE __declspec(noinline)
#else
#define PYRO_NOINLINE __attribute__((noinline))
#endif

/** out[i] = init + sum over k of x[i, k] w[k] for `Rows` points and `Vectors` vectors of outputs. */
template <int Rows, int Vectors>
PYRO_NOINLINE void productBlock(const float* x, size_t panelStride, int inputs, const float* w, const float* init,
                                float* out) {
  Vec sums[Rows][Vectors];
#pragma GCC unroll 16
  for (int v = 0; v < Vectors; v++) {
    const Vec start = load(init + v * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) sums[i][v] = start;
  }
  const auto step = [&](const float* a, const float* b) {
    Vec weight[Vectors];
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) weight[v] = load(b + v * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
      const Vec value = splat(a[i * kPanel]);
#pragma GCC unroll 16
      for (int v = 0; v < Vectors; v++) sums[i][v] = fma(value, weight[v], sums[i][v]);
    }
  };
  // One loop over all panels: a short loop a panel would end in a mispredicted branch each time.
  constexpr int unroll = kPanel < 4 ? 1 : 4;
  int k = 0;
  for (; k + unroll <= inputs; k += unroll, x += unroll, w += unroll * kPanel) {
    if (k > 0 && k % kPanel == 0) x += panelStride - kPanel;
#pragma GCC unroll 4
    for (int u = 0; u < unroll; u++) step(x + u, w + u * kPanel);
  }
  for (; k < inputs; k++, x++, w += kPanel) {
    if (k > 0 && k % kPanel == 0) x += panelStride - kPanel;
    step(x, w);
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) store(out + i * kPanel + v * kLanes, sums[i][v]);
  }
}

/** into[i] += sum over n of x[n, i] y[n] for `Rows` inputs, points `xStride` apart, and `Vectors` vectors of outputs.
 */
template <int Rows, int Vectors>
PYRO_NOINLINE void outerBlock(const float* x, size_t xStride, const float* y, int points, float* into) {
  Vec sums[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) sums[i][v] = splat(0);
  }
  for (int n = 0; n < points; n++, x += xStride, y += kPanel) {
    Vec b[Vectors];
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) b[v] = load(y + v * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
      const Vec a = splat(x[i]);
#pragma GCC unroll 16
      for (int v = 0; v < Vectors; v++) sums[i][v] = fma(a, b[v], sums[i][v]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) {
      float* p = into + i * kPanel + v * kLanes;
      store(p, add(load(p), sums[i][v]));
    }
  }
}

template <int Rows, int Vectors>
struct BlockSize {
  static constexpr int rows = Rows, vectors = Vectors;
};

/** Calls f with the block's size as compile-time constants, for 1 to `Rows` rows and 1 to `Vectors` vectors. */
template <int Rows = kTileRows, int Vectors = kPanelVectors, typename F>
inline void withBlock(int rows, int vectors, const F& f) {
  if constexpr (Vectors > 1) {
    if (vectors < Vectors) return withBlock<Rows, Vectors - 1>(rows, vectors, f);
  }
  if constexpr (Rows > 1) {
    if (rows < Rows) return withBlock<Rows - 1, Vectors>(rows, vectors, f);
  }
  f(BlockSize<Rows, Vectors>{});
}

/** Calls f(start, rows) for parts of 0..total of nearly equal size, none above `most`. */
template <typename F>
inline void inParts(int total, int most, const F& f) {
  const int parts = (total + most - 1) / most;
  for (int p = 0, start = 0; p < parts; p++) {
    const int rows = (total - start + parts - p - 1) / (parts - p);
    f(start, rows);
    start += rows;
  }
}

/**
 * y = finish(x w + init) for a tile of points. `finish(at, size)` is called on each block, still in L1, with its offset
 * in floats from y's start, its rows and its vectors.
 */
template <typename F>
inline void product(const float* x, size_t panelStride, int points, int inputs, const float* w, const float* init,
                    int outputs, float* y, const F& finish) {
  for (int j = 0; j < outputs; j += kPanel, w += static_cast<size_t>(inputs) * kPanel, init += kPanel) {
    const int vectors = vectorsIn(outputs, j);
    const size_t column = static_cast<size_t>(j / kPanel) * panelStride;
    inParts(points, kTileRows, [&](int start, int rows) {
      const size_t row = static_cast<size_t>(start) * kPanel;
      withBlock(rows, vectors, [&](auto size) {
        productBlock<decltype(size)::rows, decltype(size)::vectors>(x + row, panelStride, inputs, w, init,
                                                                    y + column + row);
      });
      finish(column + row, rows, vectors);
    });
  }
}

/** Two panels of this many points share L1. */
constexpr int kOuterPoints = 4096 / kPanel;

/** sums += x^T y over a tile of points; sums is packed as weights are. */
inline void outer(const float* x, const float* y, size_t panelStride, int points, int inputs, int outputs,
                  float* sums) {
  inParts(points, kOuterPoints, [&](int start, int rows) {
    const size_t row = static_cast<size_t>(start) * kPanel;
    for (int j = 0; j < outputs; j += kPanel) {
      const int vectors = vectorsIn(outputs, j);
      const float* yPanel = y + static_cast<size_t>(j / kPanel) * panelStride + row;
      float* column = sums + static_cast<size_t>(j) * inputs;
      for (int k = 0; k < inputs; k += kPanel) {
        const float* xPanel = x + static_cast<size_t>(k / kPanel) * panelStride + row;
        inParts(smaller(kPanel, inputs - k), kTileRows, [&](int lane, int lanes) {
          withBlock(lanes, vectors, [&](auto size) {
            outerBlock<decltype(size)::rows, decltype(size)::vectors>(xPanel + lane, kPanel, yPanel, rows,
                                                                      column + static_cast<size_t>(k + lane) * kPanel);
          });
        });
      }
    }
  });
}

}  // namespace PYRO_ISA
}  // namespace pyro
