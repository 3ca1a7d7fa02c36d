/** Evidence of each datum against closed forms, where the model is linear and Gaussian, and against numerical integration. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  categorical,
  exponential,
  gamma,
  localLaplace,
  ModelGuideError,
  normal,
  ParamStore,
  param,
  plate,
  poisson,
  SiteError,
  sample,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../numbers.js';

const logNormal = (x: number, mean: number, variance: number): number =>
  -0.5 * Math.log(2 * Math.PI * variance) - (x - mean) ** 2 / (2 * variance);

/** log of the integral of exp(f) over [low, high] by the trapezoid rule. */
function logIntegral(f: (z: number) => number, low: number, high: number, steps = 20000): number {
  const h = (high - low) / steps;
  const logs = Array.from({ length: steps + 1 }, (_, i) => f(low + i * h));
  const most = Math.max(...logs);
  return most + Math.log(h * logs.reduce((sum, l) => sum + Math.exp(l - most), 0));
}

describe('localLaplace', () => {
  it('is exact for a linear Gaussian model with discrete latents', () => {
    const x = [0.2, 3.9, -1.5];
    const model = () =>
      plate('data', 3, () => {
        const k = sample('k', categorical([0.3, 0.7]));
        const s = sample('s', bernoulli(0.2));
        const z = sample('z', normal(0, 1));
        const mean = tf.add(tf.mul(z, 2), tf.add(tf.mul(k, 4), s));
        sample('x', normal(mean, param('noise', 0.5)), { obs: x });
      });
    const found = localLaplace(model, { plate: 'data', params: new ParamStore() });
    expect(found.choices).toEqual([
      { site: 'k', count: 2 },
      { site: 's', count: 2 },
    ]);
    const joint = [0, 1].flatMap((s) =>
      [0, 1].flatMap((k) => x.map((v) => Math.log([0.3, 0.7][k] * [0.8, 0.2][s]) + logNormal(v, 4 * k + s, 4 + 0.25))),
    );
    expectClose(found.jointEvidence, joint, 1e-4, 1e-4);
    const evidence = x.map((_, i) => Math.log([0, 1, 2, 3].reduce((sum, e) => sum + Math.exp(joint[3 * e + i]), 0)));
    expectClose(found.evidence, evidence, 1e-4, 1e-4);
    expectClose(
      found.probabilities,
      joint.map((l, i) => Math.exp(l - evidence[i % 3])),
      1e-3,
      1e-4,
    );
    // The posterior mean of z: 2 (x - 4 k - s) / (4 + 1/4).
    const means = [0, 1].flatMap((s) => [0, 1].flatMap((k) => x.map((v) => (2 * (v - 4 * k - s)) / 4.25)));
    expectClose(found.values.z, means, 1e-4, 1e-4);
    tf.dispose(Object.values(found.values));
  });

  it('is exact for several latents with a correlated posterior, and when a plate subsamples', () => {
    const data = tf.tensor2d([
      [1, 2],
      [-0.5, 0.3],
      [2, 2],
      [0, 1],
    ]);
    const model = () =>
      plate('data', 4, { subsample: [1, 2] }, (i) => {
        const z = sample('z', normal(tf.zeros([2]), 1).toEvent(1));
        const [a, b] = tf.unstack(z, -1);
        const mean = tf.stack([tf.add(a, b), b], -1);
        plate('pixels', 1, { dim: -2 }, () => sample('x', normal(mean, 0.7).toEvent(1), { obs: tf.gather(data, i) }));
      });
    const found = localLaplace(model, { plate: 'data' });
    // x = A z + noise: covariance A A' + .49 I = [[2.49, 1], [1, 1.49]].
    const det = 2.49 * 1.49 - 1;
    const expected = [
      [-0.5, 0.3],
      [2, 2],
    ].map(
      ([a, b]) => -Math.log(2 * Math.PI) - Math.log(det) / 2 - (1.49 * a * a - 2 * a * b + 2.49 * b * b) / (2 * det),
    );
    expectClose(found.evidence, expected, 1e-4, 1e-4);
    tf.dispose([data, ...Object.values(found.values)]);
  });

  it('comes close to numerical integration where the data pin the latents down', () => {
    const x = [12, 40, 7];
    // A positive latent: in unconstrained space the density has the Jacobian of exp.
    const model = () => plate('data', 3, () => sample('x', poisson(sample('rate', gamma(3, 0.2))), { obs: x }));
    const found = localLaplace(model, { plate: 'data', initial: { rate: tf.tensor1d([5, 5, 5]) } });
    // Gamma-Poisson: the evidence is negative binomial with r = 3, p = .2 / 1.2.
    const logFactorial = (n: number) => Array.from({ length: n }, (_, i) => Math.log(i + 1)).reduce((a, b) => a + b, 0);
    const exact = x.map(
      (n) => logFactorial(n + 2) - logFactorial(n) - logFactorial(2) + 3 * Math.log(0.2 / 1.2) + n * Math.log(1 / 1.2),
    );
    expectClose(found.evidence, exact, 0, 0.01);
    expectClose(
      found.values.rate,
      x.map((n) => (n + 3) / 1.2),
      1e-3,
    );
    tf.dispose(Object.values(found.values));
  });

  it('weighs a non-Gaussian model like numerical integration, for each value of its class', () => {
    const x = [1.1, 2.4];
    const model = () =>
      plate('data', 2, () => {
        const k = sample('k', bernoulli(0.4));
        const z = sample('z', normal(0, 1));
        sample('x', normal(tf.add(tf.sin(z), tf.mul(k, tf.exp(tf.mul(z, 0.5)))), 0.1), { obs: x });
      });
    const { jointEvidence, values } = localLaplace(model, { plate: 'data', initial: { z: 1 }, steps: 40 });
    tf.dispose(Object.values(values));
    const joint = (v: number, k: number) =>
      logIntegral(
        (z) => Math.log(k ? 0.4 : 0.6) + logNormal(z, 0, 1) + logNormal(v, Math.sin(z) + k * Math.exp(z / 2), 0.01),
        // One of the modes: sin(z) = x has others.
        -1,
        Math.PI / 2 + 1,
      );
    expect(jointEvidence[2]).toBeCloseTo(joint(1.1, 1), 1);
    expect(jointEvidence[3]).toBeCloseTo(joint(2.4, 1), 1);
  });

  it('frees its tensors', () => {
    const model = () => plate('data', 2, () => sample('x', normal(sample('z', normal(0, 1)), 1), { obs: [1, 2] }));
    const { values } = localLaplace(model, { plate: 'data' });
    tf.dispose(Object.values(values));
    const before = tf.memory().numTensors;
    tf.dispose(Object.values(localLaplace(model, { plate: 'data' }).values));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says what it cannot do', () => {
    const outside = () => {
      const mu = sample('mu', normal(0, 1));
      plate('data', 2, () => sample('x', normal(sample('z', normal(mu, 1)), 1), { obs: [1, 2] }));
    };
    expect(() => localLaplace(outside, { plate: 'data' })).toThrow(ModelGuideError);
    expect(() => localLaplace(outside, { plate: 'images' })).toThrow(SiteError);
    const inner = () =>
      plate('data', 2, { dim: -1 }, () =>
        plate('pixels', 3, { dim: -2 }, () => sample('x', normal(sample('z', exponential(1)), 1), { obs: [1, 2] })),
      );
    expect(() => localLaplace(inner, { plate: 'data' })).toThrow(/toEvent/);
    const plain = () => plate('data', 2, () => sample('x', normal(sample('z', normal(0, 1)), 1), { obs: [1, 2] }));
    expect(() => localLaplace(plain, { plate: 'data', initial: { y: 0 } })).toThrow(/"y"/);
  });
});
