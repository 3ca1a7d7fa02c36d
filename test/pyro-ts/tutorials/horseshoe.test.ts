/** Horseshoe regression (Carvalho, Polson & Scott 2010): the three coefficients of eight, against NumPyro's NUTS (bench/reference/tutorials/horseshoe.py). */
import * as tf from '@tensorflow/tfjs';
import {
  AutoMultivariateNormal,
  deterministic,
  halfCauchy,
  halfNormal,
  normal,
  plate,
  sample,
  TraceELBO,
} from 'pyro-ts';
import { test } from 'vitest';
import figures from '../../../bench/reference/tutorials/horseshoe.json' with { type: 'json' };
import { train } from '../autoguide/train.js';
import { expectPosterior } from './posterior.js';

// program
function model(X: tf.Tensor, y: tf.Tensor) {
  const P = X.shape[1];
  const tau = sample('tau', halfCauchy(0.5));
  const [lambda, unscaled] = plate('coefficients', P, () => [
    sample('lambda', halfCauchy(1)),
    sample('unscaled', normal(0, 1)),
  ]);
  const beta = deterministic('beta', tau.mul(lambda).mul(unscaled));
  const sigma = sample('sigma', halfNormal(1));
  plate('data', y.size, () => sample('y', normal(tf.sum(X.mul(beta.expandDims(-2)), -1), sigma), { obs: y }));
}

const auto = new AutoMultivariateNormal(model, { initScale: 0.3 });
// end

test("coefficients are NUTS's", () => {
  const args: [tf.Tensor, tf.Tensor] = [tf.tensor2d(figures.data.X), tf.tensor1d(figures.data.y)];
  const elbo = new TraceELBO({ numParticles: 16, vectorizeParticles: true, maxPlateNesting: 1 });
  const { params } = train(model, auto.guide, { steps: 3000, lr: 0.03, elbo, args });
  expectPosterior(model, auto.guide, params, figures.posterior, { means: 0.4, maxPlateNesting: 1 }, ...args);
  tf.dispose(args);
});
