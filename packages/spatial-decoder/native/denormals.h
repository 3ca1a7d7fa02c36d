// Numbers below 1e-38 count as zero while the kernel works: processors take a hundred times as long over them.
#pragma once
#include <cstdint>
#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#elif defined(_M_ARM64)
#include <intrin.h>
#endif

namespace pyro {

/** Sets the calling thread's arithmetic so, and back at the end of its scope. */
class DenormalsAreZero {
 public:
  DenormalsAreZero() : before_(get()) { set(before_ | kFlags); }
  ~DenormalsAreZero() { set(before_); }
  DenormalsAreZero(const DenormalsAreZero&) = delete;
  DenormalsAreZero& operator=(const DenormalsAreZero&) = delete;

 private:
#if defined(__x86_64__) || defined(_M_X64)
  /** Flush results to zero, and take operands as zero. */
  static constexpr uint64_t kFlags = 0x8040;
  static uint64_t get() { return _mm_getcsr(); }
  static void set(uint64_t state) { _mm_setcsr(static_cast<unsigned>(state)); }
#elif defined(_M_ARM64)
  static constexpr uint64_t kFlags = uint64_t{1} << 24;
  static uint64_t get() { return _ReadStatusReg(ARM64_FPCR); }
  static void set(uint64_t state) { _WriteStatusReg(ARM64_FPCR, state); }
#elif defined(__aarch64__)
  static constexpr uint64_t kFlags = uint64_t{1} << 24;
  static uint64_t get() {
    uint64_t state;
    __asm__ volatile("mrs %0, fpcr" : "=r"(state));
    return state;
  }
  static void set(uint64_t state) { __asm__ volatile("msr fpcr, %0" : : "r"(state)); }
#else
  static constexpr uint64_t kFlags = 0;
  static uint64_t get() { return 0; }
  static void set(uint64_t) {}
#endif
  const uint64_t before_;
};

}  // namespace pyro
