// AVX-512: 16 lanes, 32 registers. A 12 x 32 register tile holds 24 sums, two weights and one broadcast.
#pragma once
#include <immintrin.h>
#include <stddef.h>

namespace pyro {
namespace PYRO_ISA {

using Vec = __m512;
constexpr int kLanes = 16;
constexpr int kPanelVectors = 2;
constexpr int kTileRows = 12;

inline Vec load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, Vec a) { _mm512_storeu_ps(p, a); }
/** Stores to aligned memory that is not read soon, past the caches; fence() ends a run of them. */
inline void stream(float* p, Vec a) { _mm512_stream_ps(p, a); }
inline void fence() { _mm_sfence(); }
/** Asks for the line to be brought to L2. */
inline void prefetch(const float* p) { _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1); }
inline Vec splat(float a) { return _mm512_set1_ps(a); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
inline Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
inline Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
/** The second operand where either is NaN. */
inline Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
inline Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
inline Vec abs(Vec a) { return _mm512_abs_ps(a); }
inline float sum(Vec a) { return _mm512_reduce_add_ps(a); }

inline Vec squareRoot(Vec a) { return _mm512_sqrt_ps(a); }
/** a / b to within an ulp: an approximate reciprocal and one correction of the quotient. For finite b away from 0. */
inline Vec quotient(Vec a, Vec b) {
  const Vec r = _mm512_rcp14_ps(b);
  const Vec q = mul(a, r);
  return fma(_mm512_fnmadd_ps(q, b, a), r, q);
}

/** yes where a > 0, else no (a NaN chooses no). */
inline Vec ifPositive(Vec a, Vec yes, Vec no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_GT_OQ), no, yes);
}
inline Vec ifLess(Vec a, Vec b, Vec yes, Vec no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
/** value where a is a number, else the NaN. */
inline Vec unlessNaN(Vec a, Vec value) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), value, a);
}
inline Vec nearest(Vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
inline Vec floor(Vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
/** Whole numbers as indices. */
inline void storeIndices(int* p, Vec a) { _mm512_storeu_si512(p, _mm512_cvttps_epi32(a)); }
/** out[k] holds the k-th of the four floats at base + Stride * at[lane]. */
template <int Stride>
inline void gather4(const float* base, const int* at, Vec (&out)[4]) {
  Vec quad[4];
  for (int i = 0; i < 4; i++) {
    const auto part = [&](int lane) { return _mm_loadu_ps(base + static_cast<size_t>(Stride) * at[lane + i]); };
    quad[i] = _mm512_insertf32x4(_mm512_castps128_ps512(part(0)), part(4), 1);
    quad[i] = _mm512_insertf32x4(_mm512_insertf32x4(quad[i], part(8), 2), part(12), 3);
  }
  const __m512d low01 = _mm512_castps_pd(_mm512_unpacklo_ps(quad[0], quad[1]));
  const __m512d low23 = _mm512_castps_pd(_mm512_unpacklo_ps(quad[2], quad[3]));
  const __m512d high01 = _mm512_castps_pd(_mm512_unpackhi_ps(quad[0], quad[1]));
  const __m512d high23 = _mm512_castps_pd(_mm512_unpackhi_ps(quad[2], quad[3]));
  out[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(low01, low23));
  out[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low01, low23));
  out[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high01, high23));
  out[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high01, high23));
}
/** Entries of a table that is looked up in registers, at whole numbers; beyond the last it starts again. */
constexpr int kTableEntries = 16;
inline Vec lookup(const float* table, Vec index) {
  return _mm512_permutexvar_ps(_mm512_cvttps_epi32(index), _mm512_loadu_ps(table));
}
/** a * 2^n for a whole n with -126 <= n <= 127. */
inline Vec scaleByPower(Vec a, Vec n) { return _mm512_scalef_ps(a, n); }

}  // namespace PYRO_ISA
}  // namespace pyro
