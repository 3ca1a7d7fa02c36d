// Elementary functions and activations on vectors. Minimax fits found by iterated reweighting; the worst relative error
// of each fit, before float32 rounding, stands beside it.
//
// One rule for all kernels: an activation's value and slope are what IEEE arithmetic makes of their definition. At a NaN
// both are NaN, so that none is hidden; tanh is exactly 1 with slope 0 at infinity; gelu is x Phi(x) with slope
// Phi(x) + x phi(x), so that 0 times infinity makes NaN of it at minus infinity, and of its slope at either.
#pragma once
#include "../plan.h"

namespace pyro {
namespace PYRO_ISA {

template <int N>
inline Vec polynomial(Vec x, const float (&c)[N]) {
  Vec y = splat(c[N - 1]);
  for (int i = N - 2; i >= 0; i--) y = fma(y, x, splat(c[i]));
  return y;
}

/** x P(x^2) / Q(x^2), 6.4e-9 up to 8; from there it runs above 1 and is held at 1. The square is held at 81, so that
 * infinity meets only a finite ratio. A NaN stays. */
inline Vec tanh(Vec x) {
  static constexpr float p[] = {0.9999999935731015f, 0.13444500541175305f, 0.0035716010796883525f,
                                2.189471296080563e-05f, 1.5230490199899172e-08f};
  static constexpr float q[] = {1.0f, 0.46777827861595034f, 0.026164454523348785f, 0.0003411297043018842f,
                                8.522475883485308e-07f};
  const Vec s = min(splat(81), mul(x, x));
  return max(splat(-1), min(splat(1), mul(x, quotient(polynomial(s, p), polynomial(s, q)))));
}

/** e^x for x <= 0, 2e-9; 0 below -87.3. A NaN stays. */
inline Vec expOfNegative(Vec x) {
  static constexpr float p[] = {1.0000000005998753f,   1.000000038531501f,    0.49999991593907966f,
                                0.16666410240029497f,  0.041668288748031815f, 0.00837564535227561f,
                                0.0013835801905661865f};
  const Vec lowest = splat(-87.3f);
  const Vec z = max(lowest, x);
  const Vec n = nearest(mul(z, splat(1.44269504088896341f)));
  // ln 2 in two parts, so that n ln 2 is exact to the last bit that matters.
  const Vec r = fma(n, splat(2.12194440e-4f), fma(n, splat(-0.693359375f), z));
  return ifLess(x, lowest, splat(0), scaleByPower(polynomial(r, p), n));
}

/** log(1 + u) for 0 <= u <= 1, 4.8e-9. */
inline Vec logOfOnePlus(Vec u) {
  static constexpr float p[] = {0.9999999952882969f,    -0.49999902428400006f,  0.3332996250174378f,
                                -0.2495413423293109f,   0.19675941329872323f,   -0.15305596802209115f,
                                0.10603659840873157f,   -0.056959565785690974f, 0.01985147139018412f,
                                -0.0032440256882105465f};
  return mul(u, polynomial(u, p));
}

/** The standard normal's lower tail at -a times e^(a^2 / 2), for 0 <= a <= 13.2, in t = 1 / (1 + 0.3 a), 3.5e-9. */
inline Vec scaledTail(Vec a) {
  static constexpr float p[] = {0.11968648287809305f, 0.11957561600541201f,  0.11020552871049791f, 0.07852193673496669f,
                                0.09579304009466864f, -0.07877727851501973f, 0.19104144224837857f, -0.2276790449680937f,
                                0.11221688240540269f, -0.02058460730155604f};
  const Vec t = quotient(splat(1), fma(a, splat(0.3f), splat(1)));
  return mul(t, polynomial(t, p));
}

/** An activation's value; `slope` receives its derivative where that must be stored (storesSlope). */
template <Activation A>
inline Vec valueOf(Vec x, Vec& slope) {
  if constexpr (A == Activation::tanh) {
    return tanh(x);
  } else if constexpr (A == Activation::relu) {
    return max(splat(0), x);
  } else if constexpr (A == Activation::leakyRelu) {
    return ifPositive(x, x, mul(x, splat(0.01f)));
  } else if constexpr (A == Activation::softplus) {
    const Vec u = expOfNegative(sub(splat(0), abs(x)));
    slope = quotient(ifPositive(x, splat(1), u), add(splat(1), u));
    return add(max(splat(0), x), logOfOnePlus(u));
  } else {
    const Vec bell = expOfNegative(mul(mul(x, x), splat(-0.5f)));
    const Vec tail = mul(bell, scaledTail(min(splat(13.2f), abs(x))));
    const Vec phi = ifPositive(x, sub(splat(1), tail), tail);
    slope = fma(mul(x, splat(0.3989422804014327f)), bell, phi);
    return mul(x, phi);
  }
}

/** `gradient` times the activation's derivative; `kept` is its value, or its slope where that is stored. */
template <Activation A>
inline Vec timesSlope(Vec gradient, Vec kept) {
  if constexpr (A == Activation::tanh) {
    return mul(gradient, fma(sub(splat(0), kept), kept, splat(1)));
  } else if constexpr (A == Activation::relu) {
    return mul(gradient, unlessNaN(kept, ifPositive(kept, splat(1), splat(0))));
  } else if constexpr (A == Activation::leakyRelu) {
    return mul(gradient, unlessNaN(kept, ifPositive(kept, splat(1), splat(0.01f))));
  } else {
    return mul(gradient, kept);
  }
}

template <Activation A>
struct ActivationTag {
  static constexpr Activation value = A;
};

/** Calls f with the activation as a compile-time constant, so that loops hold no branch. */
template <typename F>
inline void withActivation(Activation a, const F& f) {
  switch (a) {
    case Activation::tanh:
      return f(ActivationTag<Activation::tanh>{});
    case Activation::relu:
      return f(ActivationTag<Activation::relu>{});
    case Activation::leakyRelu:
      return f(ActivationTag<Activation::leakyRelu>{});
    case Activation::softplus:
      return f(ActivationTag<Activation::softplus>{});
    case Activation::gelu:
      return f(ActivationTag<Activation::gelu>{});
  }
}

}  // namespace PYRO_ISA
}  // namespace pyro
