// The forward and backward pass of one tile of points with bfloat16 operands and float32 sums, activations and slopes.
#pragma once
#include "../simd/peak.h"
#include "blocks.h"

namespace pyro {
namespace PYRO_ISA {

/** One tile of points under work: where its parts are. */
struct Work {
  const Model& model;
  const Scratch& scratch;
  int64_t first;
  int count;

  const Plan& plan() const { return model.plan; }
  const Problem& problem() const { return model.plan.problem; }
  /** The points with those that fill the last block. */
  int points() const { return static_cast<int>(roundUp(static_cast<size_t>(count), kBlock)); }
  int blocksOf(int width) const { return static_cast<int>(plan().padded(width)) / kBlock; }
  float* floats(size_t at) const { return scratch.tile + at; }
  Half* half(size_t at) const { return reinterpret_cast<Half*>(scratch.tile + at); }
  /** Where 16 units and 32 points lie in the layouts by pairs and turned. */
  size_t tileAt(int unitGroup, int point) const {
    return unitGroup * (plan().panelStride() / 2) + static_cast<size_t>(point) / kBlock * kTile;
  }
};

/** act(block + bias) as values, and for the backward pass by pairs of points and as slopes. */
template <Activation A, bool Backward>
inline void emitValues(const Work& work, int layer, int n, int j, const float* block, const float* bias) {
  const Plan& plan = work.plan();
  const size_t rowsAt = j * plan.panelStride() + static_cast<size_t>(n) * kBlock;
  Half* values = work.half(plan.valueAt[layer]) + rowsAt;
  float* slopes = work.floats(plan.slopeAt[layer]) + rowsAt;
  Half* pairs[2] = {work.half(plan.pairAt[layer]) + work.tileAt(2 * j, n),
                    work.half(plan.pairAt[layer]) + work.tileAt(2 * j + 1, n)};
  const Vec shift[2] = {load(bias), load(bias + kLanes)};
  for (int i = 0; i < kBlock; i += 2) {
    Vec y[2][2];
    for (int r = 0; r < 2; r++) {
      for (int g = 0; g < 2; g++) {
        const size_t at = (i + r) * kBlock + g * kLanes;
        Vec slope;
        y[r][g] = valueOf<A>(add(load(block + at), shift[g]), slope);
        if constexpr (Backward) store(slopes + at, storesSlope(A) ? slope : timesSlope<A>(splat(1), y[r][g]));
      }
      _mm512_store_si512(values + (i + r) * kBlock, halves(y[r][0], y[r][1]));
    }
    if constexpr (Backward)
      for (int g = 0; g < 2; g++) _mm512_store_si512(pairs[g] + i / 2 * 32, paired(y[0][g], y[1][g]));
  }
}

/** gradientOf(point, group of 16) as a product's left operand, turned for the matrix's own gradient, and summed for the
 * bias's. */
template <typename F>
inline void emitGradient(const Work& work, int turn, int n, int j, float* biasSums, const F& gradientOf) {
  const Plan& plan = work.plan();
  Half* rows = work.half(plan.gradientAt[turn]) + j * plan.panelStride() + static_cast<size_t>(n) * kBlock;
  for (int i = 0; i < kBlock; i++) _mm512_store_si512(rows + i * kBlock, halves(gradientOf(i, 0), gradientOf(i, 1)));
  for (int g = 0; g < 2; g++) {
    __m512i pairs[16];
    Vec even = splat(0), odd = splat(0);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
      const Vec a = gradientOf(2 * i, g), b = gradientOf(2 * i + 1, g);
      even = add(even, a);
      odd = add(odd, b);
      pairs[i] = paired(a, b);
    }
    transpose(pairs);
    Half* turned = work.half(plan.turnedAt[turn]) + work.tileAt(2 * j + g, n);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) _mm512_store_si512(turned + i * 32, pairs[i]);
    float* bias = biasSums + j * kBlock + g * kLanes;
    store(bias, add(load(bias), add(even, odd)));
  }
}

template <bool Backward>
inline void forwardLayers(const Work& work) {
  const Plan& plan = work.plan();
  const Problem& problem = work.problem();
  float* first = work.floats(plan.extraAt);
  coordinateForward(work.model, work.first, work.count, work.scratch.coordinates,
                    [&](size_t at, Vec x) { store(first + at, x); });
  withActivation(problem.firstActivation, [&](auto activation) {
    for (int j = 0; j < work.blocksOf(problem.widths[0]); j++) {
      float* panel = first + j * plan.panelStride();
      // Products run over the padding too, where weights are zero: all that counts there is that the numbers are
      // finite.
      const int units = smaller(kBlock, static_cast<int>(roundUp(problem.widths[0] - j * kBlock, kLanes)));
      for (int n = 0; n < work.points(); n++)
        for (int i = n < work.count ? units : 0; i < kBlock; i += kLanes) store(panel + n * kBlock + i, splat(0));
      for (int n = 0; n < work.points(); n += kBlock)
        emitValues<decltype(activation)::value, Backward>(work, 0, n, j, panel + n * kBlock, work.model.zeros);
    }
  });
  withActivation(problem.activation, [&](auto activation) {
    for (int l = 1; l < problem.layers; l++) {
      product(work.half(plan.valueAt[l - 1]), plan.panelStride(), work.points(), work.blocksOf(problem.widths[l - 1]),
              reinterpret_cast<const Half*>(work.model.weights[l]), work.blocksOf(problem.widths[l]),
              [&](int n, int j, const float* block) {
                emitValues<decltype(activation)::value, Backward>(work, l, n, j, block,
                                                                  work.model.biases[l] + j * kBlock);
              });
    }
  });
}

void forwardTile(const Model& model, int64_t first, int count, const Scratch& scratch, float*, float* output) {
  const TileRegisters shaped;
  const Work work{model, scratch, first, count};
  const Problem& problem = work.problem();
  const int top = problem.layers, channels = problem.channels;
  forwardLayers<false>(work);
  product(work.half(work.plan().valueAt[top - 1]), work.plan().panelStride(), work.points(),
          work.blocksOf(problem.top()), reinterpret_cast<const Half*>(model.weights[top]), work.blocksOf(channels),
          [&](int n, int j, const float* block) {
            const int rows = smaller(kBlock, count - n), lanes = smaller(kBlock, channels - j * kBlock);
            float* to = output + (first + n) * channels + j * kBlock;
            for (int i = 0; i < rows; i++)
              for (int c = 0; c < lanes; c++)
                to[static_cast<size_t>(i) * channels + c] = block[i * kBlock + c] + model.biases[top][j * kBlock + c];
          });
}

/** The output's gradient from row-major upstream, with zeros where there is no point or no channel. */
inline void outputGradient(const Work& work, const float* upstream, float* biasSums) {
  const int channels = work.problem().channels;
  alignas(64) float block[kBlock * kBlock];
  for (int n = 0; n < work.points(); n += kBlock) {
    for (int j = 0; j < work.blocksOf(channels); j++) {
      for (float& number : block) number = 0;
      const int rows = smaller(kBlock, work.count - n), lanes = smaller(kBlock, channels - j * kBlock);
      const float* from = upstream + (work.first + n) * channels + j * kBlock;
      for (int i = 0; i < rows; i++)
        for (int c = 0; c < lanes; c++) block[i * kBlock + c] = from[static_cast<size_t>(i) * channels + c];
      emitGradient(work, 0, n, j, biasSums, [&](int i, int g) { return load(block + i * kBlock + g * kLanes); });
    }
  }
}

void backwardTile(const Model& model, int64_t first, int count, const Scratch& scratch, const float*, const float*,
                  const float* upstream, Sums& sums) {
  const TileRegisters shaped;
  const Work work{model, scratch, first, count};
  const Plan& plan = work.plan();
  const Problem& problem = work.problem();
  forwardLayers<true>(work);
  outputGradient(work, upstream, sums.biases[problem.layers]);
  float* coordinates = work.floats(plan.extraAt);
  for (int l = problem.layers, turn = 0; l > 0; l--, turn ^= 1) {
    const int inputs = work.blocksOf(problem.inputsOf(l)), outputs = work.blocksOf(problem.outputsOf(l));
    outer(work.half(plan.turnedAt[turn]), work.half(plan.pairAt[l - 1]), plan.panelStride(), work.points(), inputs,
          outputs, sums.weights[l]);
    product(work.half(plan.gradientAt[turn]), plan.panelStride(), work.points(), outputs,
            reinterpret_cast<const Half*>(model.transposed[l]), inputs, [&](int n, int k, const float* block) {
              const size_t at = k * plan.panelStride() + static_cast<size_t>(n) * kBlock;
              const float* slopes = work.floats(plan.slopeAt[l - 1]) + at;
              const auto gradient = [&](int i, int g) {
                return mul(load(block + i * kBlock + g * kLanes), load(slopes + i * kBlock + g * kLanes));
              };
              if (l > 1) return emitGradient(work, turn ^ 1, n, k, sums.biases[l - 1], gradient);
              for (int i = 0; i < kBlock; i++)
                for (int g = 0; g < 2; g++) store(coordinates + at + i * kBlock + g * kLanes, gradient(i, g));
            });
  }
  coordinateBackward(model, first, count, coordinates, scratch.coordinates, sums);
}

}  // namespace PYRO_ISA
}  // namespace pyro
