// The tile passes compiled for one instruction set. The build gives this file its flags; nothing in it may use inline
// functions of the standard library, which the linker could then share with files for lesser processors.
#define PYRO_ISA scalar
#include "../simd/scalar.h"
#include "../simd/tile.h"

namespace pyro {
const Isa& scalarIsa() { return scalar::makeIsa("scalar"); }
}  // namespace pyro
