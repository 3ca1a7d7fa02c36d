/** Successive halving: when configurations are compared, and how they are ranked. */
import { expect, it } from 'vitest';
import { halvingOf, rungs } from '../../../packages/pyroved/dist/sweep/halving.js';
import { resultOf } from '../../../packages/pyroved/dist/sweep/result.js';

it('compares at epochs that grow by the factor, until one configuration is left', () => {
  expect(rungs(27, { factor: 3, epochs: 1 })).toEqual([1, 3, 9]);
  expect(rungs(10, { factor: 2, epochs: 5 })).toEqual([5, 10, 20, 40]);
  expect(rungs(1, { factor: 3, epochs: 1 })).toEqual([]);
});

it('has defaults, and rejects what is no factor', () => {
  expect(halvingOf({})).toEqual({ factor: 3, epochs: 1 });
  expect(() => halvingOf({ factor: 1 })).toThrow(/at least 2/);
  expect(() => halvingOf({ epochs: 0 })).toThrow(/at least 1/);
});

it('ranks finished configurations first, then those dropped the latest, then failed ones', () => {
  const configurations = ['a', 'b', 'c', 'd', 'e'].map((x) => ({
    values: { x },
    settings: { source: { kind: 'peaks' as const } },
  }));
  const trial = (
    configuration: number,
    seed: number,
    state: 'finished' | 'dropped' | 'failed',
    accuracy?: number,
    epoch?: number,
  ) => ({
    ...{ id: `${configuration}-${seed}`, configuration, seed, state },
    figures: accuracy === undefined ? {} : { accuracy },
    ...(epoch !== undefined && { epoch }),
  });
  const { configurations: ranked } = resultOf('accuracy', configurations, [
    trial(0, 1, 'finished', 0.7),
    trial(0, 2, 'finished', 0.9),
    trial(1, 1, 'dropped', 0.95, 3),
    trial(2, 1, 'finished', 0.85),
    trial(3, 1, 'failed'),
    trial(4, 1, 'dropped', 0.99, 1),
  ]);
  expect(ranked.map(({ values }) => values.x)).toEqual(['c', 'a', 'b', 'e', 'd']);
  expect(ranked[1]).toMatchObject({ worst: 0.7, seeds: 2 });
  expect(ranked[1].mean).toBeCloseTo(0.8, 12);
  expect(ranked[1].sd).toBeCloseTo(Math.SQRT2 * 0.1, 12);
});
