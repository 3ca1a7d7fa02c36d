/**
 * "SVI Part I" of Pyro's tutorials: the fairness of a coin that showed 6 heads in 10 throws, with a Beta(10, 10) prior and a Beta guide. The
 * posterior is Beta(16, 14).
 */
import { bernoulli, beta, constraints, param, plate, sample } from 'pyro-ts';
import { expect, test } from 'vitest';
import { train, valuesOf } from '../autoguide/train.js';

test('the guide becomes the posterior', () => {
  const data = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0];
  const positive = { constraint: constraints.positive };
  const model = () => {
    const fairness = sample('fairness', beta(10, 10));
    plate('throws', data.length, () => sample('head', bernoulli(fairness), { obs: data }));
  };
  const guide = () => {
    sample('fairness', beta(param('alpha', 15, positive), param('beta', 15, positive)));
  };
  const svi = train(model, guide, { steps: 800, lr: 0.02, args: [] });
  const [[a], [b]] = [valuesOf(svi.params, 'alpha'), valuesOf(svi.params, 'beta')];
  const [mean, deviation] = [a / (a + b), Math.sqrt((a * b) / ((a + b) ** 2 * (a + b + 1)))];
  // One draw a step: half a percent of noise is left at the end of the schedule.
  expect(Math.abs(mean - 16 / 30)).toBeLessThan(0.012);
  expect(Math.abs(deviation - Math.sqrt((16 * 14) / (30 ** 2 * 31)))).toBeLessThan(0.01);
});
