/** WAIC and leave-one-out cross-validation against ArviZ, pointwise log-likelihoods and exact leave-one-out of a conjugate model, predictive checks. */
import * as tf from '@tensorflow/tfjs';
import {
  loo,
  normal,
  ParamStore,
  Predictive,
  plate,
  pointwiseLogLikelihood,
  predictiveCheck,
  sample,
  waic,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../numbers.js';

/** 400 draws of 6 points from numbers that look random and are the same in Python. */
function made() {
  const [draws, points] = [400, 6];
  const y = [0.3, -1.2, 2.5, 0.1, 4, -0.6];
  const values = Float64Array.from({ length: draws * points }, (_, k) => {
    const [s, i] = [Math.floor(k / points), k % points];
    const noise = Math.sin(12.9898 * (s + 1) + 78.233 * (i + 1)) * 43758.5453;
    const u = noise - Math.floor(noise);
    return -0.5 * (y[i] - (0.8 + 0.2 * Math.log(u / (1 - u)))) ** 2 - 0.5 * Math.log(2 * Math.PI);
  });
  return { draws, points, values };
}

describe('ArviZ 0.23 on the same log-likelihoods', () => {
  test('az.waic(pointwise=True)', () => {
    const found = waic(made());
    expect(found.elpd).toBeCloseTo(-17.445135324489282, 6);
    expect(found.standardError).toBeCloseTo(4.856609935212794, 6);
    expect(found.effectiveParameters).toBeCloseTo(2.7968738612948023, 6);
    expectClose(found.pointwise, [
      ...[-1.1373436569273399, -3.3579254100544036, -2.630739233310979],
      ...[-1.255400809008966, -6.998357002522549, -2.0653692126650434],
    ]);
  });

  test('az.loo(pointwise=True, reff=1)', () => {
    const found = loo(made());
    expect(found.elpd).toBeCloseTo(-17.731541544748154, 5);
    expect(found.standardError).toBeCloseTo(5.062981561324634, 5);
    expect(found.effectiveParameters).toBeCloseTo(3.083280081553676, 5);
    const k = [
      0.18861131837697334, 0.8031457453643297, 0.08344258024555057, 0.24337689365366333, 0.9415006860354342,
      0.6156425506132108,
    ];
    expectClose(found.paretoK, k, 1e-5);
  });
});

describe('a normal mean with a known posterior', () => {
  const data = [0.4, -0.3, 1.2, 0.8, 2.1];
  const n = data.length;
  const posterior = (values: number[]) => ({
    mean: values.reduce((a, b) => a + b, 0) / (values.length + 1),
    variance: 1 / (values.length + 1),
  });
  const model = () => {
    const mu = sample('mu', normal(0, 1));
    plate('data', n, () => sample('y', normal(mu, 1), { obs: data }));
  };
  const { mean, variance } = posterior(data);
  const guide = () => sample('mu', normal(mean, Math.sqrt(variance)));
  const options = { guide, numSamples: 4000, params: new ParamStore(), seed: 3 };

  test('leave-one-out is that of fitting again without each point', () => {
    const exact = data.map((y, i) => {
      const rest = posterior(data.filter((_, j) => j !== i));
      const spread = 1 + rest.variance;
      return (-0.5 * (y - rest.mean) ** 2) / spread - 0.5 * Math.log(2 * Math.PI * spread);
    });
    const { y } = pointwiseLogLikelihood(model, options);
    expect([y.draws, y.points]).toEqual([4000, n]);
    expectClose(loo(y).pointwise, exact, 0.01, 0.01);
    expect(Math.max(...loo(y).paretoK)).toBeLessThan(0.5);
    expect(Math.abs(waic(y).elpd - exact.reduce((a, b) => a + b, 0))).toBeLessThan(0.15);
  });

  test('no tensor is left', () => {
    const before = tf.memory().numTensors;
    pointwiseLogLikelihood(model, { ...options, numSamples: 5 });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a model that observes nothing', () => {
    expect(() => pointwiseLogLikelihood(guide, { guide })).toThrow(/observes nothing/);
  });

  test('predictive checks: an ordinary mean, and a maximum out of reach', () => {
    const free = () => {
      const mu = sample('mu', normal(0, 1));
      plate('data', n, () => sample('y', normal(mu, 1)));
    };
    const { y } = new Predictive(free, { guide, numSamples: 1000, seed: 1 }).draw();
    const ofMean = predictiveCheck(y, tf.tensor1d(data), (x) => tf.mean(x));
    expect(Math.abs(ofMean - 0.5)).toBeLessThan(0.2);
    expect(predictiveCheck(y, tf.tensor1d([...data.slice(1), 9]), (x) => tf.max(x))).toBeLessThan(0.01);
    expect(() => predictiveCheck(y, tf.tensor1d([1]), (x) => tf.mean(x))).toThrow(/draws \[numSamples, 1\]/);
    y.dispose();
  });
});
