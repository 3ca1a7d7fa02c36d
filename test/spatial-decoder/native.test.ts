/** The native kernel against the definition, on every instruction set that this machine runs. */
import { activations, type Problem } from '@pyro-ts/spatial-decoder';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addon, base, expected, isas, load, pass } from './nativeKernels.js';
import { drawOperands, toBfloat16, worstError } from './plainDecoder.js';

describe('where it must be', () => {
  it('is there where a compiler is, unless it was built without on purpose', async () => {
    const compilers = new URL('../../scripts/lib/compilers.mjs', import.meta.url).href;
    const { findCompiler } = (await import(compilers)) as { findCompiler(): Promise<object | undefined> };
    const compiler = process.env.PYRO_NATIVE === 'off' ? undefined : await findCompiler();
    expect(addon).toBeTypeOf(compiler ? 'object' : typeof addon);
    if (compiler) expect(isas.length).toBeGreaterThan(0);
  });
});

describe.each(isas)('%s', (isa) => {
  const kernel = load({ isa });
  /** With bfloat16 the definition rounds the same operands; a float32 sum at the border of two still falls to either now and then. */
  const rounding = isa === 'amx' ? toBfloat16 : undefined;
  /** Float32 sums of up to a few thousand terms of order 1. */
  const close = isa === 'amx' ? 4e-3 : 3e-6;
  const exact = isa === 'amx' ? 4e-3 : 1e-6;
  const error = (problem: Problem, keep = true, seed = 'native') =>
    worstError(pass(kernel, problem, keep, seed), expected(problem, seed, rounding));

  it.each(activations)('%s everywhere: values and gradients', (activation) => {
    const problem: Problem = { ...base, firstActivation: activation, activation };
    expect(error(problem)).toBeLessThan(close);
  });

  it.each<[string, Partial<Problem>]>([
    ['one pixel of one image', { rows: 1, pixels: 1 }],
    ['one pixel of many images', { rows: 300, pixels: 1 }],
    ['rows that end within a tile', { rows: 5, pixels: 77 }],
    ['a row over many tiles', { rows: 1, pixels: 1500, widths: [5, 6] }],
    ['no hidden layer', { widths: [30] }],
    ['one unit a layer', { widths: [1, 1, 1, 1], activation: 'leakyRelu' }],
    ['widths of whole vectors', { widths: [64, 32, 96] }],
    ['a wide layer beside a narrow one', { widths: [3, 200, 2, 70] }],
    ['two channels', { channels: 2 }],
    ['four channels', { channels: 4 }],
    ['five channels', { channels: 5 }],
    ['forty channels', { channels: 40, activation: 'softplus' }],
    ['one dimension', { dims: 1 }],
    ['five dimensions', { dims: 5 }],
    ['different activations', { firstActivation: 'gelu', activation: 'relu' }],
  ])('%s', (_, sizes) => {
    const problem = { ...base, ...sizes };
    expect(error(problem)).toBeLessThan(close);
  });

  it('agrees on sizes that nobody chose', () => {
    const upTo = (most: number) => fc.integer({ min: 1, max: most });
    const problems = fc.record({
      ...{ rows: upTo(6), pixels: upTo(60), dims: upTo(3), channels: upTo(7) },
      widths: fc.array(upTo(50), { minLength: 1, maxLength: 4 }),
      ...{ firstActivation: fc.constantFrom(...activations), activation: fc.constantFrom(...activations) },
    });
    fc.assert(
      fc.property(problems, fc.boolean(), (problem, keep) => {
        expect(error(problem, keep, 'any')).toBeLessThan(close);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('does not depend on threads, nor on what is kept', () => {
    const problem: Problem = { ...base, rows: 7, pixels: 700, widths: [24, 40, 24] };
    const first = pass(load({ isa, threads: 1 }), problem);
    for (const options of [
      { threads: 2 },
      { threads: 3, budget: 0 },
      { threads: 9 },
      { threads: 2, budget: 500_000 },
    ]) {
      const again = pass(load({ isa, ...options }), problem);
      expect(again.map((values, i) => Buffer.compare(bytes(values), bytes(first[i])))).toEqual(first.map(() => 0));
    }
  });

  it.each(activations)('%s of large, infinite and undefined inputs', (activation) => {
    const problem: Problem = {
      rows: 7,
      pixels: 1,
      dims: 1,
      channels: 1,
      widths: [1],
      activation,
      firstActivation: activation,
    };
    const { operands } = drawOperands(problem, 'x');
    const inputs = [100, 3e38, -100, -3e38, Number.POSITIVE_INFINITY, Number.NaN, 0];
    const ones = {
      ...operands,
      ...{ grid: Float32Array.of(0), pose: operands.pose.map(() => 0), code: Float32Array.from(inputs) },
      ...{ weights: [Float32Array.of(1)], biases: [Float32Array.of(0)] },
    };
    const { output } = kernel.forward(problem, ones, false);
    const low = activation === 'tanh' ? -1 : 0;
    const high = (x: number) => (activation === 'tanh' ? 1 : x);
    const leak = activation === 'leakyRelu' ? 0.01 : 0;
    const wanted = [
      high(100),
      high(3e38),
      low - leak * 100,
      low - leak * 3e38,
      high(Number.POSITIVE_INFINITY),
      Number.NaN,
    ];
    [...wanted, activation === 'softplus' ? Math.LN2 : 0].forEach((value, i) => {
      if (Number.isFinite(value))
        expect(Math.abs(output[i] - value)).toBeLessThanOrEqual(exact * Math.max(1, Math.abs(value)));
      else expect(output[i]).toBe(value);
    });
    const { code } = kernel.backward(
      problem,
      ones,
      Float32Array.from(inputs, () => 1),
    );
    const slopes = { tanh: [0, 0], relu: [1, 0], leakyRelu: [1, 0.01], softplus: [1, 0], gelu: [1, 0] }[activation];
    for (const [i, slope] of [slopes[0], slopes[0], slopes[1], slopes[1]].entries())
      expect(Math.abs(code[i] - slope)).toBeLessThan(exact);
    expect(code[5]).toBeNaN();
  });

  it('keeps a NaN in its row and lets it into the sums', () => {
    const { operands, upstream } = drawOperands(base, 'nan');
    operands.code[base.widths[0] + 3] = Number.NaN;
    const { output } = kernel.forward(base, operands, false);
    const broken = Array.from({ length: base.rows }, (_, r) => output.subarray(r * base.pixels, (r + 1) * base.pixels));
    expect(broken.map((row) => row.every(Number.isNaN))).toEqual([false, true, false]);
    expect(broken.map((row) => row.some(Number.isNaN))).toEqual([false, true, false]);
    const { weights, code } = kernel.backward(base, operands, upstream);
    expect(weights.every((w) => w.some(Number.isNaN))).toBe(true);
    expect(code.subarray(0, base.widths[0]).some(Number.isNaN)).toBe(false);
  });

  it('takes no longer over gradients near the end of the number range, and leaves JavaScript its arithmetic', () => {
    const problem: Problem = { ...base, rows: 8, pixels: 500, widths: [32, 64, 64] };
    const { operands, upstream } = drawOperands(problem, 'tiny');
    const cpuMs = (scale: number) => {
      const scaled = upstream.map((u) => scale * u);
      const times = [1, 2, 3].map(() => {
        const before = process.cpuUsage();
        kernel.backward(problem, operands, scaled);
        return process.cpuUsage(before).user / 1000;
      });
      return Math.min(...times);
    };
    // A hundred times as long, where the processor works such numbers out.
    expect(cpuMs(1e-38)).toBeLessThan(10 * Math.max(1, cpuMs(1)));
    const smallest = Number.MIN_VALUE;
    expect(smallest * isas.length).toBeGreaterThan(0);
  });

  it('gives nothing for nothing', () => {
    for (const empty of [
      { ...base, rows: 0 },
      { ...base, pixels: 0 },
    ]) {
      const [output, ...gradients] = pass(kernel, empty);
      expect(output.length).toBe(0);
      expect(gradients.every((values) => values.every((value) => value === 0))).toBe(true);
    }
  });
});

const bytes = (values: Float32Array | Float64Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
