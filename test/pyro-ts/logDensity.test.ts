/** Log-densities against formulas written out in float64, and their gradients against differences of these. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  categorical,
  halfCauchy,
  logDensity,
  ModelGuideError,
  normal,
  param,
  plate,
  ShapeError,
  sample,
} from 'pyro-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => tf.engine().startScope());
afterAll(() => tf.engine().endScope());

const normalLog = (x: number, loc: number, scale: number) =>
  -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);

const y = [28, 8, -3, 7, -1, 1, 18, 12];
const sigma = [15, 10, 16, 11, 9, 11, 10, 18];
function eightSchools(effects: tf.Tensor): void {
  const mu = sample('mu', normal(param('centre', 0), 5));
  const tau = sample('tau', halfCauchy(5));
  plate('schools', 8, () => {
    const theta = sample('theta', normal(mu, tau));
    sample('y', normal(theta, tf.tensor1d(sigma)), { obs: effects });
  });
}
/** Of (mu, log tau, theta). */
function eightSchoolsBy([mu, logTau, ...theta]: readonly number[]): number {
  const tau = Math.exp(logTau);
  const prior = normalLog(mu, 0, 5) + Math.log(2 / (Math.PI * 5)) - Math.log1p((tau / 5) ** 2) + logTau;
  return theta.reduce((sum, t, i) => sum + normalLog(t, mu, tau) + normalLog(y[i], t, sigma[i]), prior);
}

const points = [-4.2, -3.7, 0.3, 4.8, 5.1];
function mixture(data: tf.Tensor): void {
  const locs = sample('locs', normal(0, 5).expand([2]).toEvent(1));
  plate('data', points.length, () => {
    const z = sample('z', categorical(tf.tensor1d([0.3, 0.7])), { infer: { enumerate: 'parallel' } });
    const loc = tf.sum(tf.mul(tf.cast(tf.oneHot(tf.cast(z, 'int32'), 2), 'float32'), locs), -1);
    sample('x', normal(loc, 1), { obs: data });
  });
}
const mixtureBy = (locs: readonly number[]): number =>
  points.reduce(
    (sum, x) => sum + Math.log(0.3 * Math.exp(normalLog(x, locs[0], 1)) + 0.7 * Math.exp(normalLog(x, locs[1], 1))),
    normalLog(locs[0], 0, 5) + normalLog(locs[1], 0, 5),
  );

const cases = {
  'eight schools': [() => logDensity(eightSchools, tf.tensor1d(y)), eightSchoolsBy, 10],
  'a mixture, summed over its clusters': [() => logDensity(mixture, tf.tensor1d(points)), mixtureBy, 2],
} as const;

describe('the log-density', () => {
  it.each(Object.entries(cases))('of %s', (_, [make, formula, size]) => {
    const density = make();
    expect(density.size).toBe(size);
    const gradient = new Float64Array(size);
    for (let trial = 0; trial < 5; trial++) {
      const position = Array.from({ length: size }, (_, i) => Math.fround(Math.sin(3 * trial + i)));
      const wanted = formula(position);
      expect(density.valueAndGradient(position, gradient)).toBeCloseTo(wanted, 3);
      position.forEach((x, i) => {
        const at = (moved: number) => formula(position.map((p, k) => (k === i ? moved : p)));
        const slope = (at(x + 1e-5) - at(x - 1e-5)) / 2e-5;
        expect(gradient[i] / Math.max(1, Math.abs(slope))).toBeCloseTo(slope / Math.max(1, Math.abs(slope)), 4);
      });
    }
  });

  it('says where each variable lies, and gives it back on its support', () => {
    const density = logDensity(eightSchools, tf.tensor1d(y));
    expect(density.sites).toEqual([
      { name: 'mu', shape: [], offset: 0, size: 1 },
      { name: 'tau', shape: [], offset: 1, size: 1 },
      { name: 'theta', shape: [8], offset: 2, size: 8 },
    ]);
    const position = density.start.slice();
    position[1] = Math.log(3);
    expect(density.values(position).tau.dataSync()[0]).toBeCloseTo(3, 5);
    expect(density.values(position).theta.shape).toEqual([8]);
  });

  it('leaves no tensors behind', () => {
    const density = logDensity(eightSchools, tf.tensor1d(y));
    const gradient = new Float64Array(density.size);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 10; i++) density.valueAndGradient(density.start, gradient);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is not made of discrete variables, subsamples, or positions of another size', () => {
    expect(() => logDensity(() => void sample('k', bernoulli(0.5)))).toThrow(ModelGuideError);
    expect(() =>
      logDensity(() => void plate('data', 9, { subsampleSize: 3 }, () => sample('x', normal(0, 1)))),
    ).toThrow(/subsample/);
    expect(() => logDensity(mixture, tf.tensor1d(points)).valueAndGradient([1], new Float64Array(2))).toThrow(
      ShapeError,
    );
  });
});
