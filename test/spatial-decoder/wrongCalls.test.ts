/** Direct calls of a kernel that do not fit, on every kernel: rejected before anything is read, and what was kept serves its own call only. */
import { SpatialDecoderError } from '@pyro-ts/spatial-decoder';
import type { HostKernel, Operands, Problem } from '@pyro-ts/spatial-decoder/internal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadWasm } from '../../packages/spatial-decoder/dist/wasm/wasmKernel.js';
import { kernels } from './kernels.js';
import { drawOperands, listed, plainDecoder, worstError } from './plainDecoder.js';

const problem: Problem = {
  ...{ rows: 3, pixels: 50, dims: 2, channels: 2, widths: [20, 33, 17] },
  ...{ firstActivation: 'tanh', activation: 'tanh' },
};
const { operands, upstream } = drawOperands(problem, 'wrong calls');
const [first, ...others] = operands.weights;

describe.each(kernels)('$name', ({ name, load }) => {
  let kernel: HostKernel;
  beforeAll(async () => {
    kernel = await load();
  });
  afterAll(() => kernel.dispose());

  it.each<[string, Partial<Problem>]>([
    ['rows must be a whole number from 0 to 1073741824, but is 1.5', { rows: 1.5 }],
    ['rows must be a whole number from 0 to 1073741824, but is -1', { rows: -1 }],
    ['pixels must be a whole number from 0 to 1073741824, but is NaN', { pixels: Number.NaN }],
    ['pixels must be a whole number from 0 to 1073741824, but is "50"', { pixels: '50' as never }],
    ['dims must be a whole number from 1 to ', { dims: 0 }],
    ['channels must be a whole number from 1 to 65536, but is 0', { channels: 0 }],
    ['a width must be a whole number from 1 to 65536, but is 3.5', { widths: [20, 3.5, 17] }],
    ['before its output, not 0', { widths: [] }],
    ['activation must be one of tanh, relu, leakyRelu, softplus, gelu, but is "sin"', { activation: 'sin' as never }],
    ['firstActivation must be one of', { firstActivation: undefined as never }],
    ['the grid has 100 numbers where the problem has 98', { pixels: 49 }],
  ])('sizes: %s', (message, changes) => rejected({ ...problem, ...changes }, operands, message));

  it.each<[string, Partial<Operands>]>([
    ['the grid has 98 numbers where the problem has 100', { grid: operands.grid.subarray(2) }],
    ['the pose has 119 numbers where the problem has 120', { pose: operands.pose.subarray(1) }],
    ['the code has 59 numbers where the problem has 60', { code: operands.code.subarray(1) }],
    ['the code has 61 numbers where the problem has 60', { code: new Float32Array(61) }],
    ['the code must be a Float32Array, but is a list', { code: [1, 2] as never }],
    ['the code must be a Float32Array, but is a list', { code: new Float64Array(60) as never }],
    ['the pose must be a Float32Array, but is undefined', { pose: undefined as never }],
    ['a weight has 34 numbers where the problem has 660', { weights: [...operands.weights].reverse() }],
    ['there are 2 weights and 3 biases where the problem has 3 of each', { weights: others }],
    ['there are 4 weights and 3 biases', { weights: [first, ...operands.weights] }],
    ['a bias has 17 numbers where the problem has 33', { biases: [...operands.biases.slice(1), operands.biases[0]] }],
  ])('arrays: %s', (message, changes) => rejected(problem, { ...operands, ...changes }, message));

  function rejected(wrong: Problem, given: Operands, message: string): void {
    for (const run of [() => kernel.forward(wrong, given, true), () => kernel.backward(wrong, given, upstream)]) {
      expect(run).toThrow(SpatialDecoderError);
      expect(run).toThrow(message);
      expect(run).toThrow(/^(wasm|native) kernel: /);
    }
  }

  it('an output and an upstream gradient of another length', () => {
    const output = new Float32Array(299);
    expect(() => kernel.forward(problem, operands, false, output)).toThrow('the output has 299 numbers where the');
    expect(() => kernel.backward(problem, operands, upstream.subarray(2))).toThrow('the upstream gradient has 298');
    expect(() => kernel.backward(problem, operands, new Float32Array(301))).toThrow('the upstream gradient has 301');
    expect(() => kernel.backward(problem, operands, undefined as never)).toThrow('gradient must be a Float32Array');
    expect(() => kernel.forward(problem, operands, false, [0] as never)).toThrow('the output must be a Float32Array');
  });

  const one: Problem = { ...problem, rows: 1, pixels: 3 };
  const deep = (layers: number): Problem => ({ ...one, widths: Array.from({ length: layers }, () => 3) });

  it.each<[string, Problem, string?]>([
    ['256 layers', deep(256)],
    ['256 coordinates', { ...one, dims: 256 }],
    [
      '257 layers',
      deep(257),
      'must have 1 to 256 layers before its output, not 257; the kernel "wasm" takes any number',
    ],
    ['257 coordinates', { ...one, dims: 257 }, 'whole number from 1 to 256, but is 257; the kernel "wasm" takes more'],
  ])('%s: computed, or the kernel named that does', (_, big, words) => {
    const drawn = drawOperands(big, 'big');
    const run = () => kernel.backward(big, drawn.operands, drawn.upstream);
    if (words && name.startsWith('native')) return expect(run).toThrow(words);
    const expected = plainDecoder(big, drawn.operands, drawn.upstream);
    expect(worstError(listed(run()), listed(expected) as Float64Array[])).toBeLessThan(2e-5);
  });

  it.each<[string, Partial<Problem>]>([
    ['activation', { activation: 'relu' }],
    ['number of rows', { rows: 2 }],
    ['number of pixels', { pixels: 25 }],
  ])('what was kept for another %s is rejected', (_, changes) => {
    const { saved } = kernel.forward(problem, operands, true);
    const other = { ...problem, ...changes };
    const drawn = drawOperands(other, 'other');
    expect(saved).toBeDefined();
    expect(() => kernel.backward(other, drawn.operands, drawn.upstream, saved)).toThrow(
      'the saved activations are those of another call. Pass what',
    );
    saved?.release();
  });

  it('what another kernel kept is rejected', async () => {
    const another = await load();
    const { saved } = another.forward(problem, operands, true);
    expect(() => kernel.backward(problem, operands, upstream, saved)).toThrow('those of another call');
    another.dispose();
  });

  it('what was released is computed again', () => {
    const { saved } = kernel.forward(problem, operands, true);
    saved?.release();
    // Takes the memory that was given back.
    const next = kernel.forward(problem, drawOperands(problem, 'next').operands, true);
    const gradients = listed(kernel.backward(problem, operands, upstream, saved));
    const expected = listed(plainDecoder(problem, operands, upstream));
    expect(worstError(gradients, expected)).toBeLessThan(4e-6);
    next.saved?.release();
  });

  it('a second release gives nothing back', async () => {
    const small = await load({ budget: 4 * 2 ** 20 });
    const large: Problem = { ...problem, rows: 40, pixels: 2304, widths: [32, 64, 64] };
    const drawn = drawOperands(large, 'budget');
    const keptBy = () => small.forward(large, drawn.operands, true).saved;
    const saved = keptBy();
    expect(saved).toBeDefined();
    saved?.release();
    saved?.release();
    expect(keptBy()).toBeDefined();
    expect(keptBy()).toBeUndefined();
    small.dispose();
  });
});

describe.each(kernels)('options of $name', ({ name, load }) => {
  it.each([0.3, 1e6 + 0.5, 1e30, Number.POSITIVE_INFINITY])('a budget of %d bytes is one', async (budget) => {
    const kernel = await load({ budget });
    expect(kernel.forward(problem, operands, true).saved !== undefined).toBe(budget > 1);
    kernel.dispose();
  });

  it.each([
    [{ budget: -1 }, 'budget is -1; give 0 (always recompute) or more, a number of bytes.'],
    [{ budget: '12' }, 'budget is "12"; give 0'],
    [{ threads: 0 }, 'threads must be at least 1 and at most'],
    [{ threads: 2000 }, 'a whole number, but is 2000.'],
    [{ threads: undefined }, 'a whole number, but is undefined.'],
  ])('%j is rejected', async (options, message) => {
    const loading = load(options as never);
    await expect(loading).rejects.toThrow(SpatialDecoderError);
    await expect(loading).rejects.toThrow(`${name.split(' ')[0]} kernel: `);
    await expect(loading).rejects.toThrow(message);
  });

  it('no thread is left once it was disposed of, and the error suggests a fix', async () => {
    const kernel = await load({ threads: 2 });
    expect(kernel.threads).toBe(2);
    kernel.dispose();
    kernel.dispose();
    expect(kernel.threads).toBe(0);
    for (const run of [
      () => kernel.forward(problem, operands, false),
      () => kernel.backward(problem, operands, upstream),
    ]) {
      expect(run).toThrow(
        new SpatialDecoderError('This kernel was disposed of. Select a new one with selectKernel().'),
      );
    }
  });
});

describe('loadWasm', () => {
  it('rejects unknown options, and says that it does not round to bfloat16', async () => {
    const options = { threads: 1, budget: 0 };
    await expect(loadWasm({ ...options, fuse: false } as never)).rejects.toThrow(
      'loadWasm: option "fuse" does not exist. Did you mean "fused"?',
    );
    expect(await loadWasm({ ...options, precision: 'bfloat16' })).toEqual({ reason: 'it computes in float32 only' });
  });
});
