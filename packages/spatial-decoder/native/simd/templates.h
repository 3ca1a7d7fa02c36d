// Deformable templates for one instruction set: what is seen at the pixels of a row, the sums of a Gauss-Newton step, and
// the gradient of what is seen.
#pragma once
#include "templatePlace.h"

namespace pyro {
namespace PYRO_ISA {

/** Calls f(channel, pixel, its value) for every vector of pixels of a row. */
template <bool kTables, typename F>
inline void eachValue(const TemplateModel& model, const Row& row, const F& f) {
  for (int64_t pixel = 0; pixel < model.paddedPixels; pixel += kLanes) {
    const Between place = inPicture(model, locate<kTables, false>(model, row, pixel));
    for (int k = 0; k < model.problem.channels; k++) {
      Vec quad[4];
      gather4<4>(row.picture + 4 * model.pictureEntries() * k, place.at, quad);
      f(k, pixel, interpolate(quad, place));
    }
  }
}

template <bool kTables>
inline void drawRows(const TemplateModel& model, int64_t from, int64_t to, float* scratch, float* output) {
  const int64_t pixels = model.problem.pixels;
  for (int64_t r = from; r < to; r++) {
    const Row row = openRow(model, r, scratch);
    float* drawn = output + r * model.problem.channels * pixels;
    eachValue<kTables>(model, row, [&](int k, int64_t pixel, Vec value) {
      if (pixel + kLanes <= pixels) return store(drawn + k * pixels + pixel, value);
      float part[kLanes];
      store(part, value);
      for (int64_t p = pixel; p < pixels; p++) drawn[k * pixels + p] = part[p - pixel];
    });
  }
}

inline const float* targetsOf(const TemplateModel& model, int64_t row) {
  return model.targets + model.slot[row] * model.problem.channels * model.paddedPixels;
}

template <bool kTables>
inline void squaredErrorRows(const TemplateModel& model, int64_t from, int64_t to, float* scratch, float* errors) {
  for (int64_t r = from; r < to; r++) {
    const Row row = openRow(model, r, scratch);
    const float* targets = targetsOf(model, r);
    Vec total = splat(0);
    eachValue<kTables>(model, row, [&](int k, int64_t pixel, Vec value) {
      const Vec residual = sub(value, load(targets + k * model.paddedPixels + pixel));
      total = fma(mul(residual, load(model.live + pixel)), residual, total);
    });
    errors[r] = sum(total);
  }
}

/** Columns of a tile of sums, four rows high, that fits into the registers. */
constexpr int kSumColumns = kLanes == 8 || kLanes == 1 ? 2 : 4;

/** Adds the products of rows i..i + 3 and j..j + kSumColumns of `rows` [.][stride], over `count` columns, to sums
 * [.][width]. */
inline void addProducts(const float* rows, size_t stride, int count, int i, int j, float* sums, int width) {
  Vec total[4][kSumColumns];
  for (auto& line : total)
    for (Vec& one : line) one = splat(0);
  const float *left = rows + i * stride, *right = rows + j * stride;
  for (int at = 0; at < count; at += kLanes) {
    Vec other[kSumColumns];
#pragma GCC unroll 4
    for (int b = 0; b < kSumColumns; b++) other[b] = load(right + b * stride + at);
#pragma GCC unroll 4
    for (int a = 0; a < 4; a++) {
      const Vec one = load(left + a * stride + at);
#pragma GCC unroll 4
      for (int b = 0; b < kSumColumns; b++) total[a][b] = fma(one, other[b], total[a][b]);
    }
  }
  for (int a = 0; a < 4; a++)
    for (int b = 0; b < kSumColumns; b++) sums[(i + a) * width + j + b] += sum(total[a][b]);
}

/** Writes a vector of the Jacobian, and the residual after it, to column `at` of each channel's block. */
template <bool kTables>
inline void jacobianAt(const TemplateModel& model, const Row& row, int64_t pixel, const float* targets,
                       float* jacobian, size_t channelStride, size_t stride, int at) {
  const TemplateProblem& problem = model.problem;
  const Point point = locate<kTables, true>(model, row, pixel);
  const Between place = inPicture(model, point);
  const Vec live = load(model.live + pixel);
  // Between the pixels of a picture: value, slopes.
  for (int k = 0; k < problem.channels; k++) {
    const float* picture = row.picture + 4 * model.pictureEntries() * k;
    Vec entry[4][4], seen[3];
    gather4<4>(picture, place.at, entry[0]);
    gather4<4>(picture + 4, place.at, entry[1]);
    const float* below = picture + 4 * (problem.width + 1);
    gather4<4>(below, place.at, entry[2]);
    gather4<4>(below + 4, place.at, entry[3]);
    for (int c = 0; c < 3; c++) seen[c] = interpolate({entry[0][c], entry[1][c], entry[2][c], entry[3][c]}, place);
    const Vec gx = mul(seen[1], live), gy = mul(seen[2], live);
    // Slopes with the object's coordinates.
    const Vec sx = fma(gx, point.ux, mul(gy, point.vx)), sy = fma(gx, point.uy, mul(gy, point.vy));
    float* to = jacobian + k * channelStride + at;
    const Vec cos = splat(row.cos), sin = splat(row.sin), zero = splat(0);
    store(to, sub(mul(sy, point.x), mul(sx, point.y)));
    store(to + stride, sub(zero, fma(sx, cos, mul(sy, sin))));
    store(to + 2 * stride, sub(mul(sx, sin), mul(sy, cos)));
    for (int c = 0; c < problem.contents; c++) {
      const float* field = model.field + c * model.fieldFloats;
      Vec quad[4];
      displacements<kTables>(field, 0, point.control, problem.grid, quad);
      const Vec moveX = interpolate(quad, point.control);
      displacements<kTables>(field, 1, point.control, problem.grid, quad);
      store(to + (3 + c) * stride, fma(gx, moveX, mul(gy, interpolate(quad, point.control))));
    }
    const Vec target = load(targets + k * model.paddedPixels + pixel);
    store(to + problem.size() * stride, mul(sub(seen[0], target), live));
  }
}

template <bool kTables>
inline void normalEquationRows(const TemplateModel& model, int64_t from, int64_t to, float* scratch, float* errors,
                               float* gradient, float* hessian) {
  const TemplateProblem& problem = model.problem;
  const int size = problem.size(), rows = model.jacobianRows();
  // The channels of a block lie side by side.
  const size_t stride = model.blockFloats();
  const int block = model.blockFloats() / problem.channels / kLanes * kLanes;
  float* jacobian = scratch + model.fieldFloats;
  float* sums = jacobian + rows * stride;
  for (size_t i = (size + 1) * stride; i < rows * stride; i++) jacobian[i] = 0;
  for (int64_t r = from; r < to; r++) {
    const Row row = openRow(model, r, scratch);
    const float* targets = targetsOf(model, r);
    for (int i = 0; i < rows * rows; i++) sums[i] = 0;
    for (int64_t first = 0; first < model.paddedPixels; first += block) {
      const int64_t left = model.paddedPixels - first;
      const int count = left < block ? static_cast<int>(left) : block;
      for (int at = 0; at < count; at += kLanes)
        jacobianAt<kTables>(model, row, first + at, targets, jacobian, count, stride, at);
      for (int i = 0; i < rows; i += 4)
        for (int j = 0; j < i + 4; j += kSumColumns)
          addProducts(jacobian, stride, count * problem.channels, i, j, sums, rows);
    }
    errors[r] = sums[size * rows + size];
    for (int a = 0; a < size; a++) {
      gradient[r * size + a] = sums[size * rows + a];
      for (int b = 0; b <= a; b++)
        hessian[(r * size + a) * size + b] = hessian[(r * size + b) * size + a] = sums[a * rows + b];
    }
  }
}

/** Adds `value` times the weights of interpolation to the entries around each point, lane after lane. */
inline void spread(const Between& place, Vec value, int stride, float* plane) {
  float part[4][kLanes];
  const Vec right = mul(value, place.across), left = sub(value, right);
  const Vec lowerRight = mul(right, place.down), lowerLeft = mul(left, place.down);
  store(part[0], sub(left, lowerLeft));
  store(part[1], sub(right, lowerRight));
  store(part[2], lowerLeft);
  store(part[3], lowerRight);
  for (int lane = 0; lane < kLanes; lane++) {
    float* to = plane + place.at[lane];
    to[0] += part[0][lane];
    to[1] += part[1][lane];
    to[stride] += part[2][lane];
    to[stride + 1] += part[3][lane];
  }
}

/** `count` of the floats at p, zeros after them. */
inline Vec loadPart(const float* p, int64_t count) {
  if (count >= kLanes) return load(p);
  float part[kLanes] = {};
  for (int64_t i = 0; i < count; i++) part[i] = p[i];
  return load(part);
}

/** Fields are no tables. */
inline void drawBackwardRows(const TemplateModel& model, int64_t from, int64_t to, float* scratch,
                             const float* upstream, float* theta, float* sums) {
  const TemplateProblem& problem = model.problem;
  const size_t entries = model.pictureEntries(), controls = model.fieldEntries();
  float* fieldSums = sums + problem.pictures * problem.channels * entries;
  float* rowField = scratch + model.fieldFloats;
  for (int64_t r = from; r < to; r++) {
    const Row row = openRow(model, r, scratch);
    float* pictureSums = sums + model.picture[r] * problem.channels * entries;
    const float* up = upstream + r * problem.channels * problem.pixels;
    for (size_t i = 0; i < 2 * controls; i++) rowField[i] = 0;
    Vec ofAngle = splat(0), ofX = ofAngle, ofY = ofAngle;
    for (int64_t pixel = 0; pixel < model.paddedPixels; pixel += kLanes) {
      const Point point = locate<false, true>(model, row, pixel);
      const Between place = inPicture(model, point);
      Vec gx = splat(0), gy = gx;
      for (int k = 0; k < problem.channels; k++) {
        const Vec weight = loadPart(up + k * problem.pixels + pixel, problem.pixels - pixel);
        Vec quad[4];
        gather4<4>(row.picture + 4 * entries * k, place.at, quad);
        const Sloped seen = interpolateSloped(quad, place);
        gx = fma(weight, seen.across, gx);
        gy = fma(weight, seen.down, gy);
        spread(place, weight, problem.width + 1, pictureSums + entries * k);
      }
      gx = mul(gx, mul(splat(0.5f * problem.width), inside(point.u, problem.width - 1)));
      gy = mul(gy, mul(splat(0.5f * problem.height), inside(point.v, problem.height - 1)));
      if (problem.contents > 0) {
        spread(point.control, gx, problem.grid + 1, rowField);
        spread(point.control, gy, problem.grid + 1, rowField + controls);
      }
      const Vec sx = fma(gx, point.ux, mul(gy, point.vx)), sy = fma(gx, point.uy, mul(gy, point.vy));
      ofAngle = add(ofAngle, sub(mul(sy, point.x), mul(sx, point.y)));
      ofX = add(ofX, sx);
      ofY = add(ofY, sy);
    }
    float* own = theta + r * problem.size();
    const float x = sum(ofX), y = sum(ofY);
    own[0] = sum(ofAngle);
    own[1] = -(x * row.cos + y * row.sin);
    own[2] = x * row.sin - y * row.cos;
    for (int c = 0; c < problem.contents; c++) {
      const float content = model.theta[r * problem.size() + 3 + c];
      const float* field = model.field + c * model.fieldFloats;
      float* into = fieldSums + c * 2 * controls;
      float along = 0;
      for (size_t i = 0; i < controls; i++) {
        into[i] += content * rowField[i];
        into[controls + i] += content * rowField[controls + i];
        along += field[8 * i] * rowField[i] + field[8 * i + 4] * rowField[controls + i];
      }
      own[3 + c] = along;
    }
  }
}

inline TemplateOps makeTemplateOps() {
  constexpr bool tables = kTableEntries > 0;
  return {kLanes,
          kTableEntries,
          {drawRows<false>, drawRows<tables>},
          {squaredErrorRows<false>, squaredErrorRows<tables>},
          {normalEquationRows<false>, normalEquationRows<tables>},
          drawBackwardRows};
}

}  // namespace PYRO_ISA
}  // namespace pyro
