// AVX2 with FMA: 8 lanes, 16 registers. A 6 x 16 register tile holds 12 sums, two weights and one broadcast.
#pragma once
#include <immintrin.h>
#include <stddef.h>

namespace pyro {
namespace PYRO_ISA {

using Vec = __m256;
constexpr int kLanes = 8;
constexpr int kPanelVectors = 2;
constexpr int kTileRows = 6;

inline Vec load(const float* p) { return _mm256_loadu_ps(p); }
inline void store(float* p, Vec a) { _mm256_storeu_ps(p, a); }
/** Stores to aligned memory that is not read soon, past the caches; fence() ends a run of them. */
inline void stream(float* p, Vec a) { _mm256_stream_ps(p, a); }
inline void fence() { _mm_sfence(); }
/** Asks for the line to be brought to L2. */
inline void prefetch(const float* p) { _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1); }
inline Vec splat(float a) { return _mm256_set1_ps(a); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
inline Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
inline Vec sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
/** The second operand where either is NaN. */
inline Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
inline Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
inline Vec abs(Vec a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
inline float sum(Vec a) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}

inline Vec squareRoot(Vec a) { return _mm256_sqrt_ps(a); }
inline Vec quotient(Vec a, Vec b) { return _mm256_div_ps(a, b); }

/** yes where a > 0, else no (a NaN chooses no). */
inline Vec ifPositive(Vec a, Vec yes, Vec no) {
  return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_GT_OQ));
}
inline Vec ifLess(Vec a, Vec b, Vec yes, Vec no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
/** value where a is a number, else the NaN. */
inline Vec unlessNaN(Vec a, Vec value) { return _mm256_blendv_ps(value, a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q)); }
inline Vec nearest(Vec a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
inline Vec floor(Vec a) { return _mm256_floor_ps(a); }
/** Whole numbers as indices. */
inline void storeIndices(int* p, Vec a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_cvttps_epi32(a));
}
/** out[k] holds the k-th of the four floats at base + Stride * at[lane]. */
template <int Stride>
inline void gather4(const float* base, const int* at, Vec (&out)[4]) {
  Vec quad[4];
  for (int i = 0; i < 4; i++) {
    const auto part = [&](int lane) { return _mm_loadu_ps(base + static_cast<size_t>(Stride) * at[lane + i]); };
    quad[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(part(0)), part(4), 1);
  }
  const __m256d low01 = _mm256_castps_pd(_mm256_unpacklo_ps(quad[0], quad[1]));
  const __m256d low23 = _mm256_castps_pd(_mm256_unpacklo_ps(quad[2], quad[3]));
  const __m256d high01 = _mm256_castps_pd(_mm256_unpackhi_ps(quad[0], quad[1]));
  const __m256d high23 = _mm256_castps_pd(_mm256_unpackhi_ps(quad[2], quad[3]));
  out[0] = _mm256_castpd_ps(_mm256_unpacklo_pd(low01, low23));
  out[1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low01, low23));
  out[2] = _mm256_castpd_ps(_mm256_unpacklo_pd(high01, high23));
  out[3] = _mm256_castpd_ps(_mm256_unpackhi_pd(high01, high23));
}
/** No table is looked up in registers. */
constexpr int kTableEntries = 0;
inline Vec lookup(const float*, Vec index) { return index; }
/** a * 2^n for a whole n with -126 <= n <= 127. */
inline Vec scaleByPower(Vec a, Vec n) {
  const __m256i bits = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
  return _mm256_mul_ps(a, _mm256_castsi256_ps(bits));
}

}  // namespace PYRO_ISA
}  // namespace pyro
