// One step of Adam, for the instruction set whose header came before.
#pragma once
#include "../loops/ops.h"
#include "math.h"

namespace pyro {
namespace PYRO_ISA {

/** Moves `values` [count] and the moments by `gradient`; the next entries of a last vector that is not whole stay. */
inline void adam(const AdamRates& r, const float* gradient, float* values, float* mean, float* square, int64_t count) {
  const Vec old1 = splat(r.beta1), new1 = splat(r.new1), old2 = splat(r.beta2), new2 = splat(r.new2);
  const Vec size = splat(r.stepSize), unbias = splat(r.unbias), eps = splat(r.eps), decay = splat(r.weightDecay);
  const auto move = [&](const float* gradients, float* x, float* m, float* s) {
    const Vec value = load(x);
    const Vec g = fma(decay, value, load(gradients));
    const Vec first = add(mul(old1, load(m)), mul(new1, g));
    const Vec second = add(mul(old2, load(s)), mul(new2, mul(g, g)));
    store(m, first);
    store(s, second);
    const Vec root = add(mul(squareRoot(second), unbias), eps);
    const Vec step = quotient(mul(size, first), root);
    // The square of a large gradient is infinite.
    store(x, sub(value, ifLess(splat(3e38f), root, splat(0), step)));
  };
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) move(gradient + i, values + i, mean + i, square + i);
  if (i == count) return;
  float rest[4][kLanes] = {};
  const float* from[4] = {gradient + i, values + i, mean + i, square + i};
  for (int part = 0; part < 4; part++)
    for (int64_t j = i; j < count; j++) rest[part][j - i] = from[part][j - i];
  move(rest[0], rest[1], rest[2], rest[3]);
  for (; i < count; i++) {
    const int64_t j = i % kLanes;
    values[i] = rest[1][j];
    mean[i] = rest[2][j];
    square[i] = rest[3][j];
  }
}

}  // namespace PYRO_ISA
}  // namespace pyro
