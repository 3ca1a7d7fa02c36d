// The products of the convolutional encoder, each with its sums in registers. A row of a filter meets neighbouring
// pixels, which lie side by side in memory, so that no patch is copied.
#pragma once
#include "product.h"

namespace pyro {
namespace PYRO_ISA {

/** Sums that the registers hold beside an operand or two, and how they are shaped: more vectors for each broadcast, up
 * to four. */
constexpr int kSums = kPanelVectors * kTileRows;
constexpr int kMostVectors = kSums >= 24 ? 4 : 2;
constexpr int rowsFor(int vectors) { return smaller(16, kSums / vectors); }

/** Calls f with the size as compile-time constants, for 1 to kMostVectors vectors and 1 to rowsFor of them rows. */
template <int Vectors, int Rows, typename F>
inline void withRows(int rows, const F& f) {
  if constexpr (Rows > 1) {
    if (rows < Rows) return withRows<Vectors, Rows - 1>(rows, f);
  }
  f(BlockSize<Rows, Vectors>{});
}
template <int Vectors = kMostVectors, typename F>
inline void withShape(int rows, int vectors, const F& f) {
  if constexpr (Vectors > 1) {
    if (vectors < Vectors) return withShape<Vectors - 1>(rows, vectors, f);
  }
  withRows<Vectors, rowsFor(Vectors)>(rows, f);
}

/** Calls f(first vector, vectors) for parts of `vectors` of nearly equal size. */
template <typename F>
inline void inVectors(int vectors, const F& f) {
  inParts(vectors, kMostVectors, f);
}

/** Rows of numbers to multiply: row i, segment s and entry k are at `data[i * row + s * segment + k]`. */
struct Rows2 {
  const float* data;
  size_t row, segment;
  int segments, length;
};

/** sums[i][v] += sum over segments and entries of x * w; w has one row of `wRow` floats for each entry. */
template <int Rows, int Vectors>
inline void multiply(const Rows2& x, const float* w, size_t wRow, Vec (&sums)[Rows][Vectors]) {
  for (int s = 0; s < x.segments; s++) {
    const float* a = x.data + s * x.segment;
    for (int k = 0; k < x.length; k++, a++, w += wRow) {
      Vec weight[Vectors];
#pragma GCC unroll 16
      for (int v = 0; v < Vectors; v++) weight[v] = load(w + v * kLanes);
#pragma GCC unroll 16
      for (int i = 0; i < Rows; i++) {
        const Vec value = splat(a[i * x.row]);
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; v++) sums[i][v] = fma(value, weight[v], sums[i][v]);
      }
    }
  }
}

/** out = or += x w for Rows rows, `outRow` floats apart. */
template <int Rows, int Vectors>
PYRO_NOINLINE void rowsBlock(const Rows2& x, const float* w, size_t wRow, float* out, size_t outRow, bool adds) {
  Vec sums[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) sums[i][v] = adds ? load(out + i * outRow + v * kLanes) : splat(0);
  }
  multiply(x, w, wRow, sums);
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) store(out + i * outRow + v * kLanes, sums[i][v]);
  }
}

/** The same where the rows of `out` overlap: each is added in turn. */
template <int Rows, int Vectors>
PYRO_NOINLINE void spreadBlock(const Rows2& x, const float* w, size_t wRow, float* out, size_t outRow) {
  Vec sums[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) sums[i][v] = splat(0);
  }
  multiply(x, w, wRow, sums);
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) {
      float* p = out + i * outRow + v * kLanes;
      store(p, add(load(p), sums[i][v]));
    }
  }
}

/** `count` rows of out = or += x w, `vectors` vectors wide. */
inline void multiplyRows(Rows2 x, int count, const float* w, size_t wRow, int vectors, float* out, size_t outRow,
                         bool adds) {
  inVectors(vectors, [&](int v, int width) {
    inParts(count, rowsFor(width), [&](int start, int rows) {
      Rows2 part = x;
      part.data += start * x.row;
      withShape(rows, width, [&](auto size) {
        rowsBlock<decltype(size)::rows, decltype(size)::vectors>(part, w + v * kLanes, wRow,
                                                                 out + start * outRow + v * kLanes, outRow, adds);
      });
    });
  });
}

/** As multiplyRows where the rows of `out` overlap. */
inline void spreadRows(Rows2 x, int count, const float* w, size_t wRow, int vectors, float* out, size_t outRow) {
  inVectors(vectors, [&](int v, int width) {
    inParts(count, rowsFor(width), [&](int start, int rows) {
      Rows2 part = x;
      part.data += start * x.row;
      withShape(rows, width, [&](auto size) {
        spreadBlock<decltype(size)::rows, decltype(size)::vectors>(part, w + v * kLanes, wRow,
                                                                   out + start * outRow + v * kLanes, outRow);
      });
    });
  });
}

/** Pixels of several maps, to be summed over: pixel j of row i of map m is at `data[m * map + i * row + j * pixel]`. */
struct Points {
  const float* data;
  size_t map, row, pixel;
};

/** into[i] += sum over all pixels of x[i] y, for Rows neighbouring numbers of x in each of Segments rows of it. */
template <int Segments, int Rows, int Vectors>
PYRO_NOINLINE void pointsBlock(Points x, size_t segment, Points y, int maps, int height, int width, float* into,
                               size_t intoRow) {
  constexpr int kAll = Segments * Rows;
  Vec sums[kAll][Vectors];
#pragma GCC unroll 32
  for (int i = 0; i < kAll; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) sums[i][v] = splat(0);
  }
  for (int m = 0; m < maps; m++) {
    for (int row = 0; row < height; row++) {
      const float* a = x.data + m * x.map + row * x.row;
      const float* b = y.data + m * y.map + row * y.row;
      for (int j = 0; j < width; j++, a += x.pixel, b += y.pixel) {
        Vec other[Vectors];
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; v++) other[v] = load(b + v * kLanes);
#pragma GCC unroll 32
        for (int i = 0; i < kAll; i++) {
          const Vec value = splat(a[(i / Rows) * segment + i % Rows]);
#pragma GCC unroll 16
          for (int v = 0; v < Vectors; v++) sums[i][v] = fma(value, other[v], sums[i][v]);
        }
      }
    }
  }
#pragma GCC unroll 32
  for (int i = 0; i < kAll; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) {
      float* p = into + i * intoRow + v * kLanes;
      store(p, add(load(p), sums[i][v]));
    }
  }
}

/** into[s * run + k] += sum over all pixels of x[s, k] y: `segments` rows of `run` neighbouring numbers of x. */
inline void multiplyPoints(Points x, int segments, size_t segment, int run, Points y, int vectors, int maps, int height,
                           int width, float* into, size_t intoRow) {
  if constexpr (kSums >= 24) {
    // A single channel has few neighbouring numbers, too few for the sums to hide each other's latency.
    if (vectors == 1 && run == 5 && segments == 5)
      return pointsBlock<5, 5, 1>(x, segment, y, maps, height, width, into, intoRow);
    if (vectors == 1 && run == 3 && segments == 3)
      return pointsBlock<3, 3, 1>(x, segment, y, maps, height, width, into, intoRow);
  }
  for (int s = 0; s < segments; s++) {
    inVectors(vectors, [&](int v, int count) {
      inParts(run, rowsFor(count), [&](int start, int rows) {
        Points from = x, by = y;
        from.data += s * segment + start;
        by.data += v * kLanes;
        float* to = into + (static_cast<size_t>(s) * run + start) * intoRow + v * kLanes;
        withShape(rows, count, [&](auto size) {
          pointsBlock<1, decltype(size)::rows, decltype(size)::vectors>(from, 0, by, maps, height, width, to, intoRow);
        });
      });
    });
  }
}

}  // namespace PYRO_ISA
}  // namespace pyro
