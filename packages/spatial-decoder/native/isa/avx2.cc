// The tile passes compiled for one instruction set. The build gives this file its flags; nothing in it may use inline
// functions of the standard library, which the linker could then share with files for lesser processors.
#define PYRO_ISA avx2
#include "../simd/avx2.h"
#include "../simd/tile.h"

namespace pyro {
const Isa& avx2Isa() { return avx2::makeIsa("avx2"); }
}  // namespace pyro
