/** Learning: a jiVAE finds classes, an ssRegIVAE predicts a quantity, a conditional iVAE leaves what it is told out of its latents. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { nanorods } from 'pyroved-data';
import {
  type Checkpoint,
  IVAE,
  JIVAE,
  matchedAccuracyOf,
  regressionOf,
  SemiSupervisedTrainer,
  SSRegIVAE,
  standardised,
  subset,
  UnsupervisedTrainer,
} from 'pyroved-ts';
import { describe, expect, test } from 'vitest';
import { bar, ell, turned } from '../shapes.js';
import { weights } from './small.js';

const ring = [0, 1, 2, 3, 4, 5].map(
  (k) => [0.6 * Math.cos((k * Math.PI) / 3), 0.6 * Math.sin((k * Math.PI) / 3)] as const,
);
const small = { shape: [8, 8], invariances: ['r'] as const, hiddenEncoder: [16], hiddenDecoder: [16] };

describe('a jiVAE', () => {
  test('finds the classes of turned shapes without a label', async () => {
    const set = turned([ell, bar, ring], 180, 9, 1, 'joint');
    const kernel = await selectKernel({ threads: 1 });
    const sizes = { shape: [9, 9], latentDim: 1, hiddenEncoder: [48], hiddenDecoder: [24] };
    const vae = new JIVAE({ ...sizes, numClasses: 3, invariances: ['r'], seed: 2, kernel });
    const schedule = { klWeight: 'max(1, 20 - epoch)', discreteKlWeight: 0.5 };
    await new UnsupervisedTrainer(
      vae,
      { images: set },
      { epochs: 80, batchSize: 20, lr: 5e-3, ...schedule, seed: 2, compile: true },
    ).train();
    const { accuracy, matched, confusion } = matchedAccuracyOf(vae, turned([ell, bar, ring], 60, 9, 1, 'held out'));
    kernel.dispose();
    expect(accuracy).toBeGreaterThan(0.95);
    expect([...matched].sort()).toEqual([0, 1, 2]);
    expect(confusion.map((row) => row.reduce((a, b) => a + b))).toEqual([20, 20, 20]);
  });

  test('has a weight for each group of latents, and only a jiVAE has', async () => {
    const images = turned([ell, bar], 20, 8, 1, 'weights');
    const run = async (options: object) => {
      const vae = new JIVAE({ ...small, numClasses: 2 });
      const trainer = new UnsupervisedTrainer(vae, { images, test: images }, { epochs: 2, batchSize: 10, ...options });
      const { history } = await trainer.train();
      expect(history[1].evaluation?.testLoss).toBeGreaterThan(0);
      return weights(vae);
    };
    const one = await run({ klWeight: 3 });
    expect(await run({ klWeight: 3, discreteKlWeight: 3 })).toEqual(one);
    expect(await run({ klWeight: 3, discreteKlWeight: 'epoch' })).not.toEqual(one);
    expect(() => new UnsupervisedTrainer(new IVAE(small), { images }, { discreteKlWeight: 1 })).toThrow(
      /discreteKlWeight is supported only by jiVAE/,
    );
  });

  test.each([{}, { enumerate: 'sum-and-sample' as const, numClasses: 4 }, { pixels: 12 }])(
    '20 steps with %j leak no tensor',
    async (extra) => {
      const images = turned([ell, bar], 20, 8, 1, 'leak');
      const vae = new JIVAE({ ...small, numClasses: 2, ...extra });
      const counts: number[] = [];
      const trainer = new UnsupervisedTrainer(vae, { images }, { epochs: 10, batchSize: 10 });
      await trainer.train({ onStep: ({ step }) => step > 2 && counts.push(tf.memory().numTensors) });
      expect(counts.length).toBe(18);
      expect(new Set(counts).size).toBe(1);
      vae.dispose();
    },
  );
});

describe('an ssRegIVAE', () => {
  test('predicts the length of turned rods from some of known length', async () => {
    const { train, test: held } = nanorods({ size: 16, train: 400, test: 200 });
    const labelled = subset(
      train.images,
      Array.from({ length: 100 }, (_, i) => i),
    );
    const kernel = await selectKernel({ threads: 1 });
    const sizes = { shape: [16, 16], hiddenEncoder: [48], hiddenDecoder: [24], hiddenRegressor: [64, 64] };
    const vae = new SSRegIVAE({ ...sizes, invariances: ['r'], targets: standardised(labelled, ['length']), kernel });
    const data = { unlabelled: train.images, labelled, test: held.images };
    const trainer = new SemiSupervisedTrainer(vae, data, {
      epochs: 20,
      batchSize: 25,
      lr: 3e-3,
      auxLossMultiplier: 50,
      compile: true,
    });
    const { history } = await trainer.train();
    kernel.dispose();
    const { r2, meanSquaredError, predictions, targets } = regressionOf(vae, held.images);
    expect(r2).toBeGreaterThan(0.88);
    expect(history[19].evaluation).toEqual({ r2, meanSquaredError });
    // The same figures the long way round.
    const truth = held.images.factors?.length as Float32Array;
    const mean = truth.reduce((a, b) => a + b, 0) / truth.length;
    const squares = truth.reduce((s, v, i) => s + (v - predictions[i]) ** 2, 0);
    expect(meanSquaredError).toBeCloseTo(squares / truth.length, 4);
    const distances = truth.reduce((s, v, i) => s + Math.abs(v - predictions[i]), 0);
    expect(targets[0].meanAbsoluteError).toBeCloseTo(distances / truth.length, 4);
    expect(r2).toBeCloseTo(1 - squares / truth.reduce((s, v) => s + (v - mean) ** 2, 0), 4);
  });

  const images = turned([ell], 30, 8, 1, 'quantity');
  const labelled = subset(images, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const make = (seed = 1) => new SSRegIVAE({ ...small, targets: ['angle'], hiddenRegressor: [8], seed });
  const data = { unlabelled: images, labelled };

  test.each(['joint', 'pyroved'] as const)(
    'with auxStep %s a stopped run resumes with the same numbers',
    async (auxStep) => {
      const options = { epochs: 3, batchSize: 10, auxStep };
      const whole = new SemiSupervisedTrainer(make(), data, options);
      await whole.train();
      const stop = new AbortController();
      let kept: Checkpoint | undefined;
      const checkpoint = (state: Checkpoint): undefined => {
        kept = state;
      };
      const first = new SemiSupervisedTrainer(make(), data, options);
      await first.train({ signal: stop.signal, checkpoint, onStep: ({ step }) => step === 6 && stop.abort() });
      const second = new SemiSupervisedTrainer(make(9), data, options);
      second.loadState(kept as Checkpoint);
      await second.train();
      expect(weights(second.model as SSRegIVAE)).toEqual(weights(whole.model as SSRegIVAE));
    },
  );

  test('20 steps leak no tensor', async () => {
    const counts: number[] = [];
    const vae = make();
    const trainer = new SemiSupervisedTrainer(vae, data, { epochs: 5, batchSize: 10 });
    await trainer.train({ onStep: ({ step }) => step > 4 && counts.push(tf.memory().numTensors) });
    expect(counts.length).toBe(16);
    expect(new Set(counts).size).toBe(1);
  });

  test('labelled images without the quantity are rejected', () => {
    const holes = {
      ...labelled,
      factors: { angle: Float32Array.from({ length: 10 }, (_, i) => (i === 4 ? Number.NaN : i)) },
    };
    expect(() => new SemiSupervisedTrainer(make(), { unlabelled: images, labelled: holes })).toThrow(
      /Image 4 of the labelled images has "angle" = NaN/,
    );
    const stopping = { earlyStopping: { patience: 2, on: 'accuracy' as const } };
    expect(() => new SemiSupervisedTrainer(make(), data, stopping)).toThrow(/on "accuracy" requires labelled images/);
  });
});

describe('a conditional iVAE', () => {
  test('told the class, draws each class from the same latents', async () => {
    const set = turned([ell, ring], 80, 8, 0.2, 'told');
    const vae = new IVAE({ ...small, latentDim: 1, numClasses: 2, hiddenEncoder: [24], hiddenDecoder: [24] });
    await new UnsupervisedTrainer(vae, { images: set }, { epochs: 60, batchSize: 20, lr: 1e-2, compile: true }).train();
    const drawn = vae.decode([0, 0], { classes: [0, 1] });
    const [first, second] = [drawn.images.subarray(0, 64), drawn.images.subarray(64)];
    const error = (picture: Float32Array, k: number) => {
      const mine = Array.from(set.labels ?? []).flatMap((y, i) => (y === k ? [i] : []));
      const mean = Array.from(
        { length: 64 },
        (_, p) => mine.reduce((s, i) => s + set.images[i * 64 + p], 0) / mine.length,
      );
      return mean.reduce((s, v, p) => s + (v - picture[p]) ** 2, 0);
    };
    expect(error(first, 0)).toBeLessThan(0.5 * error(first, 1));
    expect(error(second, 1)).toBeLessThan(0.5 * error(second, 0));
  });

  test('is rejected images of which it is not told all', () => {
    const vae = new IVAE({ ...small, numClasses: 2, condition: ['angle'] });
    const set = turned([ell, ring], 10, 8, 1, 'refused');
    const { labels: _, ...unlabelled } = set;
    expect(() => new UnsupervisedTrainer(vae, { images: unlabelled })).toThrow(/The images have no labels/);
    expect(() => new UnsupervisedTrainer(vae, { images: { ...set, factors: {} } })).toThrow(/no factor "angle"/);
    const holes = { ...set, factors: { angle: new Float32Array(10).fill(Number.NaN) } };
    expect(() => new UnsupervisedTrainer(vae, { images: holes })).toThrow(/Image 0 of the images has "angle" = NaN/);
  });
});
