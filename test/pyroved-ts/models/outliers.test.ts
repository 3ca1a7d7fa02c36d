/** Outlier scores: tail probabilities under the training images, and what counts where the gate is open or closed. */
import { describe, expect, it } from 'vitest';
import {
  outlierScores,
  outlierStatistics,
  quantilesOf,
  valueAt,
} from '../../../packages/pyroved-ts/dist/models/outliers.js';

const uniform = Float64Array.from({ length: 1001 }, (_, i) => i / 1000);
const table = quantilesOf(uniform);
const scoresOf = (values: readonly (readonly number[])[], gate: number) =>
  Array.from(
    outlierScores(
      [0, 1, 2].map((k) => Float64Array.from(values, (row) => row[k])),
      [table, table, table],
      gate,
    ),
  );

describe('outlierScores', () => {
  it('with an open gate are the log of the share of training images of lower evidence', () => {
    const scores = scoresOf(
      [0.01, 0.3, 0.9999].map((u) => [u, 0, 0]),
      1,
    );
    [0.01, 0.3, 0.9999].forEach((u, i) => {
      expect(scores[i]).toBeCloseTo(Math.log(u), 3);
    });
  });

  it('with a closed gate add up the logs of all three shares', () => {
    const [score] = scoresOf([[0.2, 0.5, 0.1]], 0);
    expect(score).toBeCloseTo(Math.log(0.2 * 0.5 * 0.1), 2);
    expect(scoresOf([[0.2, 0.5, 0.1]], 0.5)[0]).toBeCloseTo(Math.log(0.2) + 0.5 * Math.log(0.05), 2);
  });

  it('keep outliers in order below all training images, and are 0 above them', () => {
    const [far, near, least, above] = scoresOf(
      [-3, -1, 0, 7].map((u) => [u, 0, 0]),
      1,
    );
    expect(far).toBeLessThan(near);
    expect(near).toBeLessThan(least);
    expect(above).toBeCloseTo(0, 12);
  });

  it('are finite for training images that are all alike', () => {
    const same = quantilesOf(new Float64Array(5).fill(2));
    const [below, at] = outlierScores(
      [Float64Array.of(1, 2), Float64Array.of(2, 2), Float64Array.of(2, 2)],
      [same, same, same],
      0,
    );
    expect(Number.isFinite(below)).toBe(true);
    expect(at).toBe(0);
  });
});

it('statistics are the total evidence and the largest log probabilities', () => {
  const evidence = Float64Array.of(-10, -10 + 64 * Math.log(3), -5, -5);
  const recognised = Float32Array.of(Math.log(0.9), Math.log(0.1), 0, 0);
  const explained = {
    ...{ count: 2, evidence, recognised, theta: new Float64Array(0), spread: new Float64Array(0) },
    template: new Int32Array(4),
  };
  const [total, recognition, softened] = outlierStatistics(explained, 2);
  expect(total[1]).toBeCloseTo(-5 + Math.log(2), 10);
  expect(Math.exp(recognition[0])).toBeCloseTo(0.9, 6);
  expect(Math.exp(softened[0])).toBeCloseTo(0.75, 6);
});

it('quantiles are read between their values', () => {
  expect(valueAt(table, 0.05)).toBeCloseTo(0.05, 3);
  expect([valueAt(table, 0), valueAt(table, 1)]).toEqual([0, 1]);
});
