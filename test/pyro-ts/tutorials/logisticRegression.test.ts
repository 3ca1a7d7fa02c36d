/** Logistic regression on 40 of 200 points in each step ("SVI Part II"), against NumPyro's NUTS on all (bench/reference/tutorials/logistic_regression.py). */
import * as tf from '@tensorflow/tfjs';
import { AutoMultivariateNormal, bernoulli, normal, plate, sample, TraceELBO, take } from 'pyro-ts';
import { test } from 'vitest';
import figures from '../../../bench/reference/tutorials/logistic_regression.json' with { type: 'json' };
import { train } from '../autoguide/train.js';
import { expectPosterior } from './posterior.js';

// program
function model(x: tf.Tensor, y: tf.Tensor) {
  const w = sample('w', normal(0, 2).expand([3]).toEvent(1));
  const b = sample('b', normal(0, 2));
  plate('data', y.size, { subsampleSize: 40 }, (ind) => {
    const logits = tf.sum(take(x, ind).mul(w), -1).add(b);
    sample('y', bernoulli({ logits }), { obs: take(y, ind) });
  });
}

const auto = new AutoMultivariateNormal(model);
// end

test("the posterior is NUTS's", () => {
  const args: [tf.Tensor, tf.Tensor] = [tf.tensor2d(figures.data.x), tf.tensor1d(figures.data.y)];
  const { params } = train(model, auto.guide, {
    steps: 4000,
    lr: 0.05,
    elbo: new TraceELBO({ maxPlateNesting: 1 }),
    compile: true,
    args,
  });
  const tolerance = { means: 0.35, deviations: 0.2, maxPlateNesting: 1 };
  expectPosterior(model, auto.guide, params, figures.posterior, tolerance, ...args);
  tf.dispose(args);
});
