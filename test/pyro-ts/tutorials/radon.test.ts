/**
 * Radon (Gelman & Hill 2007): an intercept and a slope for each county, with particles in turn and vectorised, against NumPyro's NUTS
 * (bench/reference/tutorials/radon.py).
 */
import * as tf from '@tensorflow/tfjs';
import { Adam, AutoMultivariateNormal, halfNormal, normal, plate, SVI, sample, TraceELBO, take } from 'pyro-ts';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/radon.json' with { type: 'json' };
import { train } from '../autoguide/train.js';
import { expectPosterior } from './posterior.js';

const J = 8;

// program
function model(county: tf.Tensor, floor: tf.Tensor, logRadon: tf.Tensor) {
  const muA = sample('mu_a', normal(0, 2));
  const sigmaA = sample('sigma_a', halfNormal(1));
  const muB = sample('mu_b', normal(0, 2));
  const sigmaB = sample('sigma_b', halfNormal(1));
  const sigma = sample('sigma', halfNormal(1));
  const [a, b] = plate('counties', J, () => [sample('a', normal(muA, sigmaA)), sample('b', normal(muB, sigmaB))]);
  plate('houses', logRadon.size, () => {
    const mean = take(a, county, -1).add(take(b, county, -1).mul(floor));
    sample('obs', normal(mean, sigma), { obs: logRadon });
  });
}

const auto = new AutoMultivariateNormal(model, { initScale: 0.3 });
// end

test("the posterior is NUTS's", () => {
  const args = Object.values(figures.data).map((x) => tf.tensor1d(x)) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const vectorized = (numParticles: number) =>
    new TraceELBO({ numParticles, vectorizeParticles: true, maxPlateNesting: 1 });
  const { params } = train(model, auto.guide, { steps: 1500, lr: 0.05, elbo: vectorized(8), args });
  const loss = (elbo: TraceELBO) => new SVI(model, auto.guide, new Adam(), elbo, { params }).evaluateLoss(...args);
  // In turn and at once the particles estimate one bound.
  expect(Math.abs(loss(new TraceELBO({ numParticles: 200 })) - loss(vectorized(2000)))).toBeLessThan(0.5);
  // One normal over all sites has no room for a funnel: the standard deviations between counties come out too certain.
  const { sigma_a, sigma_b, ...others } = figures.posterior;
  const tolerance = { means: 0.3, deviations: 0.35, maxPlateNesting: 1 };
  expectPosterior(model, auto.guide, params, others, tolerance, ...args);
  expectPosterior(model, auto.guide, params, { sigma_a, sigma_b }, { means: 0.5, maxPlateNesting: 1 }, ...args);
  tf.dispose(args);
});
