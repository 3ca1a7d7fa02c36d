/** Intervals of counts, against a simulation of what they claim; and the distributions that they are drawn from. */
import { RandomStream } from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { classCounts } from '../../../packages/pyroved/dist/micrographs/counts.js';
import {
  drawBinomial,
  drawDirichlet,
  drawGamma,
  drawMultinomial,
} from '../../../packages/pyroved/dist/micrographs/sampling.js';

const moments = (draw: () => number, n = 4000) => {
  const values = Array.from({ length: n }, draw);
  const mean = values.reduce((a, b) => a + b, 0) / n;
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n };
};

describe('draws have the moments of their distribution', () => {
  const stream = new RandomStream('draws');
  it.each([0.3, 1, 7.5])('gamma %d', (shape) => {
    const { mean, variance } = moments(() => drawGamma(stream, shape));
    expect(Math.abs(mean - shape)).toBeLessThan(5 * Math.sqrt(shape / 4000));
    expect(variance / shape).toBeGreaterThan(0.8);
    expect(variance / shape).toBeLessThan(1.25);
  });
  it.each([
    [10, 0.3],
    [40, 0.9],
    [5000, 0.4],
  ])('binomial %d, %d', (n, p) => {
    const { mean, variance } = moments(() => drawBinomial(stream, n, p));
    const expected = n * p * (1 - p);
    expect(Math.abs(mean - n * p)).toBeLessThan(5 * Math.sqrt(expected / 4000));
    expect(variance / expected).toBeGreaterThan(0.87);
    expect(variance / expected).toBeLessThan(1.15);
  });
  it('multinomial and Dirichlet add up', () => {
    expect(drawMultinomial(stream, 50, [1, 0, 3]).reduce((a, b) => a + b, 0)).toBe(50);
    expect(drawMultinomial(stream, 50, [1, 0, 3])[1]).toBe(0);
    expect(drawDirichlet(stream, [0.2, 1, 4]).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });
});

describe('counts', () => {
  it('cover the true number as often as they claim, where the confusion is estimated from validation images', () => {
    const stream = new RandomStream('coverage');
    const names = ['a', 'b', 'c'];
    let covered = 0;
    let bias = 0;
    let raw = 0;
    const rounds = 60;
    for (let round = 0; round < rounds; round++) {
      const truth = drawMultinomial(stream, 300, [3, 1, 2]);
      const rates = names.map((_, k) =>
        drawDirichlet(
          stream,
          names.map((__, j) => (j === k ? 8 : 0.7)),
        ),
      );
      const counts = rates.map((row) => drawMultinomial(stream, 30, row));
      const classified = truth
        .map((n, k) => drawMultinomial(stream, n, rates[k]))
        .reduce((sum, row) => sum.map((n, j) => n + row[j]));
      classCounts(classified, { names, confusion: { counts, distinct: 90 } }).forEach(({ count }, k) => {
        if (!count) throw new Error('a count has no interval');
        if (count.low <= truth[k] && truth[k] <= count.high) covered += 1;
        bias += Math.abs(count.mean - truth[k]);
        raw += Math.abs(classified[k] - truth[k]);
      });
    }
    expect(covered / (3 * rounds)).toBeGreaterThan(0.88);
    // The corrected count is nearer to the truth than the number that was classified so.
    expect(bias).toBeLessThan(raw);
  });

  it('with no errors the count is certain, and the density scatters as a count does', () => {
    const counts = [
      [1e6, 0],
      [0, 1e6],
    ];
    const [a] = classCounts([100, 20], { names: ['a', 'b'], confusion: { counts, distinct: 2e6 }, area: 4 });
    expect(a.count).toMatchObject({ low: 100, high: 100 });
    expect(a.density?.mean).toBeCloseTo(25.1, 0);
    expect((a.density?.high ?? 0) - (a.density?.low ?? 0)).toBeGreaterThan((2 * 1.96 * 10 * 0.8) / 4);
    expect(classCounts([100], { names: ['a'], area: 4 })[0]).toEqual({ class: 'a', classified: 100 });
  });
});
