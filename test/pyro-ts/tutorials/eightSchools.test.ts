/**
 * Eight schools (Rubin 1981): Pyro's example `eight_schools/svi.py` and its mean-field guide, which both come to the same bound, and an autoguide
 * with dependencies against NumPyro's NUTS (bench/reference/tutorials/eight_schools.py).
 */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoMultivariateNormal,
  constraints,
  halfCauchy,
  normal,
  Predictive,
  param,
  plate,
  SVI,
  sample,
  TraceELBO,
} from 'pyro-ts';
import { ExpTransform, TransformedDistribution } from 'pyro-ts/distributions';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/eight_schools.json' with { type: 'json' };
import { expectClose } from '../../numbers.js';
import { train, valuesOf } from '../autoguide/train.js';

const J = 8;
const data = { y: [28, 8, -3, 7, -1, 1, 18, 12], sigma: [15, 10, 16, 11, 9, 11, 10, 18] };

// program
function model({ y, sigma }: { y: number[]; sigma: number[] }) {
  const mu = sample('mu', normal(0, 10));
  const tau = sample('tau', halfCauchy(25));
  plate('data', J, () => {
    const eta = sample('eta', normal(0, 1));
    const theta = mu.add(tau.mul(eta));
    sample('obs', normal(theta, sigma), { obs: y });
  });
}

const positive = { constraint: constraints.positive };

function guide() {
  const locEta = param('loc_eta', tf.zeros([J]));
  const scaleEta = param('scale_eta', tf.fill([J], 0.1), positive);
  const locMu = param('loc_mu', 0);
  const scaleMu = param('scale_mu', 0.1, positive);
  const locLogTau = param('loc_logtau', 0);
  const scaleLogTau = param('scale_logtau', 0.1, positive);

  sample('mu', normal(locMu, scaleMu));
  sample('tau', new TransformedDistribution(normal(locLogTau, scaleLogTau), [new ExpTransform()]));
  plate('data', J, () => sample('eta', normal(locEta, scaleEta)));
}
// end

const particles = (numParticles: number) =>
  new TraceELBO({ numParticles, vectorizeParticles: true, maxPlateNesting: 1 });

test("the mean-field guide comes to Pyro's bound and parameters", () => {
  const svi = train(model, guide, { steps: 1500, lr: 0.05, elbo: particles(16), args: [data] });
  for (const [name, value] of Object.entries(figures.learned)) {
    expectClose(valuesOf(svi.params, name), value, 0.05, name === 'loc_mu' ? 0.3 : 0.06);
  }
  const loss = new SVI(model, guide, new Adam(), particles(40_000), { params: svi.params }).evaluateLoss(data);
  // Both are means of draws, of which a thousand differ by .1.
  expect(Math.abs(loss - figures.loss.mean)).toBeLessThan(0.03);
});

test("with a covariance, the means and deviations are NUTS's", () => {
  const auto = new AutoMultivariateNormal(model);
  const svi = train(model, auto.guide, { steps: 3000, lr: 0.03, elbo: particles(32), args: [data] });
  const options = { guide: auto.guide, params: svi.params, numSamples: 8000, parallel: true, maxPlateNesting: 1 };
  const draws = new Predictive(model, { ...options, returnSites: ['mu', 'eta'] }).draw(data);
  const { eta, mu } = figures.posterior;
  for (const [name, expected] of Object.entries({ eta: [eta.mean, eta.deviation], mu: [[mu.mean], [mu.deviation]] })) {
    const { mean, variance } = tf.moments(draws[name], [0]);
    const scale = Math.max(...expected[1].flat());
    expectClose(mean.flatten(), expected[0], 0, 0.15 * scale);
    expectClose(variance.sqrt().flatten(), expected[1], 0.12);
    tf.dispose([mean, variance]);
  }
  tf.dispose(draws);
});
