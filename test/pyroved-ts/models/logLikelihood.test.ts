/** The importance-weighted estimate of log p(image), against exact values and against sums over a grid of latents. */
import * as tf from '@tensorflow/tfjs';
import { RandomStream } from 'pyro-ts';
import {
  type DecoderNet,
  type ImageSet,
  type InvariantVAE,
  IVAE,
  imageSet,
  JIVAE,
  SSIVAE,
  SSRegIVAE,
} from 'pyroved-ts';
import { describe, expect, test } from 'vitest';

const stream = new RandomStream('likelihood');
const some = (count: number, shape: number[]): ImageSet =>
  imageSet({
    images: Float32Array.from({ length: count * shape.reduce((a, b) => a * b) }, () => stream.next()),
    shape,
  });
const logSum = (terms: readonly number[]): number => {
  const max = Math.max(...terms);
  return max + Math.log(terms.reduce((sum, t) => sum + Math.exp(t - max), 0));
};
/** Places from -5 to 5 with the standard normal's mass of each. */
const grid = Array.from({ length: 201 }, (_, i) => -5 + i / 20);
const logMass = grid.map((z) => -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) + Math.log(1 / 20));

/** log p(x | decoded) under Bernoulli pixels, for every image of `set` (rows) and every decoded one (columns). */
function logBernoulli(set: ImageSet, decoded: ImageSet): number[][] {
  const size = set.images.length / set.count;
  return Array.from({ length: set.count }, (_, i) =>
    Array.from({ length: decoded.count }, (_, j) => {
      let sum = 0;
      for (let p = 0; p < size; p++) {
        const [x, m] = [set.images[i * size + p], decoded.images[j * size + p]];
        sum += x * Math.log(m) + (1 - x) * Math.log(1 - m);
      }
      return sum;
    }),
  );
}
/** Widens the guide beyond the posterior, so that importance weights have no heavy tail. */
function widened<M extends InvariantVAE>(vae: M): M {
  const name = 'encoder_z.fc12.bias';
  tf.tidy(() => vae.params.set(name, tf.fill(vae.params.get(name).shape, 0.9)));
  return vae;
}
const expectNear = (found: Float64Array, exact: readonly number[], tolerance: number): void => {
  expect(found.length).toBe(exact.length);
  exact.forEach((value, i) => {
    expect(Math.abs(found[i] - value), `image ${i}: ${found[i]}, exactly ${value}`).toBeLessThan(tolerance);
  });
};

describe('a linear model with normal pixels', () => {
  const weight = [0.8, -0.3, 0.5, 0.2];
  const sigma = 0.4;
  const linear: DecoderNet = {
    parameters: { w: { init: weight } },
    apply: ({ w }, { parts: [z] }) => tf.expandDims(tf.mul(z, w), -1),
  };
  const vae = widened(
    new IVAE({
      ...{ shape: [4], latentDim: 1, likelihood: 'gaussian', decoderSigma: sigma, sigmoidOutput: false },
      ...{ decoder: linear, hiddenEncoder: [4], seed: 3 },
    }),
  );
  const set = some(6, [4]);
  // x ~ N(0, w w' + sigma^2 I): the determinant lemma and the Sherman-Morrison formula for one latent.
  const square = weight.reduce((s, w) => s + w * w, 0);
  const exact = Array.from({ length: set.count }, (_, i) => {
    const x = Array.from(set.images.subarray(4 * i, 4 * i + 4));
    const dot = x.reduce((s, v, k) => s + v * weight[k], 0);
    const norm = x.reduce((s, v) => s + v * v, 0);
    const quadratic = (norm - dot ** 2 / (sigma ** 2 + square)) / sigma ** 2;
    const logDet = 4 * Math.log(sigma ** 2) + Math.log(1 + square / sigma ** 2);
    return -0.5 * (quadratic + logDet + 4 * Math.log(2 * Math.PI));
  });

  test('comes to the exact value, however many rows are decoded at once', () => {
    expectNear(vae.logLikelihood(set, { particles: 12000, rows: 6000 }), exact, 0.03);
    expectNear(vae.logLikelihood(set, { particles: 1000, rows: 333, seed: 1 }), exact, 0.06);
  });

  test('is a bound that more particles tighten', () => {
    const mean = (particles: number) => {
      const runs = Array.from({ length: 20 }, (_, seed) => vae.logLikelihood(set, { particles, seed }));
      return runs.flatMap((run) => [...run]).reduce((a, b) => a + b, 0) / (20 * set.count);
    };
    const truth = exact.reduce((a, b) => a + b, 0) / set.count;
    const [one, five, fifty] = [1, 5, 50].map(mean);
    expect(one).toBeLessThan(five);
    expect(five).toBeLessThan(fifty);
    expect(fifty).toBeLessThan(truth + 0.01);
    expect(truth - one).toBeGreaterThan(0.1);
  });

  test('the same seed gives the same numbers, and nothing stays on the engine', () => {
    const before = tf.memory().numTensors;
    const first = vae.logLikelihood(set, { particles: 7, rows: 5, seed: 'a' });
    expect(vae.logLikelihood(set, { particles: 7, rows: 5, seed: 'a' })).toEqual(first);
    expect(vae.logLikelihood(set, { particles: 7, rows: 5, seed: 'b' })).not.toEqual(first);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('what cannot be asked is rejected', () => {
    expect(() => vae.logLikelihood(set, { particles: 0 })).toThrow(/particles must be an integer of at least 1; got 0/);
    expect(() => vae.logLikelihood(set, { particels: 3 } as object)).toThrow(/Did you mean "particles"/);
    const holes = { ...set, images: set.images.map((v, i) => (i === 9 ? Number.NaN : v)) };
    expect(() => vae.logLikelihood(holes)).toThrow(/Image 2 has a pixel value of NaN/);
  });
});

const widths = { hiddenEncoder: [6], hiddenDecoder: [6], latentDim: 1 };

test('classes are summed out: ssiVAE and jiVAE, exactly or as they are trained', () => {
  const set = some(4, [2, 3]);
  const classPrior = [0.5, 0.3, 0.2];
  const supervised = new SSIVAE({ shape: [2, 3], numClasses: 3, hiddenClassifier: [4], classPrior, ...widths });
  const found = new JIVAE({ shape: [2, 3], numClasses: 3, ...widths });
  const sampled = new SSIVAE({
    ...{ shape: [2, 3], numClasses: 3, hiddenClassifier: [4], classPrior, ...widths },
    enumerate: 'sum-and-sample',
  });
  for (const [vae, prior] of [
    [supervised, classPrior],
    [sampled, classPrior],
    [found, [1 / 3, 1 / 3, 1 / 3]],
  ] as const) {
    const terms = prior.map((p, classes) =>
      logBernoulli(set, vae.decode(grid, { classes })).map((row) => row.map((l, j) => l + logMass[j] + Math.log(p))),
    );
    const exact = Array.from({ length: set.count }, (_, i) => logSum(terms.flatMap((rows) => rows[i])));
    expectNear(widened(vae).logLikelihood(set, { particles: 1500, rows: 1500 }), exact, 0.02);
  }
});

test('quantities are summed out', () => {
  const set = some(3, [2, 3]);
  const vae = widened(
    new SSRegIVAE({ shape: [2, 3], targets: ['t'], regressorSigma: 0.5, hiddenRegressor: [4], ...widths }),
  );
  const coarse = Array.from({ length: 41 }, (_, i) => -4 + i / 5);
  const mass = (z: number) => -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) + Math.log(1 / 5);
  const pairs = coarse.flatMap((z) => coarse.map((u) => [z, u]));
  const content = pairs.map(([z]) => z);
  const decoded = vae.decode(content, { targets: pairs.map(([, u]) => 0.5 * u) });
  const exact = logBernoulli(set, decoded).map((row) =>
    logSum(row.map((l, j) => l + mass(pairs[j][0]) + mass(pairs[j][1]))),
  );
  expectNear(vae.logLikelihood(set, { particles: 12000, rows: 6000 }), exact, 0.03);
});

describe('a turned model', () => {
  const set = some(3, [3, 3]);
  const turns = Array.from({ length: 72 }, (_, i) => (2 * Math.PI * i) / 72);
  const coarse = grid.filter((_, i) => i % 4 === 0);
  const pairs = coarse.flatMap((z) => turns.map((angle) => ({ z, angle })));
  const weights = pairs.map(({ z }) => -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) + Math.log(1 / 5) - Math.log(72));

  test.each([
    { anglePrior: 'projected-normal' as const },
    { anglePrior: 'projected-normal' as const, pixels: 4 },
    { anglePrior: 'uniform' as const, angleGuide: 'binned' as const },
  ])('%j', (options) => {
    const vae = widened(new IVAE({ shape: [3, 3], invariances: ['r'], ...widths, ...options }));
    // First weights hardly turn anything: larger ones.
    for (const name of vae.params.names.filter((n) => n.startsWith('decoder'))) {
      tf.tidy(() => vae.params.set(name, tf.mul(vae.params.get(name), 3)));
    }
    const decoded = vae.decode(
      pairs.map(({ z }) => z),
      { angle: pairs.map(({ angle }) => angle) },
    );
    const exact = logBernoulli(set, decoded).map((row) => logSum(row.map((l, j) => l + weights[j])));
    expectNear(vae.logLikelihood(set, { particles: 3000, rows: 3000 }), exact, 0.05);
  });
});

test('a conditional model is asked about the images that it is told of', () => {
  const labels = Int32Array.from([0, 1, 1]);
  const set = { ...some(3, [2, 3]), labels };
  const vae = widened(new IVAE({ shape: [2, 3], numClasses: 2, ...widths }));
  const exact = Array.from(labels, (classes, i) =>
    logSum(logBernoulli(set, vae.decode(grid, { classes }))[i].map((l, j) => l + logMass[j])),
  );
  expectNear(vae.logLikelihood(set, { particles: 1500, rows: 1500 }), exact, 0.02);
});
