/**
 * How fast one core multiplies and adds at best: independent chains in registers, on the widest vectors and on 128-bit ones. Every other figure is
 * quoted as a fraction of these. It needs the native kernel's library; without it there is no peak.
 */
import { loadAddon } from '../packages/spatial-decoder/dist/native.js';

/** Rounds that take some tens of milliseconds: long enough for the clock speed to settle. */
const ROUNDS = 1e7;

/** GFLOP/s by the processor's time, several times: the middle one, since other work on the machine can move a single one either way. */
function measure(addon, isa, simd128, repeats) {
  const rates = Array.from({ length: repeats }, () => {
    const before = process.cpuUsage();
    const operations = addon.peak(isa, simd128, isa === 'amx' ? ROUNDS / 10 : ROUNDS);
    return operations / process.cpuUsage(before).user / 1000;
  });
  return rates.sort((a, b) => a - b)[Math.floor(repeats / 2)];
}

/** `peak` of the benchmark's JSON: GFLOP/s of a core in float32 and 128-bit float32, and in bfloat16 where the processor has AMX. */
export function benchPeak({ repeats = 21 } = {}) {
  const addon = loadAddon();
  if (typeof addon === 'string') return {};
  const isas = addon.isas();
  return {
    fp32: measure(addon, isas[0], false, repeats),
    simd128: measure(addon, isas[0], true, repeats),
    ...(isas.includes('amx') && { bfloat16: measure(addon, 'amx', false, repeats) }),
  };
}
