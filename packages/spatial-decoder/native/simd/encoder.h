// The passes of the convolutional encoder over a group of images, for the instruction set whose header came before.
#pragma once
#include "../encoder/ops.h"
#include "normalise.h"

namespace pyro {
namespace PYRO_ISA {

inline float* mapsOf(const EncoderBatch& batch, int image, float* spare) {
  return batch.maps ? batch.maps + image * batch.mapsStride : spare;
}

inline void clear(float* p, size_t floats) {
  for (size_t i = 0; i < floats; i++) p[i] = 0;
}

inline size_t imageFloatsOf(const EncoderPlan& plan) {
  return static_cast<size_t>(plan.problem.height) * plan.problem.width * plan.problem.channels;
}

/** Copies an image into the middle of its padded map. */
inline void placeImage(const EncoderModel& model, int64_t image, float* padded) {
  const MapPlan& map = model.plan.maps[0];
  const size_t row = static_cast<size_t>(map.width) * map.pitch;
  const float* from = model.images + image * imageFloatsOf(model.plan);
  float* to = padded + map.half * map.paddedRow + static_cast<size_t>(map.half) * map.pitch;
  for (int i = 0; i < map.height; i++, from += row, to += map.paddedRow)
    for (size_t j = 0; j < row; j++) to[j] = from[j];
}

/** The convolution of block l on one padded map. */
inline void convolve(const EncoderModel& model, int l, const float* padded, float* out) {
  const EncoderPlan& plan = model.plan;
  const MapPlan &from = plan.maps[l], &to = plan.maps[l + 1];
  Rows2 x{padded, static_cast<size_t>(2 * from.pitch), from.paddedRow, plan.problem.side[l], plan.run[l]};
  for (int i = 0; i < to.height; i++, x.data += 2 * from.paddedRow, out += static_cast<size_t>(to.width) * to.pitch)
    multiplyRows(x, to.width, model.filters[l], to.pitch, to.pitch / kLanes, out, to.pitch, false);
}

/** Where the normalised output of block l goes: into the next block's padded map, or to the dense layer's inputs. */
inline Plane planeAfter(const EncoderPlan& plan, int l, float* padded) {
  const MapPlan& map = plan.maps[l + 1];
  return {padded + map.half * map.paddedRow + static_cast<size_t>(map.half) * map.pitch, map.paddedRow};
}

inline void blocksForward(const EncoderModel& model, const EncoderBatch& batch, int from, int to, float* scratch) {
  const EncoderPlan& plan = model.plan;
  const int blocks = plan.problem.blocks;
  float* spare = scratch + plan.inputFloats;
  // The zeros around the maps stay; only what lies between is written.
  clear(scratch, plan.inputFloats);
  for (int image = from; image < to; image++) {
    float* maps = mapsOf(batch, image, spare);
    float* statistics = maps + plan.statisticsAt;
    placeImage(model, batch.first + image, scratch + plan.inputAt[0]);
    for (int l = 0; l < blocks; l++) {
      float* z = maps + plan.mapAt[l];
      convolve(model, l, scratch + plan.inputAt[l], z);
      measure(model, l, z, statistics + 2 * l);
      const bool last = l + 1 == blocks;
      const Plane plane = planeAfter(
          plan, l, last ? batch.inputs + static_cast<size_t>(image) * plan.denseInputs : scratch + plan.inputAt[l + 1]);
      activate(model, l, z, statistics + 2 * l, plane);
    }
  }
}

/** Inputs of the dense layer whose weights stay in the second-level cache. */
constexpr int kDenseInputs = 256;

inline void denseForward(const EncoderModel& model, const EncoderBatch& batch, int from, int to) {
  const EncoderPlan& plan = model.plan;
  const size_t inputs = plan.denseInputs, features = plan.features;
  float* out = batch.outputs + from * features;
  for (int i = from; i < to; i++)
    for (size_t j = 0; j < features; j++) out[(i - from) * features + j] = model.denseBias[j];
  for (int k = 0; k < plan.denseInputs; k += kDenseInputs) {
    const Rows2 x{batch.inputs + from * inputs + k, inputs, 0, 1, smaller(kDenseInputs, plan.denseInputs - k)};
    multiplyRows(x, to - from, model.dense + k * features, features, plan.features / kLanes, out, features, true);
  }
  const Vec zero = splat(0);
  for (size_t j = 0; j < (to - from) * features; j += kLanes) store(out + j, max(zero, load(out + j)));
}

/** Images whose rows of both operands share the first-level cache. */
constexpr int kDenseImages = 48;

inline void denseBackward(const EncoderModel& model, const EncoderBatch& batch, int from, int to, float* scratch,
                          float* sums) {
  const EncoderPlan& plan = model.plan;
  const size_t inputs = plan.denseInputs, features = plan.features;
  const size_t width = to - from;
  float* rows = scratch;
  for (int n = 0; n < batch.count; n++)
    for (size_t k = 0; k < width; k++) rows[n * width + k] = batch.inputs[n * inputs + from + k];
  for (int n = 0; n < batch.count; n += kDenseImages) {
    const Points x{rows + n * width, 0, 0, width}, y{batch.outputGradients + n * features, 0, 0, features};
    multiplyPoints(x, 1, 0, static_cast<int>(width), y, plan.features / kLanes, 1, 1,
                   smaller(kDenseImages, batch.count - n), sums, features);
  }
  // The weights transposed, [features][width]; the width is one of whole vectors.
  float* turned = scratch + plan.batch * width;
  for (size_t j = 0; j < features; j++)
    for (size_t k = 0; k < width; k++) turned[j * width + k] = model.dense[(from + k) * features + j];
  const Rows2 y{batch.outputGradients, features, 0, 1, plan.features};
  multiplyRows(y, batch.count, turned, width, static_cast<int>(width) / kLanes, batch.inputGradients + from, inputs,
               false);
}

inline void blocksBackward(const EncoderModel& model, const EncoderBatch& batch, int from, int to, float* scratch,
                           float* sums, float* images) {
  const EncoderPlan& plan = model.plan;
  const EncoderProblem& problem = plan.problem;
  const int count = to - from;
  float* inputs = scratch;
  float* deltas = inputs + count * plan.inputFloats;
  float* gradients = deltas + count * plan.widestMap;
  clear(inputs, count * plan.inputFloats);
  for (int i = 0; i < count; i++) {
    const float* maps = batch.maps + (from + i) * batch.mapsStride;
    float* own = inputs + i * plan.inputFloats;
    placeImage(model, batch.first + from + i, own + plan.inputAt[0]);
    for (int l = 0; l + 1 < problem.blocks; l++)
      activate(model, l, maps + plan.mapAt[l], maps + plan.statisticsAt + 2 * l,
               planeAfter(plan, l, own + plan.inputAt[l + 1]));
  }
  for (int l = problem.blocks - 1; l >= 0; l--) {
    const MapPlan &before = plan.maps[l], &after = plan.maps[l + 1];
    const bool last = l + 1 == problem.blocks;
    for (int i = 0; i < count; i++) {
      const float* maps = batch.maps + (from + i) * batch.mapsStride;
      const Plane upstream =
          planeAfter(plan, l,
                     last ? batch.inputGradients + static_cast<size_t>(from + i) * plan.denseInputs
                          : gradients + i * plan.widestPadded);
      deactivate(model, l, maps + plan.mapAt[l], maps + plan.statisticsAt + 2 * l, upstream,
                 deltas + i * plan.widestMap, sums + plan.gainAt[l], sums + plan.biasAt[l]);
    }
    const size_t pitch = after.pitch;
    const Points x{inputs + plan.inputAt[l], plan.inputFloats, 2 * before.paddedRow,
                   static_cast<size_t>(2 * before.pitch)};
    const Points y{deltas, plan.widestMap, after.width * pitch, pitch};
    multiplyPoints(x, problem.side[l], before.paddedRow, plan.run[l], y, after.pitch / kLanes, count, after.height,
                   after.width, sums + plan.filterAt[l], pitch);
    if (l == 0 && !images) break;
    for (int i = 0; i < count; i++) {
      float* into = gradients + i * plan.widestPadded;
      clear(into, before.paddedFloats);
      for (int u = 0; u < problem.side[l]; u++) {
        const float* turned = model.turned[l] + static_cast<size_t>(u) * pitch * plan.paddedRun[l];
        Rows2 d{deltas + i * plan.widestMap, pitch, 0, 1, after.pitch};
        for (int row = 0; row < after.height; row++, d.data += after.width * pitch)
          spreadRows(d, after.width, turned, plan.paddedRun[l], plan.paddedRun[l] / kLanes,
                     into + (2 * row + u) * before.paddedRow, static_cast<size_t>(2 * before.pitch));
      }
      if (l > 0) continue;
      const size_t row = static_cast<size_t>(before.width) * before.pitch;
      const float* middle = into + before.half * before.paddedRow + static_cast<size_t>(before.half) * before.pitch;
      float* image = images + (batch.first + from + i) * imageFloatsOf(plan);
      for (int r = 0; r < before.height; r++)
        for (size_t j = 0; j < row; j++) image[r * row + j] = middle[r * before.paddedRow + j];
    }
  }
}

inline EncoderOps makeEncoderOps() {
  return {kLanes, blocksForward, denseForward, denseBackward, blocksBackward};
}

}  // namespace PYRO_ISA
}  // namespace pyro
