#include "isa.h"

#include <cstring>
#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace pyro {

namespace {
#if defined(__x86_64__) || defined(_M_X64)
struct Registers {
  unsigned a, b, c, d;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
  Registers r{};
#if defined(_MSC_VER)
  int out[4];
  __cpuidex(out, static_cast<int>(leaf), static_cast<int>(subleaf));
  r = {static_cast<unsigned>(out[0]), static_cast<unsigned>(out[1]), static_cast<unsigned>(out[2]),
       static_cast<unsigned>(out[3])};
#else
  __cpuid_count(leaf, subleaf, r.a, r.b, r.c, r.d);
#endif
  return r;
}

/** Which registers the system saves for a thread. */
unsigned long long savedRegisters() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<unsigned long long>(high) << 32) | low;
#endif
}

bool has(unsigned word, int bit) { return (word >> bit) & 1; }

bool hasAvx2() {
  const Registers one = cpuid(1, 0), seven = cpuid(7, 0);
  const bool fma = has(one.c, 12), osxsave = has(one.c, 27);
  return fma && osxsave && has(seven.b, 5) && (savedRegisters() & 0x6) == 0x6;
}

/** AVX-512 F, DQ, BW and VL, and the system saves their registers. */
bool hasAvx512() {
  if (!hasAvx2()) return false;
  const Registers seven = cpuid(7, 0);
  return has(seven.b, 16) && has(seven.b, 17) && has(seven.b, 30) && has(seven.b, 31) &&
         (savedRegisters() & 0xe6) == 0xe6;
}

/** The tile registers and their bfloat16 product, AVX-512's conversions to bfloat16, and the system saves the tiles. */
bool hasAmx() {
  if (!hasAvx512()) return false;
  const unsigned tileState = 0x60000;
  return has(cpuid(7, 0).d, 22) && has(cpuid(7, 0).d, 24) && has(cpuid(7, 1).a, 5) &&
         (savedRegisters() & tileState) == tileState;
}
#endif
}  // namespace

const Isa* findIsa(const char* name) {
  const auto asked = [&](const char* candidate) { return !name || strcmp(name, candidate) == 0; };
#if defined(__x86_64__) || defined(_M_X64)
  if (asked("avx512") && hasAvx512()) return &avx512Isa();
  // Never unasked: it rounds operands to bfloat16.
  if (name && asked("amx") && hasAmx()) return amxIsa();
  if (asked("avx2") && hasAvx2()) return &avx2Isa();
#endif
#if defined(__aarch64__) || defined(_M_ARM64)
  if (asked("neon")) return &neonIsa();
#endif
  return asked("scalar") ? &scalarIsa() : nullptr;
}

}  // namespace pyro
