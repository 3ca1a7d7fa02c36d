/**
 * How fast one core multiplies and adds at best: independent chains in registers, on the widest vectors and on 128-bit ones. Every other figure is
 * quoted as a fraction of these. The native kernel's library measures both; without it a WebAssembly module does, on 128-bit vectors alone.
 */
import { fileURLToPath } from 'node:url';
import { compileSimd } from '../packages/engine/dist/wasm/compile.js';
import { loadAddon } from '../packages/spatial-decoder/dist/native.js';
import { compileVariants } from '../scripts/build-wasm.mjs';

/** Rounds that take some tens of milliseconds: long enough for the clock speed to settle. */
const ROUNDS = 1e7;

/** GFLOP/s, the best of `repeats`: other work on the machine only ever slows one down. `work` does so many rounds and returns how many operations they were. */
function measure(work, { repeats, rounds }) {
  const rates = Array.from({ length: repeats }, () => {
    const start = performance.now();
    const operations = work(rounds);
    return operations / (performance.now() - start) / 1e6;
  });
  return Math.max(...rates);
}

/**
 * `peak` of the benchmark's JSON: GFLOP/s of a core in float32 and 128-bit float32, and in bfloat16 where the processor has AMX; `by` says which kernel's
 * code measured it.
 */
export async function benchPeak({ repeats = 21, rounds = ROUNDS, addon = loadAddon() } = {}) {
  const all = { repeats, rounds };
  if (typeof addon === 'string') {
    const { peak, fused } = await wasmLoop();
    await optimised(() => peak(rounds / 100));
    return { simd128: measure(peak, all), by: fused ? 'wasm' : 'wasm without fused multiply-add' };
  }
  const isas = addon.isas();
  return {
    fp32: measure((n) => addon.peak(isas[0], false, n), all),
    simd128: measure((n) => addon.peak(isas[0], true, n), all),
    ...(isas.includes('amx') && {
      bfloat16: measure((n) => addon.peak('amx', false, n), { repeats, rounds: rounds / 10 }),
    }),
    by: 'native',
  };
}

/** Calls `work` until the JavaScript engine has compiled it at its best, which it does on another thread after some calls. */
async function optimised(work) {
  for (let call = 0; call < 50; call++) {
    work();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The loop of assembly/, compiled as our kernels are. */
async function wasmLoop() {
  const home = fileURLToPath(new URL('.', import.meta.url));
  const variants = { simd: 'simd', relaxedSimd: 'simd,relaxed-simd' };
  const { module, fused } = await compileSimd(
    await compileVariants({ what: 'The measurement of the peak', home, variants, options: '' }),
  );
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const peak = (rounds) => {
    exports.peak(rounds);
    return rounds * exports.operations();
  };
  return { peak, fused };
}
