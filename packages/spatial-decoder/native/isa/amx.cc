// Bfloat16 operands on AMX's tile registers, everything else as with AVX-512. Where the compiler does not know AMX, or
// the system gives no permission, there is none. As in its neighbours: no inline functions of the standard library.
#include "isa.h"

#if defined(__linux__) && (defined(__AMX_BF16__) || defined(__AMXBF16__)) && defined(__AVX512BF16__)
#include <sys/syscall.h>
#include <unistd.h>

#define PYRO_ISA amx
#include "../simd/avx512.h"
#include "../bfloat16/tile.h"

namespace pyro {

const Isa* amxIsa() {
  // Linux lends the tile registers to a process that asks for them.
  constexpr int kRequest = 0x1023, kTileData = 18;
  static const bool lent = syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
  static const Isa isa{"amx",
                       bfloat16Layout(),
                       amx::forwardTile,
                       amx::backwardTile,
                       {amx::multiplyTiles, amx::kTileOperations},
                       amx::peakRate<amx::Simd128>(),
                       avx512Isa().encoder,
                       avx512Isa().templates,
                       avx512Isa().loops};
  return lent ? &isa : nullptr;
}

}  // namespace pyro

#else

namespace pyro {
const Isa* amxIsa() { return nullptr; }
}  // namespace pyro

#endif
