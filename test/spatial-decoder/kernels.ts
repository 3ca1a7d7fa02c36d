/** Every way to compute the decoder that runs on this machine, so that one suite holds for all. */

import { type SpatialDecoderInputs, spatialDecoder } from '@pyro-ts/spatial-decoder';
import type { HostKernel, Problem } from '@pyro-ts/spatial-decoder/internal';
import { onHost } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import { loadAddon, loadNative } from '../../packages/spatial-decoder/dist/native.js';
import { loadWasm } from '../../packages/spatial-decoder/dist/wasm/wasmKernel.js';
import { drawOperands } from './plainDecoder.js';

export interface Candidate {
  readonly name: string;
  /** Absent for the reference. `budget` in bytes. */
  readonly load?: (options?: { threads?: number; budget?: number }) => Promise<HostKernel>;
}

const budget = 2 ** 28;
const addon = loadAddon();

/** AMX multiplies in bfloat16: native.test.ts holds it to a definition that rounds alike. */
const float32 = typeof addon === 'string' ? [] : addon.isas().filter((isa) => (isa as string) !== 'amx');

const native = float32.map((isa) => ({
  name: `native ${isa}`,
  load: async (options = {}) => unwrap(loadNative({ threads: 1, budget, isa, ...options })),
}));

export const kernels: readonly Required<Candidate>[] = [
  { name: 'wasm', load: async (options = {}) => unwrap(await loadWasm({ threads: 1, budget, ...options })) },
  {
    name: 'wasm without fused multiply-add',
    load: async (options = {}) => unwrap(await loadWasm({ threads: 1, budget, fused: false, ...options })),
  },
  ...native,
];

export const candidates: readonly Candidate[] = [{ name: 'reference' }, ...kernels];

function unwrap(loaded: { kernel: HostKernel } | { reason: string }): HostKernel {
  if ('reason' in loaded) throw new Error(loaded.reason);
  return loaded.kernel;
}

/** Names of what `pass` returns, for a problem of `layers` layers after the coordinate layer. */
export const namesOf = (layers: number): string[] => [
  ...['output', 'pose', 'code'],
  ...Array.from({ length: layers }, (_, l) => `weight ${l}`),
  ...Array.from({ length: layers }, (_, l) => `bias ${l}`),
];

/** The operation on drawn operands: its output, then the gradients of sum(upstream * output) to pose, code, weights and biases. */
export function pass(problem: Problem, kernel: HostKernel | undefined, seed = 'conformance'): Float32Array[] {
  const { operands, upstream } = drawOperands(problem, seed);
  return passOn(problem, kernel, operands, upstream);
}

type Drawn = ReturnType<typeof drawOperands>;

export function passOn(
  problem: Problem,
  kernel: HostKernel | undefined,
  operands: Drawn['operands'],
  upstream: Float32Array,
): Float32Array[] {
  const { rows, pixels, dims, channels, widths, activation, firstActivation } = problem;
  const ends = [...widths, channels];
  return tf.tidy(() => {
    const grid = tf.tensor2d(operands.grid, [pixels, dims]);
    const up = tf.tensor3d(upstream, [rows, pixels, channels]);
    const differentiated = [
      tf.tensor3d(operands.pose, [rows, widths[0], dims]),
      tf.tensor2d(operands.code, [rows, widths[0]]),
      ...operands.weights.map((w, l) => tf.tensor2d(w, [ends[l], ends[l + 1]])),
      ...operands.biases.map((b) => tf.tensor1d(b)),
    ];
    let output: Float32Array | undefined;
    const gradients = tf.grads((...args) => {
      const inputs = inputsOf(grid, args);
      const y = spatialDecoder(inputs, { activation, firstActivation, ...(kernel && { kernel: onHost(kernel) }) });
      output = y.dataSync<'float32'>();
      return tf.sum(tf.mul(y, up));
    })(differentiated);
    return [output!, ...gradients.map((g) => g.dataSync<'float32'>())];
  });
}

/** [pose, code, ...weights, ...biases] as the operation takes them. */
export function inputsOf(grid: tf.Tensor2D, [pose, code, ...layers]: tf.Tensor[]): SpatialDecoderInputs {
  const all = layers.slice(0, layers.length / 2).map((weight, l) => ({
    weight: weight as tf.Tensor2D,
    bias: layers[layers.length / 2 + l] as tf.Tensor1D,
  }));
  return { grid, pose: pose as tf.Tensor3D, code: code as tf.Tensor2D, hidden: all.slice(0, -1), output: all.at(-1)! };
}
