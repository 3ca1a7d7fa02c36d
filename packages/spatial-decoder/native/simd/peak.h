// The fastest that the processor multiplies and adds: independent chains in registers, on full vectors and on 128-bit
// ones.
#pragma once
#include "../isa/isa.h"

namespace pyro {
namespace PYRO_ISA {

struct Full {
  using Vector = Vec;
  static constexpr int lanes = kLanes;
  static Vec splat(float a) { return PYRO_ISA::splat(a); }
  static Vec fma(Vec a, Vec b, Vec c) { return PYRO_ISA::fma(a, b, c); }
  static float first(Vec a) { return sum(a); }
};

#if defined(__AVX2__)
struct Simd128 {
  using Vector = __m128;
  static constexpr int lanes = 4;
  static __m128 splat(float a) { return _mm_set1_ps(a); }
  static __m128 fma(__m128 a, __m128 b, __m128 c) { return _mm_fmadd_ps(a, b, c); }
  static float first(__m128 a) { return _mm_cvtss_f32(a); }
};
#else
using Simd128 = Full;
#endif

/** Enough chains to hide the latency of four cycles on up to three units. */
constexpr int kChains = 12;

template <typename S>
float multiplyAdd(int64_t rounds) {
  typename S::Vector x[kChains];
  const auto a = S::splat(0.999999f), b = S::splat(1e-6f);
  for (int i = 0; i < kChains; i++) x[i] = S::splat(static_cast<float>(i));
  for (int64_t r = 0; r < rounds; r++) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; i++) x[i] = S::fma(x[i], a, b);
  }
  float total = 0;
  for (int i = 0; i < kChains; i++) total += S::first(x[i]);
  return total;
}

template <typename S>
PeakLoop peakRate() {
  return {multiplyAdd<S>, kChains * S::lanes * 2};
}

}  // namespace PYRO_ISA
}  // namespace pyro
