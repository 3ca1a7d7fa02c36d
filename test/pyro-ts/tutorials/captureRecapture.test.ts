/**
 * Capture-recapture (Cormack, Jolly, Seber): Pyro's example `cjs.py`, whose mask Pyro changes after it was used (see
 * bench/reference/tutorials/capture_recapture.py). The oracle is the sum over the time of death by hand.
 */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoMultivariateNormal,
  bernoulli,
  condition,
  markov,
  mask,
  plate,
  SVI,
  sample,
  TraceEnumELBO,
  uniform,
} from 'pyro-ts';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/capture_recapture.json' with { type: 'json' };
import { expectClose } from '../../numbers.js';
import { mediansOf, train } from '../autoguide/train.js';

// program
function model(captureHistory: tf.Tensor) {
  const [N, T] = captureHistory.shape;
  const phi = sample('phi', uniform(0, 1)); // survival probability
  const rho = sample('rho', uniform(0, 1)); // recapture probability
  const captures = tf.unstack(captureHistory, 1);

  plate('animals', N, { dim: -1 }, () => {
    let z: tf.Tensor = tf.ones([N]);
    let wasCaptured: tf.Tensor = tf.zeros([N]);
    markov(T, (t) => {
      mask.with(wasCaptured, () => {
        const survival = wasCaptured.mul(phi).mul(z).add(tf.sub(1, wasCaptured));
        // Parallel enumeration sums out the states; nothing counts up to an animal's first capture.
        z = sample(`z_${t}`, bernoulli(survival), { infer: { enumerate: 'parallel' } });
        sample(`y_${t}`, bernoulli(rho.mul(z)), { obs: captures[t] });
      });
      wasCaptured = tf.maximum(wasCaptured, captures[t]);
    });
  });
}
// end

/** log p(histories | phi, rho). */
const logLikelihood = (phi: number, rho: number): number =>
  figures.history.reduce((total, history) => {
    let [dead, alive] = [0, 1];
    const first = history.indexOf(1);
    for (const seen of first < 0 ? [] : history.slice(first + 1)) {
      [dead, alive] = seen ? [0, alive * phi * rho] : [dead + alive * (1 - phi), alive * phi * (1 - rho)];
    }
    return total + Math.log(dead + alive);
  }, 0);

const elbo = new TraceEnumELBO({ maxPlateNesting: 1 });

test('the loss at known probabilities is that of Pyro and of the sum by hand', () => {
  const history = tf.tensor2d(figures.history);
  for (const [phi, rho, loss] of figures.losses) {
    const known = condition(model, { phi, rho });
    const found = new SVI(known, () => {}, new Adam(), elbo).evaluateLoss(history);
    expectClose([found, found], [loss, -logLikelihood(phi, rho)], 1e-5);
  }
  history.dispose();
});

test('the posterior is that of a grid', () => {
  const grid = Array.from({ length: 100 }, (_, i) => (i + 0.5) / 100);
  const cells = grid.flatMap((phi) =>
    grid.map((rho) => ({ phi, rho, weight: Math.exp(logLikelihood(phi, rho) + 62) })),
  );
  const total = cells.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (of: 'phi' | 'rho') => cells.reduce((sum, cell) => sum + cell[of] * cell.weight, 0) / total;
  const history = tf.tensor2d(figures.history);
  const auto = new AutoMultivariateNormal(model, { sites: ['phi', 'rho'] });
  const svi = train(model, auto.guide, { steps: 500, lr: 0.05, elbo, args: [history] });
  const medians = mediansOf(auto, svi.params);
  expect(Math.abs(medians.phi[0] - mean('phi'))).toBeLessThan(0.015);
  expect(Math.abs(medians.rho[0] - mean('rho'))).toBeLessThan(0.015);
  // The bound comes close to the evidence, the mean likelihood over the prior's square.
  const evidence = Math.log(total / cells.length) - 62;
  const losses = Array.from({ length: 100 }, () => {
    svi.steps++;
    return svi.evaluateLoss(history);
  });
  const gap = losses.reduce((a, b) => a + b, 0) / 100 + evidence;
  expect(gap).toBeGreaterThan(-0.03);
  expect(gap).toBeLessThan(0.06);
  history.dispose();
});
