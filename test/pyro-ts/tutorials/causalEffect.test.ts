/**
 * A causal effect: a treatment that is given more often to the ill. Seeing and doing disagree; the oracle is the adjustment formula on the table
 * of the joint distribution.
 */
import type * as tf from '@tensorflow/tfjs';
import { bernoulli, condition, intervene, sample } from 'pyro-ts';
import { expect, test } from 'vitest';
import { marginal } from './search.js';

const numberOf = (x: tf.Tensor): number => x.dataSync()[0];
const ill = 0.4;
const treated = [0.2, 0.7]; // of the well, of the ill
/** recovers[ill][treated] */
const recovers = [
  [0.85, 0.95],
  [0.3, 0.6],
];

function model(): tf.Tensor {
  const i = numberOf(sample('ill', bernoulli(ill)));
  const t = numberOf(sample('treated', bernoulli(treated[i])));
  return sample('recovers', bernoulli(recovers[i][t]));
}

const chance = [1 - ill, ill];
const given = (t: number) => chance.map((p, i) => p * (t === 1 ? treated[i] : 1 - treated[i]));
const mean = (weights: number[], t: number) =>
  weights.reduce((sum, w, i) => sum + w * recovers[i][t], 0) / weights.reduce((a, b) => a + b, 0);

test.each([0, 1])('of those with treated = %i, seen and done', (t) => {
  expect(marginal(condition(model, { treated: t })).get(1)).toBeCloseTo(mean(given(t), t), 5);
  expect(marginal(intervene(model, { treated: t })).get(1)).toBeCloseTo(mean(chance, t), 5);
});

test('the treatment helps, although the treated recover less often', () => {
  const [seen, done] = [condition, intervene].map((how) =>
    [0, 1].map((t) => marginal(how(model, { treated: t })).get(1) ?? 0),
  );
  expect(seen[1]).toBeLessThan(seen[0]);
  expect(done[1]).toBeGreaterThan(done[0]);
});
