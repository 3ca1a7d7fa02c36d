/** The operation by its definition in float64, on the reference and on every kernel that runs here: values and all gradients. */
import { activations, type Kernel, type Problem, spatialDecoder } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { candidates, inputsOf, kernels, namesOf, pass, passOn } from './kernels.js';
import { drawOperands, listed, plainDecoder, worstError } from './plainDecoder.js';

const base: Problem = {
  ...{ rows: 3, pixels: 50, dims: 2, channels: 1, widths: [20, 33, 17] },
  ...{ firstActivation: 'tanh', activation: 'tanh' },
};

/** Float32 sums of up to a few thousand terms of order 1. */
const close = 4e-6;

it('the native kernel is there where a compiler is, and not where it was left out on purpose', async () => {
  const compilers = new URL('../../scripts/lib/compilers.mjs', import.meta.url).href;
  const { findCompiler } = (await import(compilers)) as { findCompiler(): Promise<object | undefined> };
  const compiler = await findCompiler();
  const native = kernels.some(({ name }) => name.startsWith('native'));
  // Where no compiler answers, one may have been built elsewhere.
  const right = process.env.PYRO_NATIVE === 'off' ? [false] : compiler ? [true] : [true, false];
  expect(right).toContain(native);
});

describe.each(candidates)('$name', ({ load }) => {
  let kernel: Kernel | undefined;
  beforeAll(async () => {
    kernel = await load?.({ threads: 2 });
  });
  afterAll(() => kernel?.dispose());

  const check = (problem: Problem, bound = close, seed = 'conformance') => {
    const { operands, upstream } = drawOperands(problem, seed);
    const expected = plainDecoder(problem, operands, upstream);
    const actual = pass(problem, kernel, seed);
    const wanted = [expected.output, ...(listed(expected) as Float64Array[])];
    const errors = wanted.map((values, i) => worstError([actual[i]], [values]));
    const names = namesOf(problem.widths.length);
    expect(Object.fromEntries(names.map((n, i) => [n, errors[i] < bound || errors[i]]))).toEqual(
      Object.fromEntries(names.map((n) => [n, true])),
    );
  };

  it.each(activations)('%s in every layer', (activation) =>
    check({ ...base, firstActivation: activation, activation }),
  );

  it.each<[string, Partial<Problem>]>([
    ['one pixel of one image', { rows: 1, pixels: 1 }],
    ['one pixel of many images', { rows: 300, pixels: 1 }],
    ['pixels that end within a tile', { rows: 5, pixels: 77 }],
    ['one row over many tiles', { rows: 1, pixels: 1500, widths: [5, 6] }],
    ['no hidden layer', { widths: [30] }],
    ['width 1 everywhere', { widths: [1, 1, 1, 1], activation: 'leakyRelu' }],
    ['widths 3, 5 and 17', { widths: [3, 5, 17] }],
    ['width 130', { widths: [130, 130], pixels: 20 }],
    ['widths of whole vectors', { widths: [64, 32, 96] }],
    ['a wide layer beside a narrow one', { widths: [3, 200, 2, 70] }],
    ['two channels', { channels: 2 }],
    ['five channels', { channels: 5, activation: 'softplus' }],
    ['forty channels', { channels: 40, activation: 'relu' }],
    ['one coordinate', { dims: 1 }],
    ['three coordinates', { dims: 3 }],
    ['different activations', { firstActivation: 'gelu', activation: 'relu' }],
  ])('%s', (_, sizes) => check({ ...base, ...sizes }));

  it('sizes that nobody chose', () => {
    const upTo = (max: number) => fc.integer({ min: 1, max });
    const problems = fc.record({
      ...{ rows: upTo(6), pixels: upTo(70), dims: upTo(3), channels: upTo(5) },
      widths: fc.array(upTo(40), { minLength: 1, maxLength: 4 }),
      ...{ firstActivation: fc.constantFrom(...activations), activation: fc.constantFrom(...activations) },
    });
    fc.assert(
      fc.property(problems, (problem) => check(problem, 2e-5, 'any')),
      { numRuns: 25, seed: 3 },
    );
  });

  it('evaluates the asked pixels only, in the order asked, repeats included', () => {
    const { operands } = drawOperands(base, 'pixels');
    const pixels = [7, 0, 49, 7];
    const grid = pixels.flatMap((p) => [operands.grid[2 * p], operands.grid[2 * p + 1]]);
    const problem = { ...base, pixels: pixels.length };
    const upstream = drawOperands(problem, 'upstream').upstream;
    const expected = plainDecoder(problem, { ...operands, grid: Float32Array.from(grid) }, upstream);
    tf.tidy(() => {
      const tensors = tensorsOf(base, operands);
      const at = (asked: readonly number[] | Int32Array) =>
        tf.valueAndGrads((...args: tf.Tensor[]) => {
          const inputs = inputsOf(tf.tensor2d(operands.grid, [50, 2]), args);
          const y = spatialDecoder(inputs, { pixels: asked, ...(kernel && { kernel: { kernel } }) });
          expect(y.shape).toEqual([3, 4, 1]);
          return tf.sum(tf.mul(y, tf.tensor3d(upstream, [3, 4, 1])));
        })(tensors);
      const { grads } = at(pixels);
      expect(
        worstError(
          grads.map((g) => g.dataSync()),
          listed(expected) as Float64Array[],
        ),
      ).toBeLessThan(close);
      expect(at(Int32Array.from(pixels)).value.dataSync()).toEqual(at(pixels).value.dataSync());
    });
  });

  it.each(activations)('large inputs: %s at 1e4', (activation) => {
    const problem: Problem = { ...base, firstActivation: activation, activation };
    const { operands, upstream } = drawOperands(problem, 'large');
    const large = { ...operands, code: operands.code.map((x) => 1e4 * x) };
    const expected = plainDecoder(problem, large, upstream);
    const actual = passOn(problem, kernel, large, upstream);
    // Where every unit is saturated the gradients are small, and float32 knows the slope of tanh near 1 to within 1e-7 only.
    expect(worstError(actual, [expected.output, ...(listed(expected) as Float64Array[])])).toBeLessThan(5e-4);
  });

  it('saturates without NaN at infinity', () => {
    const { operands, upstream } = drawOperands(base, 'infinity');
    operands.code[3] = Number.POSITIVE_INFINITY;
    operands.code[base.widths[0] + 4] = Number.NEGATIVE_INFINITY;
    const expected = plainDecoder(base, operands, upstream);
    const actual = passOn(base, kernel, operands, upstream);
    expect(worstError(actual, [expected.output, ...(listed(expected) as Float64Array[])])).toBeLessThan(close);
  });

  it('keeps a NaN in its row and lets it into the sums', () => {
    const { operands, upstream } = drawOperands(base, 'nan');
    operands.code[base.widths[0] + 3] = Number.NaN;
    const [output, , code, ...weights] = passOn(base, kernel, operands, upstream);
    const rows = [0, 1, 2].map((r) => output.subarray(r * base.pixels, (r + 1) * base.pixels));
    expect(rows.map((row) => row.every(Number.isNaN))).toEqual([false, true, false]);
    expect(rows.map((row) => row.some(Number.isNaN))).toEqual([false, true, false]);
    expect(code.subarray(0, base.widths[0]).some(Number.isNaN)).toBe(false);
    expect(weights.slice(0, base.widths.length).every((values) => values.some(Number.isNaN))).toBe(true);
  });

  it.each([
    ['rows', { ...base, rows: 0 }],
    ['pixels', { ...base, pixels: 0 }],
  ])('no %s: no output, and every gradient is zero', (_, problem) => {
    const [output, ...gradients] = pass(problem, kernel);
    expect(output.length).toBe(0);
    expect(gradients.every((values) => values.every((x) => x === 0))).toBe(true);
  });

  it('the same twice, to the last bit', () => {
    expect(pass(base, kernel)).toEqual(pass(base, kernel));
  });

  it('leaks no tensor', () => {
    pass(base, kernel);
    const before = tf.memory().numTensors;
    pass(base, kernel);
    tf.dispose(
      tf.tidy(() => spatialDecoder(inputsOf(tf.ones([4, 2]), tensorsOf(base, drawOperands(base, 'x').operands)))),
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

function tensorsOf(problem: Problem, operands: ReturnType<typeof drawOperands>['operands']): tf.Tensor[] {
  const { rows, dims, channels, widths } = problem;
  const ends = [...widths, channels];
  return [
    tf.tensor3d(operands.pose, [rows, widths[0], dims]),
    tf.tensor2d(operands.code, [rows, widths[0]]),
    ...operands.weights.map((w, l) => tf.tensor2d(w, [ends[l], ends[l + 1]])),
    ...operands.biases.map((b) => tf.tensor1d(b)),
  ];
}
