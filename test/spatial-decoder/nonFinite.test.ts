/**
 * NaN, infinity and numbers near the end of float32's range, in every operand, on every kernel. The rule: each entry of the output and of every gradient
 * is what IEEE arithmetic makes of the definition in float32, a number, an infinity of either sign or NaN. So a NaN spreads into everything that is
 * computed from it: slopes are NaN at NaN, and 0 times infinity is NaN.
 */
import { activations, type HostKernel, type Operands, type Problem } from '@pyro-ts/spatial-decoder/internal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernels, namesOf } from './kernels.js';
import { checkOneUnit, classOf } from './oneUnit.js';
import { drawOperands, listed, plainDecoder } from './plainDecoder.js';

const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -3e38];

/** No width fills a vector, and the output is by dot products in one, by a matrix product in the other. */
const shapes = [
  { rows: 2, pixels: 3, dims: 2, channels: 1, widths: [5, 7, 3] },
  { rows: 3, pixels: 2, dims: 1, channels: 5, widths: [4, 18] },
];

/** Every array in which a number can be replaced. */
function arraysOf(operands: Operands, upstream: Float32Array): [string, Float32Array][] {
  const [, ...names] = namesOf(operands.weights.length);
  const differentiated = listed(operands);
  return [
    ['grid', operands.grid],
    ['upstream', upstream],
    ...names.map((n, i): [string, Float32Array] => [n, differentiated[i]]),
  ];
}

/** Small enough that a sum in which one number is near the end of the range overflows in every order or in none. */
function drawSmall(problem: Problem): { operands: Operands; upstream: Float32Array } {
  const { operands, upstream } = drawOperands(problem, 'non-finite');
  const scaled = (values: Float32Array, by: number) => values.map((x) => by * x);
  return {
    operands: { ...operands, weights: operands.weights.map((w) => scaled(w, 0.3)) },
    upstream: scaled(upstream, 0.1),
  };
}

/** A message where the kernel's class is not the definition's. */
function mistakes(kernel: HostKernel, problem: Problem, operands: Operands, upstream: Float32Array): string[] {
  const names = namesOf(operands.weights.length);
  const defined = plainDecoder(problem, operands, upstream, undefined, Math.fround);
  const wanted = [defined.output, ...listed(defined)];
  return [true, false].flatMap((keep) => {
    const { output, saved } = kernel.forward(problem, operands, keep);
    const actual = [output, ...listed(kernel.backward(problem, operands, upstream, saved))];
    saved?.release();
    return wanted.flatMap((array, i) =>
      Array.from(array, classOf).flatMap((wants, j) => {
        const got = classOf(actual[i][j]);
        return got === wants ? [] : [`${names[i]}[${j}] ${keep ? 'kept' : 'recomputed'}: ${got} instead of ${wants}`];
      }),
    );
  });
}

describe.each(kernels)('$name', ({ load }) => {
  let kernel: HostKernel;
  beforeAll(async () => {
    kernel = await load();
  });
  afterAll(() => kernel.dispose());

  describe.each(activations)('%s', (activation) => {
    it.each(values)('%d in any operand', (value) => {
      const found = shapes.flatMap((sizes) => {
        const problem: Problem = { ...sizes, firstActivation: activation, activation };
        const { operands, upstream } = drawSmall(problem);
        return arraysOf(operands, upstream).flatMap(([name, array]) => {
          const at = array.length >> 1;
          const before = array[at];
          array[at] = value;
          const wrong = mistakes(kernel, problem, operands, upstream);
          array[at] = before;
          return wrong.map((words) => `${name}: ${words}`);
        });
      });
      expect(found).toEqual([]);
    });

    it('of one unit, at large, infinite and undefined inputs: value and slope', () =>
      checkOneUnit(kernel, activation, 1e-6));
  });
});
