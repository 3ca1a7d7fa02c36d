#include "pack.h"

#include <algorithm>

#include "../memory.h"

namespace pyro {

namespace {

/** Calls f(row-major row, padded row) for each tap of block l's filter. */
template <typename F>
void eachTap(const EncoderPlan& plan, int l, const F& f) {
  const int side = plan.problem.side[l];
  const MapPlan& map = plan.maps[l];
  for (int p = 0; p < side * side; p++)
    for (int c = 0; c < map.channels; c++) f(p * map.channels + c, p * map.pitch + c);
}

float* padded(Carver& carver, const float* from, int count, int pitch, bool fills) {
  float* to = carver.take(pitch);
  if (!fills) return to;
  std::fill_n(to, pitch, 0.0f);
  if (from) std::copy_n(from, count, to);
  return to;
}

}  // namespace

size_t packEncoder(EncoderModel& model, const EncoderArrays<const float>& operands, bool turned, float* memory) {
  const EncoderPlan& plan = model.plan;
  const EncoderProblem& problem = plan.problem;
  Carver carver(memory);
  const bool fills = memory != nullptr;
  model.images = operands.images;
  for (int l = 0; l < problem.blocks; l++) {
    const int outputs = problem.outputs[l], pitch = plan.maps[l + 1].pitch;
    const size_t floats = static_cast<size_t>(plan.taps(l)) * pitch;
    float* filter = carver.take(floats);
    model.filters[l] = filter;
    if (fills) {
      std::fill_n(filter, floats, 0.0f);
      eachTap(plan, l, [&](int row, int at) {
        std::copy_n(operands.filters[l] + static_cast<size_t>(row) * outputs, outputs,
                    filter + static_cast<size_t>(at) * pitch);
      });
    }
    model.gains[l] = padded(carver, operands.gains[l], outputs, pitch, fills);
    model.biases[l] = padded(carver, operands.biases[l], outputs, pitch, fills);
    float* live = padded(carver, nullptr, outputs, pitch, fills);
    if (fills) std::fill_n(live, outputs, 1.0f);
    model.live[l] = live;
    if (!turned) continue;
    const size_t run = plan.run[l], paddedRun = plan.paddedRun[l];
    const size_t turnedFloats = static_cast<size_t>(problem.side[l]) * pitch * paddedRun;
    float* other = carver.take(turnedFloats);
    model.turned[l] = other;
    if (!fills) continue;
    std::fill_n(other, turnedFloats, 0.0f);
    for (int u = 0; u < problem.side[l]; u++)
      for (size_t t = 0; t < run; t++)
        for (int o = 0; o < outputs; o++) other[(u * pitch + o) * paddedRun + t] = filter[(u * run + t) * pitch + o];
  }
  const MapPlan& last = plan.maps[problem.blocks];
  if (last.pitch == last.channels && plan.features == problem.features) {
    model.dense = operands.dense;
  } else {
    const size_t floats = static_cast<size_t>(plan.denseInputs) * plan.features;
    float* dense = carver.take(floats);
    if (fills) {
      std::fill_n(dense, floats, 0.0f);
      for (int p = 0; p < last.height * last.width; p++)
        for (int c = 0; c < last.channels; c++)
          std::copy_n(operands.dense + (static_cast<size_t>(p) * last.channels + c) * problem.features, problem.features,
                      dense + (static_cast<size_t>(p) * last.pitch + c) * plan.features);
    }
    model.dense = dense;
  }
  model.denseBias = padded(carver, operands.denseBias, problem.features, plan.features, fills);
  return carver.used();
}

void addDense(const EncoderPlan& plan, int from, int to, const float* sums, float* into) {
  const MapPlan& last = plan.maps[plan.problem.blocks];
  const int features = plan.problem.features;
  for (int row = from; row < to; row++, sums += plan.features) {
    const int pixel = row / last.pitch, channel = row % last.pitch;
    if (channel >= last.channels) continue;
    float* target = into + (static_cast<size_t>(pixel) * last.channels + channel) * features;
    for (int f = 0; f < features; f++) target[f] += sums[f];
  }
}

void unpackSums(const EncoderPlan& plan, const float* sums, const EncoderArrays<float>& into) {
  for (int l = 0; l < plan.problem.blocks; l++) {
    const int outputs = plan.problem.outputs[l], pitch = plan.maps[l + 1].pitch;
    eachTap(plan, l, [&](int row, int at) {
      std::copy_n(sums + plan.filterAt[l] + static_cast<size_t>(at) * pitch, outputs,
                  into.filters[l] + static_cast<size_t>(row) * outputs);
    });
    std::copy_n(sums + plan.gainAt[l], outputs, into.gains[l]);
    std::copy_n(sums + plan.biasAt[l], outputs, into.biases[l]);
  }
}

}  // namespace pyro
