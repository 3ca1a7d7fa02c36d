/** A user's own networks in the slots of models: convolutional ones and `tf.LayersModel`s train, are saved, and are rejected with a typed error where they do not fit. */
import * as tf from '@tensorflow/tfjs';
import { OptionError, ShapeError } from 'pyro-ts';
import { nanorods } from 'pyroved-data';
import {
  accuracyOf,
  convNet,
  IVAE,
  JIVAE,
  type ModelOptions,
  type SemiSupervisedOptions,
  SemiSupervisedTrainer,
  SSIVAE,
  SSRegIVAE,
  standardised,
  UnsupervisedTrainer,
  VED,
  VEDTrainer,
} from 'pyroved-ts';
import { describe, expect, test } from 'vitest';
import { bar, ell, turned } from '../shapes.js';

const { dense, conv2d, flatten, reshape } = tf.layers;
const images = turned([ell, bar], 24, 8, 0.2, 'own nets');
const unlabelled = turned([ell, bar], 60, 8, 0.2, 'own nets, unlabelled');
const blocks = [[4], [6]];
const options = { epochs: 6, batchSize: 20, lr: 1e-2, seed: 3 };

/** Dense layers between an input and an output of these shapes. */
function perceptron(inputShape: number[], units: number, output: number[] = [units]): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 4 });
  return tf.sequential({
    layers: [
      reshape({ targetShape: [inputShape.reduce((n, d) => n * d)], inputShape }),
      dense({ units: 12, activation: 'tanh', kernelInitializer }),
      dense({ units, kernelInitializer }),
      ...(output.length > 1 ? [reshape({ targetShape: output })] : []),
    ],
  });
}

/** Layers with a second input for a class. */
function conditional(inputShape: number[], classes: number, units: number): tf.LayersModel {
  const [first, second] = [tf.input({ shape: inputShape }), tf.input({ shape: [classes] })];
  const flat = inputShape.length > 1 ? (flatten().apply(first) as tf.SymbolicTensor) : first;
  const hidden = dense({ units: 12, activation: 'tanh' }).apply(tf.layers.concatenate().apply([flat, second]));
  return tf.model({ inputs: [first, second], outputs: dense({ units }).apply(hidden) as tf.SymbolicTensor });
}

describe('unsupervised', () => {
  const sizes = { shape: [8, 8], invariances: [] };
  test.each<[string, () => Partial<ModelOptions>]>([
    ['convolutional', () => ({ encoder: convNet({ blocks }), decoder: convNet({ blocks, batchNorm: true }) })],
    ['tf.LayersModels', () => ({ encoder: perceptron([8, 8, 1], 4), decoder: perceptron([2], 64, [8, 8, 1]) })],
    ['flat tf.LayersModels', () => ({ encoder: perceptron([64], 4), decoder: perceptron([2], 64) })],
    ['both kinds', () => ({ encoder: perceptron([8, 8], 4), decoder: convNet({ blocks }), pixels: 20 })],
  ])('%s: the loss falls, every weight moves, nothing leaks, and a saved state goes on', async (_, own) => {
    const make = () => new IVAE({ ...sizes, ...own() });
    const vae = make();
    const trainer = new UnsupervisedTrainer(vae, { images: unlabelled }, options);
    const first = new Map(vae.params.toData());
    const counts: number[] = [];
    const { history } = await trainer.train({ onStep: () => counts.push(tf.memory().numTensors) });
    expect(history[5].loss).toBeLessThan(history[0].loss);
    const still = vae.params.names.filter(
      (name) => String(first.get(name)?.data) === String(vae.params.get(name).dataSync()),
    );
    expect(still).toEqual([]);
    expect(counts[counts.length - 1]).toBe(counts[1]);
    const again = make();
    const resumed = new UnsupervisedTrainer(again, { images: unlabelled }, options);
    resumed.loadState(trainer.state());
    expect(again.encode(images).content).toEqual(vae.encode(images).content);
  });

  test('an invariant model with a convolutional encoder', async () => {
    const vae = new IVAE({
      shape: [8, 8],
      invariances: ['r'],
      anglePrior: 'projected-normal',
      encoder: convNet({ blocks }),
    });
    const { history } = await new UnsupervisedTrainer(
      vae,
      { images: unlabelled },
      { ...options, epochs: 4, compile: true },
    ).train();
    expect(history[3].loss).toBeLessThan(history[0].loss);
    expect(vae.encode(images).angle?.every(Number.isFinite)).toBe(true);
  });
});

describe('semi-supervised', () => {
  const sizes = { shape: [8, 8], numClasses: 2, invariances: ['r'] as const, hiddenDecoder: [16] };
  test.each<[string, () => Partial<SemiSupervisedOptions>]>([
    ['convolutional', () => ({ encoder: convNet({ blocks }), classifier: convNet({ blocks }) })],
    ['tf.LayersModels', () => ({ encoder: conditional([8, 8, 1], 2, 6), classifier: perceptron([64], 2) })],
  ])('%s classifier and encoder tell an L from a bar', async (_, own) => {
    const vae = new SSIVAE({ ...sizes, ...own() });
    const trainer = new SemiSupervisedTrainer(
      vae,
      { labelled: images, unlabelled },
      { ...options, auxLossMultiplier: 30 },
    );
    await trainer.train();
    expect(accuracyOf(vae, unlabelled).accuracy).toBeGreaterThan(0.95);
  });
});

describe('the other models', () => {
  const encoder = convNet({ blocks });
  test('a convolutional encoder of a jiVAE gives class logits too', async () => {
    const vae = new JIVAE({ shape: [8, 8], numClasses: 2, hiddenDecoder: [16], encoder });
    const { history } = await new UnsupervisedTrainer(vae, { images: unlabelled }, { ...options, epochs: 3 }).train();
    expect(history[2].loss).toBeLessThan(history[0].loss);
    expect(vae.params.names).toContain('encoder_z.fc_logits.weight');
  });

  test('a convolutional regressor finds how long a rod is', async () => {
    const { train, test: held } = nanorods({ size: 16, train: 120, test: 40 });
    const vae = new SSRegIVAE({
      shape: [16, 16],
      targets: standardised(train.images, ['length']),
      hiddenDecoder: [16],
      regressorSigma: 0.3,
      encoder,
      regressor: convNet({ blocks: [[8], [8]] }),
    });
    const data = { labelled: train.images, unlabelled: train.images };
    await new SemiSupervisedTrainer(vae, data, { epochs: 12, batchSize: 20, lr: 1e-2, seed: 2, compile: true }).train();
    const found = vae.predict(held.images);
    const wanted = held.images.factors?.length as Float32Array;
    const mean = wanted.reduce((a, b) => a + b, 0) / wanted.length;
    const squares = (f: (i: number) => number) => wanted.reduce((sum, w, i) => sum + (w - f(i)) ** 2, 0);
    expect(squares((i) => found[i])).toBeLessThan(0.3 * squares(() => mean));
  });
});

test('an encoder-decoder with layers of its own each way', async () => {
  const { train } = nanorods({ size: 16, length: 20, train: 60, test: 1 });
  const own = { encoder: perceptron([16, 16, 1], 4), decoder: perceptron([2], 20) };
  const ved = new VED({ inputShape: [16, 16], outputShape: [20], ...own });
  const pairs = { inputs: train.images, outputs: train.spectra };
  const { history } = await new VEDTrainer(ved, pairs, { ...options, epochs: 3 }).train();
  expect(history[2].loss).toBeLessThan(history[0].loss);
  expect(() => new VED({ inputShape: [16, 16], outputShape: [21], ...own })).toThrow(
    'VED: decoder: the tf.LayersModel gives [20]',
  );
});

describe('rejections', () => {
  const encoderOf = (encoder: tf.LayersModel) => () => new IVAE({ shape: [8, 8], channels: 2, encoder });
  test.each([
    ['images of another shape', perceptron([8, 8, 1], 4), '[8, 8, 1]; here they are [8, 8, 2] or [128]'],
    ['too few outputs', perceptron([8, 8, 2], 3), 'gives [3] for each image; 4 values are needed: 2 means, 2 spreads'],
    ['an input too many', conditional([8, 8, 2], 3, 4), 'has 2 input(s); here it needs 1'],
  ])('an encoder with %s', (_, encoder, words) => {
    expect(encoderOf(encoder)).toThrow(ShapeError);
    expect(encoderOf(encoder)).toThrow(words);
  });

  test('a decoder of another size, or for other latents', () => {
    const make = (decoder: tf.LayersModel) => () => new IVAE({ shape: [8, 8], decoder });
    expect(make(perceptron([2], 63))).toThrow('64 values are needed: an image of 8 x 8 and 1 channel(s)');
    expect(make(perceptron([3], 64))).toThrow('takes [3]; the content is [2]');
  });

  test('a classifier that gives probabilities, and one for other classes', () => {
    const make = (classifier: tf.LayersModel) => () => new SSIVAE({ shape: [8, 8], numClasses: 3, classifier });
    const softmax = tf.sequential({ layers: [dense({ units: 3, activation: 'softmax', inputShape: [64] })] });
    expect(make(softmax)).toThrow('ends in a softmax');
    expect(make(perceptron([64], 2))).toThrow('3 values are needed: one for each class');
  });

  test('an encoder of a model with classes that has no input for the class', () => {
    const make = () => new SSIVAE({ shape: [8, 8], numClasses: 3, encoder: perceptron([64], 4) });
    expect(make).toThrow('has 1 input(s); here it needs 2, the second of shape [3] for the class');
  });

  test('a word, and layers that know no coordinates', () => {
    const word = 'conv' as unknown as ModelOptions['encoder'];
    expect(() => new IVAE({ shape: [8, 8], encoder: word })).toThrow(OptionError);
    const decoder = conv2dDecoder();
    expect(() => new IVAE({ shape: [8, 8], invariances: ['t'], decoder })).toThrow('has no coordinate input');
  });
});

const conv2dDecoder = (): tf.LayersModel =>
  tf.sequential({
    layers: [
      dense({ units: 64, inputShape: [2] }),
      reshape({ targetShape: [8, 8, 1] }),
      conv2d({ filters: 1, kernelSize: 3, padding: 'same' }),
    ],
  });
