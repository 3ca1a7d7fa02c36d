// One float at a time: for processors without the vector instructions above, and to test the others against.
#pragma once
#include <math.h>
#include <stddef.h>

namespace pyro {
namespace PYRO_ISA {

using Vec = float;
constexpr int kLanes = 1;
constexpr int kPanelVectors = 4;
constexpr int kTileRows = 3;

inline Vec load(const float* p) { return *p; }
inline void store(float* p, Vec a) { *p = a; }
/** Stores to memory that is not read soon. */
inline void stream(float* p, Vec a) { *p = a; }
inline void fence() {}
/** Asks for the line to be brought to L2. */
inline void prefetch(const float* p) { (void)p; }
inline Vec splat(float a) { return a; }
inline Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
inline Vec add(Vec a, Vec b) { return a + b; }
inline Vec sub(Vec a, Vec b) { return a - b; }
inline Vec mul(Vec a, Vec b) { return a * b; }
/** The second operand where either is NaN. */
inline Vec min(Vec a, Vec b) { return a < b ? a : b; }
inline Vec max(Vec a, Vec b) { return a > b ? a : b; }
inline Vec abs(Vec a) { return fabsf(a); }
inline float sum(Vec a) { return a; }

inline Vec squareRoot(Vec a) { return sqrtf(a); }
inline Vec quotient(Vec a, Vec b) { return a / b; }

/** yes where a > 0, else no (a NaN chooses no). */
inline Vec ifPositive(Vec a, Vec yes, Vec no) { return a > 0 ? yes : no; }
inline Vec ifLess(Vec a, Vec b, Vec yes, Vec no) { return a < b ? yes : no; }
/** value where a is a number, else the NaN. */
inline Vec unlessNaN(Vec a, Vec value) { return a == a ? value : a; }
inline Vec nearest(Vec a) { return nearbyintf(a); }
inline Vec floor(Vec a) { return floorf(a); }
/** Whole numbers as indices. */
inline void storeIndices(int* p, Vec a) { *p = static_cast<int>(a); }
/** out[k] holds the k-th of the four floats at base + Stride * at[lane]. */
template <int Stride>
inline void gather4(const float* base, const int* at, Vec (&out)[4]) {
  for (int k = 0; k < 4; k++) out[k] = base[static_cast<size_t>(Stride) * at[0] + k];
}
/** No table is looked up in registers. */
constexpr int kTableEntries = 0;
inline Vec lookup(const float*, Vec index) { return index; }
/** a * 2^n for a whole n with -126 <= n <= 127. */
inline Vec scaleByPower(Vec a, Vec n) { return n == n ? ldexpf(a, static_cast<int>(n)) : n; }

}  // namespace PYRO_ISA
}  // namespace pyro
