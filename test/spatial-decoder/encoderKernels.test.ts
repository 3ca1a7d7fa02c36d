/** Direct calls of a kernel's encoder: the same bits on any number of threads, kept activations within the budget, and errors for wrong calls. */
import { SpatialDecoderError } from '@pyro-ts/spatial-decoder';
import type { EncoderKernel, EncoderOperands, EncoderProblem, HostKernel } from '@pyro-ts/spatial-decoder/internal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encoderSelfCheck } from '../../packages/spatial-decoder/dist/encoder/selfCheck.js';
import { base, drawEncoder, listedEncoder } from './encoderProblems.js';
import { kernels } from './kernels.js';

const { operands, upstream } = drawEncoder(base);

describe.each(kernels)('$name', ({ load }) => {
  let kernel: HostKernel;
  beforeAll(async () => {
    kernel = await load();
  });
  afterAll(() => kernel.dispose());

  it('gives the same bits on 1, 2 and 5 threads, whatever the budget', async () => {
    const problem: EncoderProblem = { ...base, images: 43, height: 16, width: 16, features: 20 };
    const drawn = drawEncoder(problem);
    const pass = async (options: { threads: number; budget?: number }) => {
      const other = await load(options);
      const { output, saved } = other.encoder!.forward(problem, drawn.operands, true);
      const gradients = other.encoder!.backward(problem, drawn.operands, drawn.upstream, true, saved);
      expect(saved !== undefined).toBe(options.budget !== 0);
      saved?.release();
      other.dispose();
      return [output, ...listedEncoder(gradients)];
    };
    const first = await pass({ threads: 1 });
    expect(await pass({ threads: 2 })).toEqual(first);
    expect(await pass({ threads: 5, budget: 0 })).toEqual(first);
  });

  it.each<[string, Partial<EncoderProblem>]>([
    ['images must be an integer from 0 to 1073741824; got 1.5', { images: 1.5 }],
    ['height must be an integer from 1 to 65536; got 0', { height: 0 }],
    ['features must be an integer from 1 to 65536; got "5"', { features: '5' as never }],
    ['the number of blocks must be an integer from 1 to 16; got 0', { blocks: [] }],
    ['the side of a filter must be odd; got 4', { blocks: [{ side: 4, outputs: 3 }] }],
    ['the images must have 780 numbers; got 520', { images: 2 }],
    ['filters must have one array for each of 1 blocks; got 3', { blocks: [{ side: 5, outputs: 3 }] }],
  ])('sizes: %s', (message, changes) => {
    if (message.startsWith('the images')) changes = { ...changes, images: 3 };
    const given = message.startsWith('the images') ? { ...operands, images: operands.images.subarray(260) } : operands;
    rejects({ ...base, ...changes }, given, message);
  });

  it.each<[string, Partial<EncoderOperands>]>([
    ['the images must be a Float32Array; got a list', { images: [1] as never }],
    ['a filter must have 150 numbers; got 189', { filters: [operands.filters[1], ...operands.filters.slice(1)] }],
    ['a gain must have 3 numbers; got 7', { gains: [operands.gains[1], ...operands.gains.slice(1)] }],
    ['biases must have one array for each of 3 blocks; got 2', { biases: operands.biases.slice(1) }],
    ['the dense weight must have 120 numbers; got 119', { dense: operands.dense.subarray(1) }],
    ['the dense bias must be a Float32Array; got undefined', { denseBias: undefined as never }],
  ])('arrays: %s', (message, changes) => rejects(base, { ...operands, ...changes }, message));

  function rejects(problem: EncoderProblem, given: EncoderOperands, message: string): void {
    for (const run of [
      () => kernel.encoder!.forward(problem, given, true),
      () => kernel.encoder!.backward(problem, given, upstream, false),
    ]) {
      expect(run).toThrow(SpatialDecoderError);
      expect(run).toThrow(message);
    }
  }

  it('an output and an upstream gradient of another length', () => {
    const encoder = kernel.encoder!;
    expect(() => encoder.forward(base, operands, false, new Float32Array(14))).toThrow(
      'the output must have 15 numbers',
    );
    expect(() => encoder.backward(base, operands, upstream.subarray(1), false)).toThrow(
      'the upstream gradient must have',
    );
  });

  it('rejects what was kept for another problem, and recomputes what was released', () => {
    const encoder = kernel.encoder!;
    const { saved } = encoder.forward(base, operands, true);
    const smaller = { ...base, images: 2 };
    const drawn = drawEncoder(smaller);
    expect(() => encoder.backward(smaller, drawn.operands, drawn.upstream, false, saved)).toThrow('of another call');
    const expected = listedEncoder(encoder.backward(base, operands, upstream, true, saved));
    saved?.release();
    saved?.release();
    expect(listedEncoder(encoder.backward(base, operands, upstream, true, saved))).toEqual(expected);
  });

  it('a NaN stays in its image and reaches the sums', () => {
    const images = Float32Array.from(operands.images);
    images[300] = Number.NaN;
    const changed = { ...operands, images };
    const { output } = kernel.encoder!.forward(base, changed, false);
    const { filters } = kernel.encoder!.backward(base, changed, upstream, false);
    expect([0, 1, 2].map((n) => output.subarray(5 * n, 5 * n + 5).some(Number.isNaN))).toEqual([false, true, false]);
    expect(filters.every((values) => values.some(Number.isNaN))).toBe(true);
  });

  it('says so once it was disposed', async () => {
    const gone = await load();
    gone.dispose();
    expect(() => gone.encoder!.forward(base, operands, false)).toThrow('This kernel was disposed of');
    expect(() => gone.encoder!.backward(base, operands, upstream, false)).toThrow('This kernel was disposed of');
  });
});

describe('encoderSelfCheck', () => {
  it.each(kernels)('finds nothing in $name', async ({ load }) => {
    const kernel = await load({ threads: 2 });
    expect(encoderSelfCheck(kernel.encoder!)).toBeUndefined();
    kernel.dispose();
  });

  it('finds an output and a gradient that are wrong, kept or recomputed', async () => {
    const kernel = await kernels[0].load();
    const right = kernel.encoder!;
    const forward: EncoderKernel['forward'] = (...args) => {
      const result = right.forward(...args);
      result.output[3] += 0.01;
      return result;
    };
    expect(encoderSelfCheck({ forward, backward: (...args) => right.backward(...args) })).toMatch(
      /its encoder failed the self-check \(an output is off by 0\.0/,
    );
    const backward: EncoderKernel['backward'] = (problem, given, up, withImages, saved) => {
      const gradients = right.backward(problem, given, up, withImages, saved);
      if (!saved) gradients.filters[1][5] += 1;
      return gradients;
    };
    expect(encoderSelfCheck({ forward: (...args) => right.forward(...args), backward })).toMatch(
      /a slope is .* instead/,
    );
    kernel.dispose();
  });
});
