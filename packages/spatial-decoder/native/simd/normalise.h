// What follows a convolution: the map normalised by its mean and variance over all pixels and channels, a gain and a
// bias per channel, ReLU; and the way back.
#pragma once
#include <math.h>

#include "../encoder/ops.h"
#include "convolution.h"

namespace pyro {
namespace PYRO_ISA {

/** A map whose rows are `row` floats apart. */
struct Plane {
  float* data;
  size_t row;
};

/** Numbers of the map after block l, padding not counted. */
inline float numbersOf(const MapPlan& map) { return static_cast<float>(map.height) * map.width * map.channels; }

/** Writes mean and 1 / deviation of `z`, the map after block l. */
inline void measure(const EncoderModel& model, int l, const float* z, float* statistics) {
  const MapPlan& map = model.plan.maps[l + 1];
  const size_t size = map.floats(), pitch = map.pitch;
  const float count = numbersOf(map);
  Vec even = splat(0), odd = splat(0);
  size_t j = 0;
  for (; j + 2 * kLanes <= size; j += 2 * kLanes) {
    even = add(even, load(z + j));
    odd = add(odd, load(z + j + kLanes));
  }
  if (j < size) even = add(even, load(z + j));
  const float mean = sum(add(even, odd)) / count;
  const Vec centre = splat(mean);
  float squares = 0;
  for (size_t c = 0; c < pitch; c += kLanes) {
    const Vec live = load(model.live[l] + c);
    even = splat(0);
    odd = splat(0);
    const auto square = [&](size_t at, Vec total) {
      const Vec x = mul(sub(load(z + at), centre), live);
      return fma(x, x, total);
    };
    size_t at = c;
    for (; at + pitch < size; at += 2 * pitch) {
      even = square(at, even);
      odd = square(at + pitch, odd);
    }
    if (at < size) even = square(at, even);
    squares += sum(add(even, odd));
  }
  statistics[0] = mean;
  statistics[1] = 1.0f / sqrtf(squares / count + 1e-5f);
}

/** relu(gain (z - mean) / deviation + bias) into `out`. */
inline void activate(const EncoderModel& model, int l, const float* z, const float* statistics, Plane out) {
  const MapPlan& map = model.plan.maps[l + 1];
  const Vec centre = splat(statistics[0]), rate = splat(statistics[1]), zero = splat(0);
  const size_t pitch = map.pitch, row = pitch * map.width;
  for (size_t c = 0; c < pitch; c += kLanes) {
    const Vec scale = mul(load(model.gains[l] + c), rate), bias = load(model.biases[l] + c);
    for (int i = 0; i < map.height; i++) {
      const float* from = z + i * row + c;
      float* to = out.data + i * out.row + c;
      // The second operand of max is the answer where one is NaN.
      for (size_t at = 0; at < row; at += pitch)
        store(to + at, max(zero, fma(sub(load(from + at), centre), scale, bias)));
    }
  }
}

/** From the gradient of what activate wrote to that of `z`, [pixels][pitch], and adds the gradients of gain and bias. */
inline void deactivate(const EncoderModel& model, int l, const float* z, const float* statistics, Plane upstream,
                       float* delta, float* gainSums, float* biasSums) {
  const MapPlan& map = model.plan.maps[l + 1];
  const Vec centre = splat(statistics[0]), rate = splat(statistics[1]), zero = splat(0);
  const size_t pitch = map.pitch, row = pitch * map.width;
  // Of gain * the gradient of the normalised map: its sum, and that of its product with the map.
  float plain = 0, along = 0;
  for (size_t c = 0; c < pitch; c += kLanes) {
    const Vec gain = load(model.gains[l] + c), bias = load(model.biases[l] + c);
    Vec biases = zero, gains = zero;
    for (int i = 0; i < map.height; i++) {
      const float* from = z + i * row + c;
      const float* up = upstream.data + i * upstream.row + c;
      float* to = delta + i * row + c;
      for (size_t at = 0; at < row; at += pitch) {
        const Vec x = mul(sub(load(from + at), centre), rate);
        const Vec y = fma(x, gain, bias);
        const Vec d = unlessNaN(y, ifPositive(y, load(up + at), zero));
        biases = add(biases, d);
        gains = fma(d, x, gains);
        store(to + at, mul(d, gain));
      }
    }
    store(biasSums + c, add(load(biasSums + c), biases));
    store(gainSums + c, add(load(gainSums + c), gains));
    plain += sum(mul(biases, gain));
    along += sum(mul(gains, gain));
  }
  const float count = numbersOf(map);
  const Vec shift = splat(plain / count), slope = splat(along / count);
  for (size_t c = 0; c < pitch; c += kLanes) {
    const Vec scale = mul(rate, load(model.live[l] + c));
    for (size_t at = c; at < row * map.height; at += pitch) {
      const Vec x = mul(sub(load(z + at), centre), rate);
      const Vec centred = sub(sub(load(delta + at), shift), mul(x, slope));
      store(delta + at, mul(centred, scale));
    }
  }
}

}  // namespace PYRO_ISA
}  // namespace pyro
