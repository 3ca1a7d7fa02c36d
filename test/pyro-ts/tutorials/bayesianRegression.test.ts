/**
 * "Bayesian Regression - Inference Algorithms (Part 2)" of Pyro's tutorials on simulated countries: Pyro's bound, NumPyro's NUTS posterior
 * (bench/reference/tutorials/bayesian_regression.py).
 */
import * as tf from '@tensorflow/tfjs';
import { Adam, AutoMultivariateNormal, normal, plate, SVI, sample, TraceELBO, uniform } from 'pyro-ts';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/bayesian_regression.json' with { type: 'json' };
import { train } from '../autoguide/train.js';
import { expectPosterior } from './posterior.js';

// program
function model(isContAfrica: tf.Tensor, ruggedness: tf.Tensor, logGdp: tf.Tensor) {
  const a = sample('a', normal(0, 10));
  const bA = sample('bA', normal(0, 1));
  const bR = sample('bR', normal(0, 1));
  const bAR = sample('bAR', normal(0, 1));
  const sigma = sample('sigma', uniform(0, 10));
  const mean = a.add(bA.mul(isContAfrica)).add(bR.mul(ruggedness)).add(bAR.mul(isContAfrica).mul(ruggedness));
  plate('data', ruggedness.size, () => sample('obs', normal(mean, sigma), { obs: logGdp }));
}

const auto = new AutoMultivariateNormal(model);
// end

test("bound and posterior are Pyro's and NUTS's", () => {
  const { africa, ruggedness, log_gdp } = figures.data;
  const args = [tf.tensor1d(africa), tf.tensor1d(ruggedness), tf.tensor1d(log_gdp)] as const;
  const elbo = (numParticles: number) => new TraceELBO({ numParticles, vectorizeParticles: true, maxPlateNesting: 1 });
  const { params } = train(model, auto.guide, { steps: 1500, lr: 0.1, elbo: elbo(16), args: [...args] });
  const loss = new SVI(model, auto.guide, new Adam(), elbo(20_000), { params }).evaluateLoss(...args);
  expect(Math.abs(loss - figures.loss.mean)).toBeLessThan(0.06);
  const tolerance = { means: 0.1, deviations: 0.1, maxPlateNesting: 1 };
  expectPosterior(model, auto.guide, params, figures.posterior, tolerance, ...args);
  tf.dispose([...args]);
});
