/** Paired tests against tables and against brute force, angles against poses that are known, folds against what a fold has to be. */
import fc from 'fast-check';
import type { Angles } from 'pyroved';
import { angleReport, pairedInterval, pairedTest, spreadOf } from 'pyroved/internal';
import { describe, expect, it } from 'vitest';

describe('paired tests', () => {
  it('have a 95% interval with the quantile of Student, and none for one pair', () => {
    const [low, high] = pairedInterval([3, 5, 4, 8, 5], [2, 3, 3, 4, 3]);
    // Differences 1, 2, 1, 4, 2: mean 2, sd sqrt(1.5); t of 4 degrees of freedom 2.77645.
    const half = 2.77645 * Math.sqrt(1.5 / 5);
    expect(low).toBeCloseTo(2 - half, 4);
    expect(high).toBeCloseTo(2 + half, 4);
    expect(pairedInterval([1], [0])).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  /** Differences with a given t: two values around a mean, as often each. */
  const pairsWith = (t: number, n: number): number[] => {
    const signs = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const { mean, sd } = spreadOf(signs);
    return signs.map((s) => (s - mean) / sd + t / Math.sqrt(n));
  };

  // Quantiles of Student's t: any table.
  it.each([
    [1, 12.7062, 0.05],
    [2, 4.30265, 0.05],
    [3, 5.84091, 0.01],
    [4, 2.77645, 0.05],
    [4, 8.6103, 0.001],
    [5, 0.72669, 0.5],
    [7, 3.49948, 0.01],
    [9, 2.26216, 0.05],
    [30, 2.04227, 0.05],
  ])('t with %i degrees of freedom: %f has p %f', (df, t, p) => {
    const n = df + 1;
    const { tTest } = pairedTest(pairsWith(t, n), new Array<number>(n).fill(0));
    expect(Math.abs(tTest / p - 1)).toBeLessThan(2e-4);
  });

  it('give the same p whichever comes first, and opposite differences', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
      minLength: 2,
      maxLength: 9,
    });
    fc.assert(
      fc.property(values, (pairs) => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
        const [one, other] = [pairedTest(a, b), pairedTest(b, a)];
        expect(one.difference).toBe(0 - other.difference);
        for (const test of ['tTest', 'wilcoxon'] as const) {
          // Without any difference there is nothing to test.
          if (Number.isNaN(one[test])) expect(other[test]).toBeNaN();
          else expect(one[test]).toBeCloseTo(other[test], 12);
        }
      }),
    );
  });

  it('Wilcoxon is the share of sign choices that are as far from balance, ties and zeros included', () => {
    const brute = (differences: readonly number[]): number => {
      const given = differences.filter((d) => d !== 0);
      const rank = (d: number) =>
        (given.filter((o) => Math.abs(o) < Math.abs(d)).length +
          given.filter((o) => Math.abs(o) <= Math.abs(d)).length +
          1) /
        2;
      const ranks = given.map(rank);
      const half = ranks.reduce((sum, r) => sum + r, 0) / 2;
      const away = (signs: number) => Math.abs(ranks.reduce((sum, r, i) => sum + ((signs >> i) & 1 ? r : 0), 0) - half);
      const observed = away(given.reduce((bits, d, i) => bits | (d > 0 ? 1 << i : 0), 0));
      const all = Array.from({ length: 2 ** given.length }, (_, signs) => away(signs));
      return all.filter((d) => d >= observed - 1e-9).length / all.length;
    };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 8 }), (differences) => {
        const { wilcoxon } = pairedTest(differences, new Array<number>(differences.length).fill(0));
        if (differences.every((d) => d === 0)) expect(wilcoxon).toBeNaN();
        else expect(wilcoxon).toBeCloseTo(brute(differences), 10);
      }),
    );
    expect(pairedTest([1, 2, 3, 4, 5], [0, 0, 0, 0, 0]).wilcoxon).toBeCloseTo(1 / 16, 12);
  });

  it('of numbers that do not differ, or differ always by the same, or of a single pair', () => {
    expect(pairedTest([1, 2], [1, 2])).toMatchObject({ difference: 0, tTest: 1, wilcoxon: Number.NaN });
    expect(pairedTest([1.1, 2.1, 3.1], [1, 2, 3]).tTest).toBe(0);
    expect(pairedTest([1], [2]).tTest).toBeNaN();
    expect(() => pairedTest([1], [])).toThrow('pairedTest requires arrays of the same length; got 1 and 0.');
  });

  it('mean and standard deviation', () => {
    expect(spreadOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, sd: Math.sqrt(32 / 7), n: 8 });
    expect(spreadOf([3])).toEqual({ mean: 3, sd: 0, n: 1 });
  });
});

describe('the error of angles', () => {
  const turn = (degrees: number) => ((degrees % 360) + 360) % 360;
  const zeros = [40, -130];
  /** Angles found by a model whose zeros are `zeros`, with errors added. */
  const angles = (truth: readonly number[], labels: readonly number[], errors: readonly number[]): Angles => ({
    found: truth.map((t, i) => turn(t + zeros[labels[i]] + errors[i])),
    truth,
    labels,
  });
  const labels = [0, 0, 0, 0, 1, 1, 1, 1];
  const truth = [10, -50, 170, 3, 60, -60, 20, 95];
  const upright = angles([1, -1, 2, -2], [0, 0, 1, 1], [0, 0, 0, 0]);

  it('is what was added, from the zero that the upright images set', () => {
    const report = angleReport(angles(truth, labels, [4, -4, 8, -8, 1, -1, 1, -1]), upright, [1, 1]);
    expect(report?.classes.map((c) => c?.meanDegrees.toFixed(4))).toEqual(['6.0000', '1.0000']);
    expect(report?.meanDegrees).toBeCloseTo(3.5, 4);
    expect(report?.medianDegrees).toBeCloseTo(2.5, 4);
    expect(report?.count).toBe(8);
  });

  it('does not count a turn that leaves the class as it is', () => {
    const errors = [0, 0, 0, 0, 183, -3, 180, 0];
    const plain = angleReport(angles(truth, labels, errors), upright, [1, 1]);
    const folded = angleReport(angles(truth, labels, errors), upright, [1, 2]);
    expect(plain?.classes[1]?.meanDegrees).toBeCloseTo((177 + 3 + 180) / 4, 4);
    expect(folded?.classes[1]?.meanDegrees).toBeCloseTo(1.5, 4);
    expect(folded?.concentration).toBeGreaterThan(0.99);
    expect(plain?.concentration).toBeLessThan(0.8);
  });

  it('leaves out classes without an angle', () => {
    const report = angleReport(angles(truth, labels, [5, 5, 5, 5, 90, 45, 0, 1]), upright, [1, 0]);
    expect([report?.count, report?.classes[1]]).toEqual([4, null]);
    expect(report?.meanDegrees).toBeCloseTo(5, 4);
    expect(angleReport(angles(truth, labels, truth), upright, [0, 0])).toBeUndefined();
  });

  it('of a guess is 90 degrees divided by the order, and nothing is concentrated', () => {
    const n = 3600;
    const all = Array.from({ length: n }, (_, i) => i);
    const guess = angles(
      all.map(() => 0),
      all.map(() => 0),
      all.map((i) => i / 10),
    );
    for (const order of [1, 2, 5]) {
      const report = angleReport(guess, upright, [order]);
      expect(report?.meanDegrees).toBeCloseTo(90 / order, 1);
      expect(report?.concentration).toBeLessThan(1e-6);
    }
  });
});
