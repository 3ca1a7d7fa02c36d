/** A Bayesian neural network: predictions in and beyond the data, against NumPyro's NUTS (bench/reference/tutorials/bayesian_neural_network.py). */
import * as tf from '@tensorflow/tfjs';
import {
  AutoMultivariateNormal,
  deterministic,
  halfNormal,
  normal,
  Predictive,
  plate,
  sample,
  TraceELBO,
} from 'pyro-ts';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/bayesian_neural_network.json' with { type: 'json' };
import { train } from '../autoguide/train.js';

// program
function model(x: tf.Tensor, y?: tf.Tensor, hidden = 5) {
  const w1 = sample('w1', normal(0, 1).expand([1, hidden]).toEvent(2));
  const b1 = sample('b1', normal(0, 1).expand([hidden]).toEvent(1));
  const w2 = sample('w2', normal(0, 1).expand([hidden, 1]).toEvent(2));
  const sigma = sample('sigma', halfNormal(0.5));
  const mean = deterministic('mean', tf.squeeze(tf.matMul(tf.tanh(tf.matMul(x, w1).add(b1)), w2), [-1]));
  plate('data', x.shape[0], () => sample('y', normal(mean, sigma), y ? { obs: y } : {}));
}

const auto = new AutoMultivariateNormal(model);
// end

test("predictions are NUTS's amid the data, and less certain beyond them", () => {
  const [x, y, beyond] = [tf.tensor2d(figures.x), tf.tensor1d(figures.y), tf.tensor2d(figures.new)];
  const elbo = new TraceELBO({ numParticles: 4 });
  const args: [tf.Tensor, tf.Tensor] = [x, y];
  const { params } = train(model, auto.guide, { steps: 3000, lr: 0.03, elbo, args });
  const { mean } = new Predictive(model, { guide: auto.guide, params, numSamples: 400, returnSites: ['mean'] }).draw(
    beyond,
  );
  const moments = tf.moments(mean, [0]);
  const [found, spread] = [moments.mean.dataSync(), moments.variance.dataSync().map(Math.sqrt)];
  for (let i = 0; i < 4; i++) expect(Math.abs(found[i] - figures.mean[i])).toBeLessThan(0.12);
  // Beyond the data NUTS averages over modes of which one normal has one, and amid them the normal is the less certain: only the order is compared.
  expect(spread[4]).toBeGreaterThan(spread[1]);
  tf.dispose([x, y, beyond, mean, moments.mean, moments.variance]);
});
