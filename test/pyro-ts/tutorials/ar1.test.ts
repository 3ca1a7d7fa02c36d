/** A hidden AR(1) chain of one `scan` site, against NumPyro's NUTS (bench/reference/tutorials/ar1.py). */
import * as tf from '@tensorflow/tfjs';
import { AutoMultivariateNormal, halfNormal, normal, sample, scan, TraceELBO, uniform } from 'pyro-ts';
import { test } from 'vitest';
import figures from '../../../bench/reference/tutorials/ar1.json' with { type: 'json' };
import { train } from '../autoguide/train.js';
import { expectPosterior } from './posterior.js';

// program
function model(y: tf.Tensor) {
  const phi = sample('phi', uniform(-1, 1));
  const sigma = sample('sigma', halfNormal(1));

  const step = (previous: tf.Tensor) => normal(phi.mul(previous), sigma);
  const x = scan('x', step, { init: tf.tensor(0), length: y.size, next: (_, value) => value });
  sample('y', normal(x, 0.5).toEvent(1), { obs: y });
}

const auto = new AutoMultivariateNormal(model);
// end

test("the posterior is NUTS's", () => {
  const args: [tf.Tensor] = [tf.tensor1d(figures.y)];
  const elbo = new TraceELBO({ numParticles: 4, vectorizeParticles: true, maxPlateNesting: 0 });
  const { params } = train(model, auto.guide, { steps: 1200, lr: 0.03, elbo, args });
  expectPosterior(model, auto.guide, params, figures.posterior, { means: 0.3, maxPlateNesting: 0 }, ...args);
  tf.dispose(args);
});
