/** "Dirichlet Process Mixture Models" of Pyro's tutorials, assignments enumerated: bound and centres of Pyro (bench/reference/tutorials/dpmm.py). */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  beta,
  categorical,
  configEnumerate,
  constraints,
  multivariateNormal,
  param,
  plate,
  SVI,
  sample,
  TraceEnumELBO,
  take,
} from 'pyro-ts';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/dpmm.json' with { type: 'json' };
import { expectClose } from '../../numbers.js';
import { valuesOf } from '../autoguide/train.js';

const [T, alpha] = [6, 1];

// program
function mixWeights(b: tf.Tensor) {
  const rest = tf.cumprod(tf.sub(1, b), -1);
  const one = tf.onesLike(b.slice([0], [1]));
  return tf.concat([b, one], -1).mul(tf.concat([one, rest], -1));
}

function model(data: tf.Tensor) {
  const b = plate('beta_plate', T - 1, () => sample('beta', beta(1, alpha)));

  const mu = plate('mu_plate', T, () => sample('mu', multivariateNormal([0, 0], { covariance: tf.eye(2).mul(5) })));

  plate('data', data.shape[0], () => {
    const z = sample('z', categorical(mixWeights(b)));
    sample('obs', multivariateNormal(take(mu, z), { covariance: tf.eye(2) }), { obs: data });
  });
}

const guide = configEnumerate((data: tf.Tensor) => {
  const N = data.shape[0];
  const kappa = param('kappa', tf.ones([T - 1]), { constraint: constraints.positive });
  const tau = param('tau', figures.start);
  const phi = param('phi', tf.fill([N, T], 1 / T), { constraint: constraints.simplex });

  plate('beta_plate', T - 1, () => sample('beta', beta(1, kappa)));

  plate('mu_plate', T, () => sample('mu', multivariateNormal(tau, { covariance: tf.eye(2).mul(0.3) })));

  plate('data', N, () => sample('z', categorical(phi)));
});
// end

test("bound and centres are Pyro's", () => {
  const data = tf.tensor2d(figures.data);
  const svi = new SVI(model, guide, new Adam({ lr: 0.05 }), new TraceEnumELBO({ maxPlateNesting: 1 }), {
    compile: true,
  });
  svi.run(400, data);
  const losses = Array.from({ length: 60 }, () => {
    svi.steps++;
    return svi.evaluateLoss(data);
  });
  const loss = losses.reduce((a, b) => a + b, 0) / losses.length;
  const error = Math.sqrt(losses.reduce((sum, x) => sum + (x - loss) ** 2, 0)) / losses.length;
  expect(Math.abs(loss - figures.loss.mean)).toBeLessThan(3 * error + 3 * figures.loss.error + 0.5);
  const [tau, phi] = [valuesOf(svi.params, 'tau'), valuesOf(svi.params, 'phi')];
  for (const [k, weight] of figures.weights.entries()) {
    const found = phi.reduce((sum, p, i) => sum + (i % T === k ? p : 0), 0) / figures.data.length;
    expect(Math.abs(found - weight)).toBeLessThan(0.04);
    if (weight > 0.2) expectClose(tau.slice(2 * k, 2 * k + 2), figures.tau[k], 0, 0.25);
  }
  data.dispose();
});
