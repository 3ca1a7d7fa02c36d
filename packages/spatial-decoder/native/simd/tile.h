// The forward and backward pass of one tile through all layers, for the instruction set whose header came before.
#pragma once
#include "coordinates.h"
#include "encoder.h"
#include "multiply.h"
#include "narrow.h"
#include "peak.h"
#include "product.h"
#include "templates.h"

namespace pyro {
namespace PYRO_ISA {

/** Row-major [count, width] to panels, and back. */
inline void toPanels(const float* rows, int count, int width, size_t panelStride, float* panels) {
  for (int j = 0; j < width; j++)
    for (int n = 0; n < count; n++)
      panels[(j / kPanel) * panelStride + static_cast<size_t>(n) * kPanel + j % kPanel] =
          rows[static_cast<size_t>(n) * width + j];
}
inline void fromPanels(const float* panels, int count, int width, size_t panelStride, float* rows) {
  for (int n = 0; n < count; n++)
    for (int j = 0; j < width; j++)
      rows[static_cast<size_t>(n) * width + j] =
          panels[(j / kPanel) * panelStride + static_cast<size_t>(n) * kPanel + j % kPanel];
}

/** act0(U g + c) for every point of the tile. */
inline void firstForward(const Model& model, int64_t first, int count, const Scratch& scratch) {
  float *values = scratch.tile + model.plan.valueAt[0], *slopes = scratch.tile + model.plan.slopeAt[0];
  withActivation(model.plan.problem.firstActivation, [&](auto activation) {
    constexpr Activation kind = decltype(activation)::value;
    coordinateForward(model, first, count, scratch.coordinates, [&](size_t at, Vec x) {
      Vec slope;
      store(values + at, valueOf<kind>(x, slope));
      if constexpr (storesSlope(kind)) store(slopes + at, slope);
    });
  });
}

/** The layers after the first. Copies go to `keep`, unless that is null, laid out as the tile is from layer 1 on. */
inline void hiddenForward(const Model& model, int count, float* tile, float* keep) {
  const Plan& plan = model.plan;
  const Problem& problem = plan.problem;
  withActivation(problem.activation, [&](auto activation) {
    constexpr Activation kind = decltype(activation)::value;
    for (int l = 1; l < problem.layers; l++) {
      float *values = tile + plan.valueAt[l], *slopes = tile + plan.slopeAt[l];
      float* keptValues = keep ? keep + (plan.valueAt[l] - plan.valueAt[1]) : nullptr;
      float* keptSlopes = keep ? keep + (plan.slopeAt[l] - plan.valueAt[1]) : nullptr;
      product(tile + plan.valueAt[l - 1], plan.panelStride(), count, problem.widths[l - 1], model.weights[l],
              model.biases[l], problem.widths[l], values, [&](size_t start, int rows, int vectors) {
                for (int i = 0; i < rows; i++) {
                  for (int v = 0; v < vectors; v++) {
                    const size_t at = start + i * kPanel + v * kLanes;
                    Vec slope;
                    const Vec value = valueOf<kind>(load(values + at), slope);
                    store(values + at, value);
                    if (keep) stream(keptValues + at, value);
                    if constexpr (storesSlope(kind)) {
                      store(slopes + at, slope);
                      if (keep) stream(keptSlopes + at, slope);
                    }
                  }
                }
              });
    }
  });
  if (keep) fence();
}

void forwardTile(const Model& model, int64_t first, int count, const Scratch& scratch, float* keep, float* output) {
  const Plan& plan = model.plan;
  const Problem& problem = plan.problem;
  const size_t stride = plan.panelStride();
  const int top = problem.layers;
  firstForward(model, first, count, scratch);
  hiddenForward(model, count, scratch.tile, keep);
  float* last = scratch.tile + plan.valueAt[top - 1];
  output += first * problem.channels;
  if (problem.narrow()) {
    narrowForward(last, stride, count, problem.top(), model.weights[top], plan.padded(problem.top()), model.biases[top],
                  problem.channels, output);
  } else {
    product(last, stride, count, problem.top(), model.weights[top], model.biases[top], problem.channels,
            (scratch.tile + plan.extraAt), [](size_t, int, int) {});
    fromPanels((scratch.tile + plan.extraAt), count, problem.channels, stride, output);
  }
}

/** A tile's activations for the backward pass: the first layer's computed again, the others' too or kept. */
struct Activations {
  const Plan& plan;
  const float *tile, *kept;

  const float* at(int layer, size_t offset) const {
    return kept && layer > 0 ? kept + (offset - plan.valueAt[1]) : tile + offset;
  }
  const float* values(int layer) const { return at(layer, plan.valueAt[layer]); }
  /** What the slope is computed from. */
  const float* forSlope(int layer) const {
    return at(layer, storesSlope(plan.problem.activationOf(layer)) ? plan.slopeAt[layer] : plan.valueAt[layer]);
  }
};

/**
 * The gradient of a layer's input from that of the next one's: times the transposed weights, times the activation's
 * slope. Meanwhile a layer of the next tile, at `ahead` unless that is null, is brought from memory.
 */
inline void inputGradient(const Model& model, int layer, int count, const float* kept, const float* gradient,
                          int outputs, float* into, const float* ahead) {
  const Plan& plan = model.plan;
  withActivation(plan.problem.activationOf(layer), [&](auto activation) {
    product(gradient, plan.panelStride(), count, outputs, model.transposed[layer + 1], model.zeros,
            plan.problem.widths[layer], into, [&](size_t start, int rows, int vectors) {
              for (int i = 0; i < rows; i++) {
                for (int v = 0; v < vectors; v++) {
                  const size_t at = start + i * kPanel + v * kLanes;
                  store(into + at, timesSlope<decltype(activation)::value>(load(into + at), load(kept + at)));
                  if (ahead) prefetch(ahead + at);
                }
              }
            });
  });
}

inline void biasGradient(const float* gradient, size_t panelStride, int count, int width, float* sums) {
  for (int h = 0; h < width; h += kLanes) {
    const float* x = gradient + (h / kPanel) * panelStride + h % kPanel;
    Vec even = splat(0), odd = splat(0);
    int n = 0;
    for (; n + 1 < count; n += 2, x += 2 * kPanel) {
      even = add(even, load(x));
      odd = add(odd, load(x + kPanel));
    }
    if (n < count) even = add(even, load(x));
    store(sums + h, add(load(sums + h), add(even, odd)));
  }
}

void backwardTile(const Model& model, int64_t first, int count, const Scratch& scratch, const float* kept,
                  const float* ahead, const float* upstream, Sums& sums) {
  const Plan& plan = model.plan;
  const Problem& problem = plan.problem;
  const size_t stride = plan.panelStride();
  const int top = problem.layers;
  firstForward(model, first, count, scratch);
  if (!kept) hiddenForward(model, count, scratch.tile, nullptr);
  const Activations activations{plan, scratch.tile, kept};
  const float* last = activations.values(top - 1);
  float *gradient = scratch.tile + plan.gradientAt[0], *next = scratch.tile + plan.gradientAt[1];
  upstream += first * problem.channels;
  if (problem.narrow()) {
    withActivation(problem.activationOf(top - 1), [&](auto activation) {
      narrowBackward<decltype(activation)::value>(last, activations.forSlope(top - 1), stride, count, problem.top(),
                                                  model.weights[top], plan.padded(problem.top()), problem.channels,
                                                  upstream, gradient, sums.weights[top], sums.biases[top]);
    });
  } else {
    float* panels = scratch.tile + plan.extraAt;
    toPanels(upstream, count, problem.channels, stride, panels);
    outer(last, panels, stride, count, problem.top(), problem.channels, sums.weights[top]);
    biasGradient(panels, stride, count, problem.channels, sums.biases[top]);
    inputGradient(model, top - 1, count, activations.forSlope(top - 1), panels, problem.channels, gradient, nullptr);
  }
  for (int l = top - 1; l > 0; l--) {
    const int inputs = problem.widths[l - 1], outputs = problem.widths[l];
    outer(activations.values(l - 1), gradient, stride, count, inputs, outputs, sums.weights[l]);
    biasGradient(gradient, stride, count, outputs, sums.biases[l]);
    inputGradient(model, l - 1, count, activations.forSlope(l - 1), gradient, outputs, next,
                  ahead ? ahead + (plan.valueAt[l] - plan.valueAt[1]) : nullptr);
    float* swap = gradient;
    gradient = next;
    next = swap;
  }
  coordinateBackward(model, first, count, gradient, scratch.coordinates, sums);
}

inline const Isa& makeIsa(const char* name) {
  static const Isa isa{name, panelLayout(kPanel), forwardTile, backwardTile, peakRate<Full>(), peakRate<Simd128>(),
                       makeEncoderOps(), makeTemplateOps(), makeLoopOps()};
  return isa;
}

}  // namespace PYRO_ISA
}  // namespace pyro
