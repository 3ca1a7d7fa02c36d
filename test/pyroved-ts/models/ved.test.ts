/** The encoder-decoder: it predicts held-out spectra from images of rods, runs the other way, and says what it cannot take. */
import * as tf from '@tensorflow/tfjs';
import { OptionError, ShapeError } from 'pyro-ts';
import { nanorods } from 'pyroved-data';
import { DataError, predictionError, subset, VED, type VEDData, type VEDOptions, VEDTrainer } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';

const few = nanorods({ size: 16, length: 21, train: 60, test: 20, seed: 2 });
const toSpectra: VEDData = { inputs: few.train.images, outputs: few.train.spectra };
const toImages: VEDData = { inputs: few.train.spectra, outputs: few.train.images };
const blocks = { hiddenEncoder: [[4], [6]], hiddenDecoder: [[6], [4]] };
const make = (options: Partial<VEDOptions> = {}) =>
  new VED({ inputShape: [16, 16], outputShape: [21], ...blocks, ...options });
const quick = { epochs: 3, batchSize: 20, lr: 5e-3 };

test('predicts the spectra of rods that it has not seen, however they lie', async () => {
  const { train, test: held } = nanorods({ size: 16, length: 32, train: 800, test: 200 });
  const ved = new VED({
    inputShape: [16, 16],
    outputShape: [32],
    hiddenEncoder: [[16], [16]],
    hiddenDecoder: [[16], [16]],
    activation: 'gelu',
    upsampling: 'linear',
    likelihood: 'gaussian',
    decoderSigma: 0.1,
  });
  const data = { inputs: train.images, outputs: train.spectra };
  const unseen = { inputs: held.images, outputs: held.spectra };
  const options = { epochs: 11, batchSize: 16, lr: '0.012 * 0.88^epoch', klWeight: 0.3, compile: true } as const;
  await new VEDTrainer(ved, data, options).train();
  // The mean spectrum of the test set has an r2 of 0.
  const { r2, rmse } = predictionError(ved, unseen);
  expect(r2).toBeGreaterThan(0.8);
  expect(rmse).toBeLessThan(0.06);
  // The deviation is the spread of the draws, so a mean over them is about as good as the mean latents.
  const { mean, deviation } = ved.predict(held.images);
  const error = Math.sqrt(
    mean.images.reduce((sum, v, i) => sum + (v - held.spectra.images[i]) ** 2, 0) / mean.images.length,
  );
  expect(error).toBeLessThan(0.06);
  expect(deviation.images.every((d) => d > 0 && d < 0.3)).toBe(true);
});

test('spectra to images: the loss falls, also on test pairs, and evaluating changes nothing', async () => {
  const ved = make({ inputShape: [21], outputShape: [16, 16], latentDim: 3 });
  const trainer = new VEDTrainer(
    ved,
    { ...toImages, test: { inputs: few.test.spectra, outputs: few.test.images } },
    quick,
  );
  const { history } = await trainer.train();
  expect(history[2].loss).toBeLessThan(history[0].loss);
  expect(history[2].evaluation?.testLoss).toBeLessThan(history[0].evaluation?.testLoss as number);
  const before = trainer.state();
  expect(trainer.evaluate()).toEqual(trainer.evaluate());
  expect(trainer.state()).toEqual(before);
  const { images, rows, columns } = ved.manifold({ size: 3 });
  expect([images.shape, images.count, rows.length, columns.length]).toEqual([[16, 16], 9, 3, 3]);
  const swept = ved.traverse({ latents: [1], size: 3, at: [0.5, 0, 0.2] });
  expect(swept.rows).toEqual([{ latent: 1 }]);
  const points = Array.from(swept.values).flatMap((value) => [0.5, value, Math.fround(0.2)]);
  expect(swept.images.images).toEqual(ved.decode(points).images);
  expect(() => ved.traverse({ angle: 1 } as object)).toThrow('traverse has no option "angle"');
});

test('two channels each way, and a run that was stopped goes on to the same numbers', async () => {
  const twice = (set: typeof few.train.images) => ({
    ...set,
    channels: 2,
    images: Float32Array.from({ length: 2 * set.images.length }, (_, i) => {
      const size = set.images.length / set.count;
      return set.images[Math.floor(i / (2 * size)) * size + (i % size)];
    }),
  });
  const pairs = { inputs: twice(few.train.images), outputs: twice(few.train.spectra) };
  const options = { inputChannels: 2, outputChannels: 2, batchNorm: true };
  const whole = new VEDTrainer(make(options), pairs, quick);
  await whole.train();
  const stopped = new VEDTrainer(make(options), pairs, quick);
  const stop = new AbortController();
  await stopped.train({ signal: stop.signal, onStep: ({ step }) => step === 4 && stop.abort() });
  const resumed = new VEDTrainer(make(options), pairs, quick);
  resumed.loadState(stopped.state());
  await resumed.train();
  expect(resumed.history.map(({ loss }) => loss)).toEqual(whole.history.map(({ loss }) => loss));
  expect(resumed.model.encode(pairs.inputs)).toEqual(whole.model.encode(pairs.inputs));
});

describe('a prediction', () => {
  const ved = make();

  test('is the same for the same seed, another for another, and keeps no tensor', () => {
    const before = tf.memory().numTensors;
    const one = ved.predict(few.test.images, { samples: 4, seed: 7 });
    expect(ved.predict(few.test.images, { samples: 4, seed: 7 })).toEqual(one);
    expect(ved.predict(few.test.images, { samples: 4, seed: 8 })).not.toEqual(one);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('of an encoder without doubt is what it decodes from the mean, with no deviation', () => {
    const sure = make();
    const name = 'encoder_z.features2latent.fc_latent.bias';
    tf.tidy(() => sure.params.set(name, tf.add(sure.params.get(name), tf.tensor1d([0, 0, -40, -40]))));
    const { mean, deviation } = sure.predict(few.test.images);
    const decoded = sure.decode(sure.encode(few.test.images).content).images;
    expect(Math.max(...mean.images.map((v, i) => Math.abs(v - decoded[i])))).toBeLessThan(1e-5);
    expect(Math.max(...deviation.images)).toBeLessThan(1e-5);
  });

  test('has the deviation of a sample: two draws lie half their distance times the root of 2 from the mean', () => {
    const wide = make();
    const name = 'encoder_z.features2latent.fc_latent.bias';
    tf.tidy(() => wide.params.set(name, tf.add(wide.params.get(name), tf.tensor1d([0, 0, 3, 3]))));
    const three = [...Array(3).keys()].map((seed) => wide.predict(few.test.images, { samples: 2, seed }));
    // E[deviation^2] of 2 draws is the variance, as that of many is.
    const many = wide.predict(few.test.images, { samples: 200, seed: 5 }).deviation.images;
    const square = (values: Float32Array) => values.reduce((sum, v) => sum + v * v, 0) / values.length;
    const mean = three.reduce((sum, { deviation }) => sum + square(deviation.images), 0) / 3;
    expect(mean / square(many)).toBeGreaterThan(0.6);
    expect(mean / square(many)).toBeLessThan(1.6);
  });
});

describe('rejections', () => {
  test.each<[string, () => unknown, new (...args: never[]) => Error, string]>([
    ['inputs of another shape', () => new VEDTrainer(make(), toImages), ShapeError, 'The inputs have shape [21]'],
    [
      'outputs of another shape',
      () => new VEDTrainer(make({ outputShape: [22] }), toSpectra),
      ShapeError,
      "this model's have [22] and 1",
    ],
    [
      'a output too few',
      () => new VEDTrainer(make(), { ...toSpectra, outputs: subset(toSpectra.outputs, [0, 1]) }),
      DataError,
      'There are 60 inputs and 2 outputs',
    ],
    [
      'outputs that the likelihood cannot give',
      () =>
        new VEDTrainer(make(), {
          ...toSpectra,
          outputs: { ...toSpectra.outputs, images: few.train.spectra.images.map((v) => 3 * v) },
        }),
      DataError,
      'of the outputs has a pixel value of',
    ],
    ['an option that it lacks', () => make({ shape: [3] } as never), OptionError, 'Known: inputShape'],
    [
      'blocks that are widths',
      () => make({ hiddenDecoder: [8, 8] as never }),
      OptionError,
      'VED: decoder: blocks must be a list',
    ],
    ['a shape of three', () => make({ outputShape: [4, 4, 4] }), OptionError, 'VED: outputShape must be'],
    ['one draw', () => make().predict(few.test.images, { samples: 1 }), OptionError, 'at least 2'],
    [
      'latents that fill no row',
      () => make().decode([1, 2, 3]),
      OptionError,
      'must be a multiple of 2, the number of latents; got',
    ],
  ])('%s', (_, body, kind, words) => {
    expect(body).toThrow(kind);
    expect(body).toThrow(words);
  });
});
