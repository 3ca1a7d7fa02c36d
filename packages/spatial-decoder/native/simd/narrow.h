// The output layer for one to four channels: dot products forward, a rank-1 update for each channel backward.
#pragma once
#include "product.h"

namespace pyro {
namespace PYRO_ISA {

/** Zeros in the lanes beyond the width: infinity times a weight that pads is NaN, and whole vectors are summed. */
inline void clearPadding(float* x, size_t panelStride, int count, int width) {
  float* last = x + (width / kPanel) * panelStride;
  const int from = width % kPanel, to = static_cast<int>(roundUp(from, kLanes));
  for (int n = 0; n < count; n++, last += kPanel)
    for (int lane = from; lane < to; lane++) last[lane] = 0;
}

/** output[n, c] = bias[c] + sum over h of x[n, h] w[c, h]. */
inline void narrowForward(float* x, size_t panelStride, int count, int width, const float* w, size_t padded,
                          const float* bias, int channels, float* output) {
  clearPadding(x, panelStride, count, width);
  for (int n = 0; n < count; n++) {
    for (int c = 0; c < channels; c++) {
      const float* row = w + c * padded;
      Vec total = splat(0);
      for (int h = 0; h < width; h += kPanel) {
        const float* part = x + (h / kPanel) * panelStride + static_cast<size_t>(n) * kPanel;
        const int vectors = vectorsIn(width, h);
        for (int v = 0; v < vectors; v++) total = fma(load(part + v * kLanes), load(row + h + v * kLanes), total);
      }
      output[static_cast<size_t>(n) * channels + c] = bias[c] + sum(total);
    }
  }
}

template <Activation A, int Channels, int Vectors>
inline void narrowBackwardPanel(const float* x, const float* kept, int count, const float* w, size_t padded,
                                const float* upstream, float* gradient, float* weightSums) {
  Vec weight[Channels][Vectors], total[Channels][Vectors];
  for (int c = 0; c < Channels; c++) {
    for (int v = 0; v < Vectors; v++) {
      weight[c][v] = load(w + c * padded + v * kLanes);
      total[c][v] = splat(0);
    }
  }
  for (int n = 0; n < count; n++, x += kPanel, kept += kPanel, gradient += kPanel, upstream += Channels) {
    for (int v = 0; v < Vectors; v++) {
      const Vec value = load(x + v * kLanes);
      Vec g = splat(0);
      for (int c = 0; c < Channels; c++) {
        const Vec u = splat(upstream[c]);
        total[c][v] = fma(value, u, total[c][v]);
        g = fma(weight[c][v], u, g);
      }
      store(gradient + v * kLanes, timesSlope<A>(g, load(kept + v * kLanes)));
    }
  }
  for (int c = 0; c < Channels; c++) {
    for (int v = 0; v < Vectors; v++) {
      float* into = weightSums + c * padded + v * kLanes;
      store(into, add(load(into), total[c][v]));
    }
  }
}

/** The gradient of the last hidden layer's input, and of the output's weights [c, padded] and biases. */
template <Activation A>
inline void narrowBackward(const float* x, const float* kept, size_t panelStride, int count, int width, const float* w,
                           size_t padded, int channels, const float* upstream, float* gradient, float* weightSums,
                           float* biasSums) {
  for (int h = 0; h < width; h += kPanel, x += panelStride, kept += panelStride, gradient += panelStride) {
    withBlock<kNarrowChannels>(channels, vectorsIn(width, h), [&](auto size) {
      narrowBackwardPanel<A, decltype(size)::rows, decltype(size)::vectors>(x, kept, count, w + h, padded, upstream,
                                                                            gradient, weightSums + h);
    });
  }
  for (int c = 0; c < channels; c++) {
    float total = 0;
    for (int n = 0; n < count; n++) total += upstream[n * channels + c];
    biasSums[c] += total;
  }
}

}  // namespace PYRO_ISA
}  // namespace pyro
