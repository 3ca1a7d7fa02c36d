/** The Gaussian likelihood with a learned standard deviation, against closed forms. */
import * as tf from '@tensorflow/tfjs';
import { Adam, type ParamStore, RandomStream, replay, SVI, seed, trace } from 'pyro-ts';
import {
  type DecoderNet,
  type ImageSet,
  IVAE,
  imageSet,
  loadParams,
  modelFromConfig,
  modelGraphs,
  SSIVAE,
  saveParams,
  UnsupervisedTrainer,
  VED,
} from 'pyroved-ts';
import { describe, expect, test } from 'vitest';

const gaussian = { likelihood: 'gaussian', decoderSigma: 'learned', sigmoidOutput: false } as const;
const small = { shape: [5, 5], hiddenEncoder: [6], hiddenDecoder: [6], latentDim: 1 };
const stream = new RandomStream('learned sigma');
const normals = (count: number, scale: number): Float32Array =>
  Float32Array.from({ length: count }, () => scale * stream.nextNormal());
const images: ImageSet = imageSet({ images: normals(40 * 25, 2), shape: [5, 5] });
const NAME = 'likelihood.sigma';
const sigmaOf = ({ params }: Pick<IVAE, 'params'>): number => tf.tidy(() => params.get(NAME).dataSync()[0]);
const setSigma = ({ params }: Pick<IVAE, 'params'>, value: number): void =>
  tf.tidy(() => params.set(NAME, tf.scalar(value)));

/** Moves nothing, and keeps the gradient of the standard deviation's unconstrained value. */
class Recorder extends Adam {
  gradient = Number.NaN;

  override step(_: ParamStore, gradients: ReadonlyMap<string, tf.Tensor>): void {
    this.gradient = gradients.get(NAME)?.dataSync()[0] ?? Number.NaN;
  }
}

describe('the learned standard deviation', () => {
  test('begins at 0.5 as one more parameter, which other likelihoods do not have', () => {
    const vae = new IVAE({ ...small, ...gaussian });
    expect(vae.params.get(NAME).shape).toEqual([]);
    expect(sigmaOf(vae)).toBeCloseTo(0.5, 6);
    const fixed = new IVAE({ ...small, likelihood: 'gaussian' });
    expect(vae.params.names.filter((name) => !fixed.params.names.includes(name))).toEqual([NAME]);
    for (const name of fixed.params.names)
      expect(vae.params.get(name).dataSync()).toEqual(fixed.params.get(name).dataSync());
  });

  for (const pixels of [undefined, 25]) {
    test(`gives each pixel the density of a normal distribution${pixels ? ', pixels drawn' : ''}`, () => {
      const vae = new IVAE({ ...small, ...gaussian, ...(pixels && { pixels }) });
      setSigma(vae, 0.3);
      const found = tf.tidy(() =>
        vae.params.run(() => {
          const x = tf.tensor2d(images.images, [40, 25]);
          const guide = trace(seed(vae.guide, 1)).getTrace(x);
          const sites = trace(seed(replay(vae.model, guide), 1)).getTrace(x);
          const site = sites.sampleSites.find(({ name }) => name === 'obs');
          if (!site) throw new Error('no site');
          const mean = Array.from(site.fn.mean().dataSync());
          const exact = Array.from(site.value.dataSync()).reduce(
            (sum, v, i) => sum - 0.5 * ((v - mean[i]) / 0.3) ** 2 - Math.log(0.3) - 0.5 * Math.log(2 * Math.PI),
            0,
          );
          const total = tf.sum(site.logProb).dataSync()[0];
          return { total, exact };
        }),
      );
      expect(found.total / found.exact).toBeCloseTo(1, 5);
    });
  }

  test('has the gradient of the loss, by finite differences and by the closed form', () => {
    const vae = new IVAE({ ...small, ...gaussian });
    const recorder = new Recorder({ lr: 1 });
    const shared = { params: vae.params, seed: 5 };
    const lossAt = (u: number): number => {
      setSigma(vae, Math.exp(u) + 0.02);
      return tf.tidy(() =>
        new SVI(vae.model, vae.guide, recorder, vae.elbo(), shared).step(tf.tensor2d(images.images, [40, 25])),
      );
    };
    const u = Math.log(0.4 - 0.02);
    const numeric = (lossAt(u + 0.02) - lossAt(u - 0.02)) / 0.04;
    // With the same draws, the loss is c + S / (2 sigma^2) + n log sigma; two further losses give S, the sum of the squared residuals.
    const squares = (lossAt(Math.log(0.98)) - lossAt(Math.log(1.98)) + 1000 * Math.log(2)) / (0.5 * (1 - 1 / 4));
    const closed = (-squares / 0.4 ** 3 + 1000 / 0.4) * (0.4 - 0.02);
    lossAt(u);
    expect(recorder.gradient / closed).toBeCloseTo(1, 3);
    expect(numeric / closed).toBeCloseTo(1, 2);
  });

  test('becomes the root mean square of the residuals, which maximises the likelihood', async () => {
    const flat: DecoderNet = {
      parameters: { mean: { init: 0.7 } },
      apply: ({ mean }, { parts: [z] }) =>
        tf.add(tf.mul(0, tf.reshape(z, [...z.shape.slice(0, -1), 1, 1])), tf.mul(mean, tf.ones([25, 1]))),
    };
    const set = imageSet({ images: normals(200 * 25, 0.15).map((v) => v + 0.7), shape: [5, 5] });
    const rms = Math.sqrt(set.images.reduce((sum, v) => sum + (v - 0.7) ** 2, 0) / set.images.length);
    const vae = new IVAE({ ...small, ...gaussian, decoder: flat });
    await new UnsupervisedTrainer(vae, { images: set }, { epochs: 40, lr: 0.02, batchSize: 50, compile: true }).train();
    expect(sigmaOf(vae)).toBeCloseTo(rms, 2);
  });

  test('stays above 0.02 however well the images are predicted', async () => {
    const vae = new IVAE({ ...small, ...gaussian });
    setSigma(vae, 0.021);
    const set = imageSet({ images: new Float32Array(20 * 25), shape: [5, 5] });
    await new UnsupervisedTrainer(vae, { images: set }, { epochs: 20, lr: 0.05, compile: true }).train();
    expect(sigmaOf(vae)).toBeGreaterThan(0.02);
  });

  test('is kept with the parameters, and the mean is decoded and exported without it', async () => {
    const config = { kind: 'ssiVAE', ...small, ...gaussian, invariances: ['r'], numClasses: 2 } as const;
    const vae = modelFromConfig(config) as SSIVAE;
    setSigma(vae, 0.123);
    const again = new SSIVAE({ ...small, ...gaussian, invariances: ['r'], numClasses: 2, seed: 9 });
    loadParams(again.params, saveParams(vae.params));
    expect(sigmaOf(again)).toBeCloseTo(0.123, 6);
    expect(again.decode([0.4], { classes: 1 }).images).toEqual(vae.decode([0.4], { classes: 1 }).images);
    expect((await modelGraphs({ model: vae })).map(({ name }) => name)).toEqual(['classifier', 'encoder', 'decoder']);
    expect(vae.logLikelihood(images, { particles: 4 }).every(Number.isFinite)).toBe(true);
  });

  test('exists for an encoder-decoder too', () => {
    const ved = new VED({ inputShape: [8], outputShape: [8], hiddenEncoder: [[2]], hiddenDecoder: [[2]], ...gaussian });
    expect(ved.params.names).toContain(NAME);
  });

  test('leaks no tensor', () => {
    const vae = new IVAE({ ...small, ...gaussian });
    vae.encode(images);
    const before = tf.memory().numTensors;
    vae.decode([0.1]);
    vae.encode(images);
    expect(tf.memory().numTensors).toBe(before);
    vae.dispose();
  });

  test('is rejected where it does not belong', () => {
    expect(() => new IVAE({ ...small, decoderSigma: 'learned' })).toThrow(
      /decoderSigma applies only to the likelihood/,
    );
    const wrong = { ...small, likelihood: 'gaussian', decoderSigma: 'learnt' } as unknown as typeof gaussian &
      typeof small;
    expect(() => new IVAE(wrong)).toThrow(/decoderSigma must be a positive number or "learned"; got learnt/);
  });
});
