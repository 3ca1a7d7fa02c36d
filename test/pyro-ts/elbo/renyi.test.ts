/** RenyiELBO: its formula draw by draw, plates outside of the mean, the evidence as its limit, and unbiased score functions. */
import * as tf from '@tensorflow/tfjs';
import { Adam, bernoulli, normal, ParamStore, param, plate, RenyiELBO, SVI, sample, seed, TraceELBO } from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../numbers.js';
import { ForcedHandler, lossAndGradients, NoiseHandler } from '../replayed.js';

const logNormal = (x: number, loc: number, s: number) =>
  -0.5 * ((x - loc) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
const logMeanExp = (x: number[]) => Math.log(x.reduce((s, v) => s + Math.exp(v), 0) / x.length);

/** z_i ~ N(0, 1), x_i ~ N(z_i, 0.5) with a guide N(loc, scale) that is too wide and off centre. */
const data = [0.8, -0.3, 1.5];
const [loc, scale] = [0.2, 0.9];
const model = () => plate('data', 3, () => sample('x', normal(sample('z', normal(0, 1)), 0.5), { obs: data }));
const guide = () =>
  plate('data', 3, () => {
    sample('z', normal(param('loc', loc), param('scale', scale)));
  });
const noise = [
  [0.3, -1.2, 0.1],
  [1.7, 0.4, -0.6],
  [-0.2, 0.9, 2.1],
  [0.6, -0.5, -1.4],
];
/** log p - log q of particle k at element i. */
const logWeight = (k: number, i: number, l = loc, s = scale) => {
  const z = l + s * noise[k][i];
  return logNormal(z, 0, 1) + logNormal(data[i], z, 0.5) - logNormal(z, l, s);
};
const boundOf = (alpha: number, l = loc, s = scale) =>
  data
    .map((_, i) => logMeanExp(noise.map((__, k) => (1 - alpha) * logWeight(k, i, l, s))) / (1 - alpha))
    .reduce((a, b) => a + b);

describe('the bound', () => {
  for (const vectorizeParticles of [false, true]) {
    const how = vectorizeParticles ? 'at once' : 'in turn';
    it.each([0, 0.5, -1, 2])(
      `is its formula at alpha %s, a bound for each element of the plate, particles ${how}`,
      (alpha) => {
        const elbo = new RenyiELBO({ alpha, numParticles: 4, vectorizeParticles });
        const { loss, gradients } = lossAndGradients(new ParamStore(), () =>
          seed.with(0, () =>
            new NoiseHandler({ z: vectorizeParticles ? [new Array(12).fill(0), noise.flat()] : noise }).run(() =>
              elbo.estimate(model, guide, []),
            ),
          ),
        );
        expect(loss).toBeCloseTo(-boundOf(alpha), 4);
        const h = 1e-5;
        expectClose(gradients.loc, [-(boundOf(alpha, loc + h) - boundOf(alpha, loc - h)) / (2 * h)], 1e-4, 1e-4);
        expectClose(
          gradients.scale,
          [-(boundOf(alpha, loc, scale + h) - boundOf(alpha, loc, scale - h)) / (2 * h)],
          1e-4,
          1e-4,
        );
      },
    );
  }
  it('is the evidence, whatever is drawn, where the guide is the posterior', () => {
    const exact = () => plate('data', 3, () => sample('z', normal(tf.tensor1d(data).mul(0.8), Math.sqrt(0.2))));
    const evidence = data.reduce((s, x) => s + logNormal(x, 0, Math.sqrt(1.25)), 0);
    for (const alpha of [0, 0.5, 3]) {
      const svi = new SVI(model, exact, new Adam(), new RenyiELBO({ alpha, numParticles: 3 }));
      expect(svi.evaluateLoss()).toBeCloseTo(-evidence, 4);
    }
  });
  it('rises with the number of particles, from TraceELBO to the log evidence', () => {
    const evidence = data.reduce((s, x) => s + logNormal(x, 0, Math.sqrt(1.25)), 0);
    // Many independent copies of the data at once, for a mean over them.
    const copies = 400;
    const many = (program: () => unknown) => (): void => {
      plate('copies', copies, { dim: -2 }, program);
    };
    const boundWith = (numParticles: number) => {
      const options = { numParticles, vectorizeParticles: true, maxPlateNesting: 2 };
      const elbo = numParticles === 1 ? new TraceELBO(options) : new RenyiELBO(options);
      return -new SVI(many(model), many(guide), new Adam(), elbo).evaluateLoss() / copies;
    };
    const bounds = [1, 2, 8, 64].map(boundWith);
    expect(bounds[0]).toBeLessThan(bounds[1]);
    expect(bounds[1]).toBeLessThan(bounds[2]);
    expect(bounds[2]).toBeLessThan(bounds[3]);
    expect(bounds[3]).toBeCloseTo(evidence, 1);
    expect(bounds[0]).toBeLessThan(evidence - 0.5);
  });
});

describe('score functions', () => {
  const [p, q] = [0.3, 0.6];
  const likelihood = [Math.exp(logNormal(1, 0, 0.7)), Math.exp(logNormal(1, 2, 0.7))];
  const discreteModel = () => sample('x', normal(sample('k', bernoulli(p)).mul(2), 0.7), { obs: 1 });
  const discreteGuide = () => sample('k', bernoulli(param('q', q)));
  const weight = (k: number, at: number) => ((k ? p : 1 - p) * likelihood[k]) / (k ? at : 1 - at);
  const massOf = (draws: number[], at: number) => draws.reduce((m, k) => m * (k ? at : 1 - at), 1);
  const all = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [n & 1, (n >> 1) & 1, n >> 2]);
  /** The mean over all draws of the bound with three particles. */
  const exactBound = (alpha: number, at: number) =>
    all.reduce(
      (sum, draws) =>
        sum + (massOf(draws, at) * logMeanExp(draws.map((k) => (1 - alpha) * Math.log(weight(k, at))))) / (1 - alpha),
      0,
    );

  it.each([0, 0.5, 2])('give the gradient of the bound exactly in the mean over draws, at alpha %s', (alpha) => {
    for (const vectorizeParticles of [false, true]) {
      let mean = 0;
      for (const draws of all) {
        const elbo = new RenyiELBO({ alpha, numParticles: 3, vectorizeParticles, maxPlateNesting: 0 });
        const { gradients } = lossAndGradients(new ParamStore(), () =>
          new ForcedHandler({ k: vectorizeParticles ? [draws] : draws }).run(() =>
            elbo.estimate(discreteModel, discreteGuide, []),
          ),
        );
        mean += massOf(draws, q) * gradients.q[0];
      }
      const h = 1e-5;
      expectClose([mean], [-(exactBound(alpha, q + h) - exactBound(alpha, q - h)) / (2 * h)], 1e-4, 1e-4);
    }
  });
});

it('rejects alpha 1 and names TraceELBO', () => {
  expect(() => new RenyiELBO({ alpha: 1 })).toThrow(
    'RenyiELBO: alpha must be a finite number other than 1, not 1; at 1 the bound is TraceELBO.',
  );
});
