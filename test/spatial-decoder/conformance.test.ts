/** The operation by its definition in float64, on the reference and on every kernel that runs here: values and all gradients. */

import { spatialDecoder } from '@pyro-ts/spatial-decoder';
import { activations, type HostKernel, onHost, type Problem } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { candidates, inputsOf, kernels, namesOf, pass, passOn } from './kernels.js';
import { drawOperands, listed, plainDecoder, worstError } from './plainDecoder.js';
import { anyProblem, base, sizes } from './problems.js';

/** Float32 sums of up to a few thousand terms of order 1. */
const close = 4e-6;

it('the native kernel exists where a compiler does, and not where it was switched off', async () => {
  const compilers = new URL('../../scripts/lib/compilers.mjs', import.meta.url).href;
  const { findCompiler } = (await import(compilers)) as { findCompiler(): Promise<object | undefined> };
  const compiler = await findCompiler();
  const native = kernels.some(({ name }) => name.startsWith('native'));
  // Where no compiler answers, one may have been built elsewhere.
  const right = process.env.PYRO_NATIVE === 'off' ? [false] : compiler ? [true] : [true, false];
  expect(right).toContain(native);
});

/** Computed once for all candidates. */
const definitions = new Map<string, readonly Float64Array[]>();
function definition(problem: Problem, seed: string): readonly Float64Array[] {
  const key = JSON.stringify([problem, seed]);
  const known = definitions.get(key);
  if (known) return known;
  const { operands, upstream } = drawOperands(problem, seed);
  const decoded = plainDecoder(problem, operands, upstream);
  const all = [decoded.output, ...listed(decoded)];
  definitions.set(key, all);
  return all;
}

describe.each(candidates)('$name', ({ load }) => {
  let kernel: HostKernel | undefined;
  beforeAll(async () => {
    kernel = await load?.({ threads: 2 });
  });
  afterAll(() => kernel?.dispose());

  const check = (problem: Problem, bound = close, seed = 'conformance') => {
    const { operands, upstream } = drawOperands(problem, seed);
    const actual = pass(problem, kernel, seed);
    const errors = definition(problem, seed).map((values, i) => worstError([actual[i]], [values]));
    const names = namesOf(problem.widths.length);
    expect(Object.fromEntries(names.map((n, i) => [n, errors[i] < bound || errors[i]]))).toEqual(
      Object.fromEntries(names.map((n) => [n, true])),
    );
    // The operation's activations were kept; computed again, all bits are the same.
    if (kernel) expect(listed(kernel.backward(problem, operands, upstream))).toEqual(actual.slice(1));
  };

  it.each(activations)('%s in every layer', (activation) =>
    check({ ...base, firstActivation: activation, activation }),
  );

  it.each(sizes)('%s', (_, changes) => check({ ...base, ...changes }));

  it('sizes that nobody chose', () => {
    fc.assert(
      fc.property(anyProblem, (problem) => check(problem, 5e-6, 'any')),
      { numRuns: 40, seed: 3 },
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
          const y = spatialDecoder(inputs, { pixels: asked, ...(kernel && { kernel: onHost(kernel) }) });
          expect(y.shape).toEqual([3, 4, 1]);
          return tf.sum(tf.mul(y, tf.tensor3d(upstream, [3, 4, 1])));
        })(tensors);
      const { grads } = at(pixels);
      expect(
        worstError(
          grads.map((g) => g.dataSync()),
          listed(expected),
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
    expect(worstError(actual, [expected.output, ...listed(expected)])).toBeLessThan(5e-4);
  });

  it('saturates without NaN at infinity', () => {
    const { operands, upstream } = drawOperands(base, 'infinity');
    operands.code[3] = Number.POSITIVE_INFINITY;
    operands.code[base.widths[0] + 4] = Number.NEGATIVE_INFINITY;
    const expected = plainDecoder(base, operands, upstream);
    const actual = passOn(base, kernel, operands, upstream);
    expect(worstError(actual, [expected.output, ...listed(expected)])).toBeLessThan(close);
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
    const { operands, upstream } = drawOperands(problem, 'empty');
    const sizes = [problem.rows * problem.pixels, ...listed(operands).map((values) => values.length)];
    const check = (values: readonly Float32Array[]) => {
      expect(values.map(({ length }) => length)).toEqual(sizes);
      expect(values.every((array) => array.every((x) => x === 0))).toBe(true);
    };
    check(pass(problem, kernel, 'empty'));
    // The operation asks no kernel for nothing, but who calls one may.
    for (const keep of kernel ? [true, false] : []) {
      const { output, saved } = kernel!.forward(problem, operands, keep);
      check([output, ...listed(kernel!.backward(problem, operands, upstream, saved))]);
      saved?.release();
    }
  });

  it('the same twice, to the last bit', () => {
    expect(pass(base, kernel)).toEqual(pass(base, kernel));
  });

  it('leaks no tensor', () => {
    pass(base, kernel);
    const before = tf.memory().numTensors;
    pass(base, kernel);
    const tensors = tensorsOf(base, drawOperands(base, 'x').operands);
    const inputs = inputsOf(tf.ones([4, 2]), tensors);
    spatialDecoder(inputs, kernel && { kernel: onHost(kernel) }).dispose();
    expect(tf.memory().numTensors).toBe(before + tensors.length + 1);
    tf.dispose([inputs.grid, tensors]);
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
