/** What the tests of the native kernel share: loading one, a pass through it, and the same pass by the definition. */
import type { HostKernel, Problem } from '@pyro-ts/spatial-decoder/internal';
import { afterAll } from 'vitest';
import { loadAddon, loadNative, type NativeOptions } from '../../packages/spatial-decoder/dist/native.js';
import { drawOperands, listed, plainDecoder } from './plainDecoder.js';

const addon = loadAddon();
/** Instruction sets that this machine runs. */
export const isas = typeof addon === 'string' ? [] : addon.isas();
const open: HostKernel[] = [];
afterAll(() => {
  for (const kernel of open) kernel.dispose();
});

/** A kernel that is disposed of at the end of the test file. */
export function load(options: Partial<NativeOptions> = {}): HostKernel {
  const loaded = loadNative({ threads: 1, budget: 2 ** 28, ...options });
  if ('reason' in loaded) throw new Error(loaded.reason);
  open.push(loaded.kernel);
  return loaded.kernel;
}

/** One forward and backward pass on drawn operands; everything in one list, the output first. */
export function pass(kernel: HostKernel, problem: Problem, keep = true, seed = 'native') {
  const { operands, upstream } = drawOperands(problem, seed);
  const { output, saved } = kernel.forward(problem, operands, keep);
  const gradients = kernel.backward(problem, operands, upstream, saved);
  saved?.release();
  return [output, ...listed(gradients)];
}

/** The same by the definition. */
export function expected(problem: Problem, seed = 'native', operand = (value: number) => value): Float64Array[] {
  const { operands, upstream } = drawOperands(problem, seed);
  const decoded = plainDecoder(problem, operands, upstream, operand);
  return [decoded.output, ...listed(decoded)];
}
