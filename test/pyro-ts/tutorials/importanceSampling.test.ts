/** Importance sampling: the weight of an object on an unreliable scale (Pyro's introduction), against its normal posterior and evidence. */
import { condition, importance, normal, sample } from 'pyro-ts';
import { expect, test } from 'vitest';
import { logNormal } from '../autoguide/train.js';

// program
function scale(guess: number) {
  const weight = sample('weight', normal(guess, 1));
  return sample('measurement', normal(weight, 0.75));
}

const conditionedScale = condition(scale, { measurement: 9.5 });
const guide = () => sample('weight', normal(9, 1));
const posterior = importance(conditionedScale, { guide, numSamples: 2000 }, 8.5);
const { logEvidence, effectiveSampleSize, paretoK } = posterior;
const mean = posterior.values.weight.reduce((sum, [w], i) => sum + w * Math.exp(posterior.logWeights[i]), 0);
// end

test('evidence, mean and effective sample size', () => {
  const [exact, variance] = [logNormal(9.5, 8.5, 1 + 0.75 ** 2), 1 / (1 + 0.75 ** -2)];
  expect(Math.abs(logEvidence - exact)).toBeLessThan(0.06);
  const average = mean / (2000 * Math.exp(logEvidence));
  expect(Math.abs(average - (8.5 + 9.5 * 0.75 ** -2) * variance)).toBeLessThan(0.06);
  // (sum of weights)^2 / sum of squared weights: E[w]^2 / E[w^2] for posterior N(9.14, .6^2) and guide N(9, 1), by quadrature.
  const centre = (8.5 + 9.5 * 0.75 ** -2) * variance;
  let second = 0;
  for (let w = 0; w < 20; w += 0.01) {
    second += 0.01 * Math.exp(2 * logNormal(w, centre, variance) - logNormal(w, 9, 1));
  }
  expect(Math.abs(effectiveSampleSize / (2000 / second) - 1)).toBeLessThan(0.06);
  expect(paretoK).toBeLessThan(0.5);
});
