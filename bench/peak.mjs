/**
 * How fast one core multiplies and adds at best: independent chains in registers, on the widest vectors and on 128-bit ones. Every other figure is
 * quoted as a fraction of these. It needs the native kernel's library; without it there is no peak.
 */
import { loadAddon } from '../packages/spatial-decoder/dist/native.js';

/** Rounds that take some tens of milliseconds: long enough for the clock speed to settle. */
const ROUNDS = 1e7;

/** A function that measures GFLOP/s once, by the processor's time, or nothing where there is no library. */
function peakMeter({ simd128 = false } = {}) {
  const addon = loadAddon();
  if (typeof addon === 'string') return undefined;
  const [isa] = addon.isas();
  return () => {
    const before = process.cpuUsage();
    const operations = addon.peak(isa, simd128, ROUNDS);
    return operations / process.cpuUsage(before).user / 1000;
  };
}

/** `peak` of the benchmark's JSON: GFLOP/s of a core. */
export function benchPeak({ repeats = 20 } = {}) {
  const best = (meter) => meter && Math.max(...Array.from({ length: repeats }, meter));
  return { fp32: best(peakMeter()), simd128: best(peakMeter({ simd128: true })) };
}
