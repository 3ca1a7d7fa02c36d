// The first layer: pose and code of a point's row applied to its pixel's coordinates, and the sums of their gradients.
#pragma once
#include "../isa/isa.h"
#include "product.h"

namespace pyro {
namespace PYRO_ISA {

/** Calls f(row, start, count, pixel) for the parts of a tile that belong to one row; `pixel` is the part's first. */
template <typename F>
inline void eachRow(const Model& model, int64_t first, int count, const F& f) {
  const Problem& problem = model.plan.problem;
  int64_t row = first / problem.pixels, pixel = first % problem.pixels;
  for (int start = 0; start < count; row++, pixel = 0) {
    const int64_t left = problem.pixels - pixel;
    const int part = left < count - start ? static_cast<int>(left) : count - start;
    f(row, start, part, pixel);
    start += part;
  }
}

/** Calls finish(at, U g + c) for every vector of the first layer, at its offset in the layer's panels. */
template <typename F>
inline void coordinateForward(const Model& model, int64_t first, int count, float* columns, const F& finish) {
  const Plan& plan = model.plan;
  const int width = plan.problem.widths[0], dims = plan.problem.dims;
  const size_t padded = plan.padded(width);
  for (size_t i = 0; i < (1 + dims) * padded; i++) columns[i] = 0;
  eachRow(model, first, count, [&](int64_t row, int start, int part, int64_t pixel) {
    const float* code = model.operands.code + row * width;
    const float* pose = model.operands.pose + row * width * dims;
    for (int h = 0; h < width; h++) columns[h] = code[h];
    for (int e = 0; e < dims; e++)
      for (int h = 0; h < width; h++) columns[(1 + e) * padded + h] = pose[h * dims + e];
    for (int h = 0; h < width; h += kLanes) {
      size_t at = (h / kPanel) * plan.panelStride() + static_cast<size_t>(start) * kPanel + h % kPanel;
      const float* point = model.grid + pixel * (1 + dims);
      for (int n = 0; n < part; n++, at += kPanel, point += 1 + dims) {
        Vec x = load(columns + h);
        for (int e = 1; e <= dims; e++) x = fma(load(columns + e * padded + h), splat(point[e]), x);
        finish(at, x);
      }
    }
  });
}

/** Sums the coordinate layer's gradient over the points of each row: for the code itself, for the pose times the grid.
 */
inline void coordinateBackward(const Model& model, int64_t first, int count, const float* gradient, float* columns,
                               Sums& sums) {
  const Plan& plan = model.plan;
  const int width = plan.problem.widths[0], dims = plan.problem.dims, terms = 1 + dims;
  eachRow(model, first, count, [&](int64_t row, int start, int part, int64_t pixel) {
    float *code = sums.code + row * width, *pose = sums.pose + row * width * dims;
    if (row == sums.firstRow)
      code = sums.firstEdge, pose = sums.firstEdge + width;
    else if (row == sums.lastRow)
      code = sums.lastEdge, pose = sums.lastEdge + width;
    for (int h = 0; h < width; h += kPanel) {
      const float* y = gradient + (h / kPanel) * plan.panelStride() + static_cast<size_t>(start) * kPanel;
      for (int i = 0; i < terms * kPanel; i++) columns[i] = 0;
      inParts(terms, kTileRows, [&](int term, int rows) {
        withBlock(rows, vectorsIn(width, h), [&](auto size) {
          outerBlock<decltype(size)::rows, decltype(size)::vectors>(model.grid + pixel * terms + term, terms, y, part,
                                                                    columns + term * kPanel);
        });
      });
      const int lanes = smaller(kPanel, width - h);
      for (int i = 0; i < lanes; i++) {
        code[h + i] += columns[i];
        for (int e = 0; e < dims; e++) pose[(h + i) * dims + e] += columns[(1 + e) * kPanel + i];
      }
    }
  });
}

}  // namespace PYRO_ISA
}  // namespace pyro
