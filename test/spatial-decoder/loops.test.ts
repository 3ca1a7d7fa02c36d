/** Matrix products and Adam's step of the native kernel, for each instruction set of this machine, against plain loops in float64. */
import { type FloatMatrix, providedLoops } from '@pyro-ts/engine/internal';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { hostKernelOf } from '@pyro-ts/spatial-decoder/internal';
import fc from 'fast-check';
import { RandomStream } from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { loopsSelfCheck } from '../../packages/spatial-decoder/dist/loopsSelfCheck.js';
import { isas, load } from './nativeKernels.js';

const loopsOf = (isa: (typeof isas)[number], threads = 1) => {
  const { loops } = load({ isa, threads });
  if (!loops) throw new Error('the native kernel has no loops');
  return loops;
};

const numbers = (n: number, seed: string) => {
  const stream = new RandomStream(seed);
  return Float32Array.from({ length: n }, () => stream.nextNormal());
};

/** A matrix that begins after `offset` numbers, with gaps between its rows or its columns. */
function matrix(
  rows: number,
  columns: number,
  seed: string,
  { isTransposed = false, gap = 0, offset = 0 } = {},
): FloatMatrix {
  const [rowStep, columnStep] = isTransposed ? [1, rows + gap] : [columns + gap, 1];
  const size = offset + Math.max(0, rows - 1) * rowStep + Math.max(0, columns - 1) * columnStep + 1;
  return { values: numbers(size, seed), offset, rows, columns, rowStep, columnStep };
}

function product(a: FloatMatrix, b: FloatMatrix): Float64Array {
  const at = (m: FloatMatrix, i: number, j: number) => m.values[m.offset + i * m.rowStep + j * m.columnStep];
  return Float64Array.from({ length: a.rows * b.columns }, (_, n) => {
    const [i, j] = [Math.floor(n / b.columns), n % b.columns];
    let sum = 0;
    for (let k = 0; k < a.columns; k++) sum += at(a, i, k) * at(b, k, j);
    return sum;
  });
}

const furthest = (found: Float32Array, wanted: Float64Array) =>
  found.reduce((most, x, i) => Math.max(most, Math.abs(x - wanted[i])), 0);

describe.each(isas)('%s', (isa) => {
  it('multiplies matrices of any size and layout', () => {
    const loops = loopsOf(isa);
    const size = fc.integer({ min: 1, max: 70 });
    const layout = fc.record({ isTransposed: fc.boolean(), gap: fc.nat(3), offset: fc.nat(3) });
    fc.assert(
      fc.property(size, fc.oneof(size, fc.constant(600)), size, layout, layout, (rows, inner, columns, left, right) => {
        const [a, b] = [matrix(rows, inner, 'a', left), matrix(inner, columns, 'b', right)];
        const output = new Float32Array(rows * columns).fill(9);
        loops.multiply(a, b, output);
        expect(furthest(output, product(a, b))).toBeLessThan(1e-5 * (10 + inner));
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('has the same numbers with one thread and with three', () => {
    const [a, b] = [matrix(300, 130, 'a'), matrix(130, 100, 'b')];
    const [one, three] = [1, 3].map((threads) => {
      const output = new Float32Array(300 * 100);
      loopsOf(isa, threads).multiply(a, b, output);
      return output;
    });
    expect(three).toEqual(one);
    expect(furthest(one, product(a, b))).toBeLessThan(1e-3);
  });

  it('makes zeros where nothing is summed', () => {
    const output = Float32Array.of(1, 2, 3, 4, 5, 6);
    loopsOf(isa).multiply(matrix(2, 0, 'a'), matrix(0, 3, 'b'), output);
    expect([...output]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('takes Adam’s step, with several threads too', () => {
    const rates = { betas: [0.9, 0.999], stepSize: 0.01, unbias: 1.2, eps: 1e-8, weightDecay: 0.1 } as const;
    const n = 70_003;
    const moved = [1, 3].map((threads) => {
      const [values, gradient, mean] = ['v', 'g', 'm'].map((seed) => numbers(n, seed));
      const square = numbers(n, 's').map(Math.abs);
      loopsOf(isa, threads).adam(values, gradient, { mean, square }, rates);
      return { values, mean, square };
    });
    expect(moved[1]).toEqual(moved[0]);
    const [values, gradient, mean, square] = ['v', 'g', 'm', 's'].map((seed) => numbers(n, seed));
    for (const i of [0, 1, 31, 16_384, n - 2, n - 1]) {
      const g = gradient[i] + 0.1 * values[i];
      const m = 0.9 * mean[i] + 0.1 * g;
      const s = 0.999 * Math.abs(square[i]) + 0.001 * g * g;
      expect(moved[0].mean[i]).toBeCloseTo(m, 5);
      expect(moved[0].square[i]).toBeCloseTo(s, 5);
      expect(moved[0].values[i]).toBeCloseTo(values[i] - (0.01 * m) / (Math.sqrt(s) * 1.2 + 1e-8), 5);
    }
  });

  it('stays where the square of a gradient is infinite', () => {
    const [values, mean, square] = [Float32Array.of(1), Float32Array.of(0), Float32Array.of(0)];
    const rates = { betas: [0.9, 0.999], stepSize: 0.01, unbias: 1, eps: 1e-8, weightDecay: 0 } as const;
    loopsOf(isa).adam(values, Float32Array.of(1e25), { mean, square }, rates);
    expect([values[0], square[0]]).toEqual([1, Number.POSITIVE_INFINITY]);
  });

  it('rejects arrays that are too short', () => {
    const loops = loopsOf(isa);
    const [a, b] = [matrix(3, 4, 'a'), matrix(4, 5, 'b')];
    const output = new Float32Array(15);
    expect(() => loops.multiply({ ...a, offset: 1 }, b, output)).toThrow('the left operand does not hold its matrix');
    expect(() => loops.multiply(a, { ...b, rowStep: 6 }, output)).toThrow('the right operand does not hold its matrix');
    expect(() => loops.multiply({ ...a, rowStep: -1 }, b, output)).toThrow('the row step of a matrix');
    expect(() => loops.multiply(a, b, new Float32Array(14))).toThrow('14 numbers where the problem has 15');
    const moments = { mean: new Float32Array(2), square: new Float32Array(3) };
    const rates = { betas: [0.9, 0.999], stepSize: 0.01, unbias: 1, eps: 1e-8, weightDecay: 0 } as const;
    expect(() => loops.adam(new Float32Array(3), new Float32Array(3), moments, rates)).toThrow('the means');
  });
});

it('finds loops that multiply or move wrongly', () => {
  const right = isas.length > 0 ? loopsOf(isas[0]) : undefined;
  const nothing = { multiply: () => {}, adam: () => {} };
  expect(loopsSelfCheck(nothing)).toMatch(/self-check failed: an entry of a product is 0/);
  if (!right) return;
  expect(loopsSelfCheck(right)).toBeUndefined();
  expect(loopsSelfCheck({ ...nothing, multiply: (...args) => right.multiply(...args) })).toMatch(/a step of Adam/);
});

it.skipIf(isas.length === 0)('are provided while a native kernel is selected', async () => {
  // Another file of tests may have left a kernel selected.
  const before = providedLoops();
  const kernel = await selectKernel({ kernel: 'native', threads: 1 });
  const other = await selectKernel({ kernel: 'wasm', threads: 1 });
  expect(providedLoops()).toBe(hostKernelOf(kernel)?.loops);
  other.dispose();
  kernel.dispose();
  kernel.dispose();
  expect(providedLoops()).toBe(before);
});
