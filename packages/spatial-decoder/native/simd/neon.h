// NEON on aarch64: 4 lanes, 32 registers. A 6 x 16 register tile holds 24 sums, four weights and one broadcast.
#pragma once
#include <arm_neon.h>
#include <stddef.h>

namespace pyro {
namespace PYRO_ISA {

using Vec = float32x4_t;
constexpr int kLanes = 4;
constexpr int kPanelVectors = 4;
constexpr int kTileRows = 6;

inline Vec load(const float* p) { return vld1q_f32(p); }
inline void store(float* p, Vec a) { vst1q_f32(p, a); }
/** Stores to memory that is not read soon. */
inline void stream(float* p, Vec a) { vst1q_f32(p, a); }
inline void fence() {}
/** Asks for the line to be brought to L2. */
inline void prefetch(const float* p) { __builtin_prefetch(p, 0, 2); }
inline Vec splat(float a) { return vdupq_n_f32(a); }
inline Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
inline Vec add(Vec a, Vec b) { return vaddq_f32(a, b); }
inline Vec sub(Vec a, Vec b) { return vsubq_f32(a, b); }
inline Vec mul(Vec a, Vec b) { return vmulq_f32(a, b); }
/** NaN where either is NaN. */
inline Vec min(Vec a, Vec b) { return vminq_f32(a, b); }
inline Vec max(Vec a, Vec b) { return vmaxq_f32(a, b); }
inline Vec abs(Vec a) { return vabsq_f32(a); }
inline float sum(Vec a) { return vaddvq_f32(a); }

inline Vec squareRoot(Vec a) { return vsqrtq_f32(a); }
inline Vec quotient(Vec a, Vec b) { return vdivq_f32(a, b); }

/** yes where a > 0, else no (a NaN chooses no). */
inline Vec ifPositive(Vec a, Vec yes, Vec no) { return vbslq_f32(vcgtzq_f32(a), yes, no); }
inline Vec ifLess(Vec a, Vec b, Vec yes, Vec no) { return vbslq_f32(vcltq_f32(a, b), yes, no); }
/** value where a is a number, else the NaN. */
inline Vec unlessNaN(Vec a, Vec value) { return vbslq_f32(vceqq_f32(a, a), value, a); }
inline Vec nearest(Vec a) { return vrndnq_f32(a); }
inline Vec floor(Vec a) { return vrndmq_f32(a); }
/** Whole numbers as indices. */
inline void storeIndices(int* p, Vec a) { vst1q_s32(p, vcvtq_s32_f32(a)); }
/** out[k] holds the k-th of the four floats at base + Stride * at[lane]. */
template <int Stride>
inline void gather4(const float* base, const int* at, Vec (&out)[4]) {
  const auto part = [&](int lane) { return vld1q_f32(base + static_cast<size_t>(Stride) * at[lane]); };
  const float32x4x2_t ab = vtrnq_f32(part(0), part(1)), cd = vtrnq_f32(part(2), part(3));
  for (int k = 0; k < 2; k++) {
    out[k] = vcombine_f32(vget_low_f32(ab.val[k]), vget_low_f32(cd.val[k]));
    out[k + 2] = vcombine_f32(vget_high_f32(ab.val[k]), vget_high_f32(cd.val[k]));
  }
}
/** No table is looked up in registers. */
constexpr int kTableEntries = 0;
inline Vec lookup(const float*, Vec index) { return index; }
/** a * 2^n for a whole n with -126 <= n <= 127. */
inline Vec scaleByPower(Vec a, Vec n) {
  const int32x4_t bits = vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23);
  return vmulq_f32(a, vreinterpretq_f32_s32(bits));
}

}  // namespace PYRO_ISA
}  // namespace pyro
