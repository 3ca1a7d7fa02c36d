/** The loop of the trainers, on the unsupervised model: learning, stopping, resuming, and what goes wrong. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { type Checkpoint, gather, IVAE, type StreamedSet, TrainingError, UnsupervisedTrainer } from 'pyroved-ts';
import { expect, test } from 'vitest';
import { circularCorrelation, ell, turned } from '../shapes.js';
import { weights } from './small.js';

const images = turned([ell], 48, 8, 1, 'loop');
const test16 = turned([ell], 16, 8, 1, 'test');
const small = { shape: [8, 8], invariances: ['r', 't'] as const, hiddenEncoder: [16], hiddenDecoder: [16] };
const options = { epochs: 3, batchSize: 20, lr: 2e-3, klWeight: 'epoch / 2' };

test.each(['normal', 'projected-normal'] as const)(
  'an rVAE with a %s angle finds the angles of a shape without symmetry',
  async (anglePrior) => {
    const set = turned([ell], 160, 9, 1, 'learn');
    const sizes = { shape: [9, 9], latentDim: 1, hiddenEncoder: [32], hiddenDecoder: [24] };
    const kernel = await selectKernel({ threads: 1 });
    const vae = new IVAE({ ...sizes, invariances: ['r'], anglePrior, kernel });
    const { history } = await new UnsupervisedTrainer(
      vae,
      { images: set },
      { epochs: 27, batchSize: 20, lr: 1e-2, compile: true },
    ).train();
    expect(history[26].loss).toBeLessThan(0.6 * history[0].loss);
    const found = vae.encode(set).angle as Float32Array;
    kernel.dispose();
    expect(circularCorrelation(found, set.factors?.angle as Float32Array)).toBeGreaterThan(0.95);
  },
);

test('an epoch reports its loss an image, its weights and the loss on test images, and evaluating changes nothing', async () => {
  const vae = new IVAE(small);
  const trainer = new UnsupervisedTrainer(vae, { images, test: test16 }, options);
  const { history, stopped } = await trainer.train();
  expect(stopped).toBe(false);
  expect(history.map(({ epoch, step, klWeight, lr }) => [epoch, step, klWeight, lr])).toEqual([
    [1, 3, 0, 2e-3],
    [2, 6, 0.5, 2e-3],
    [3, 9, 1, 2e-3],
  ]);
  // 64 pixels at a probability of about 1/2 cost log 2 each.
  expect(history[0].loss / (64 * Math.LN2)).toBeCloseTo(1, 0);
  expect(history[2].evaluation?.testLoss).toBeGreaterThan(0);
  const before = weights(vae);
  const state = trainer.state();
  expect(trainer.evaluate()).toEqual(trainer.evaluate());
  expect(weights(vae)).toEqual(before);
  expect(trainer.state()).toEqual(state);
});

test('a run that is stopped within an epoch, saved and resumed ends with the same numbers as an uninterrupted one', async () => {
  const whole = new UnsupervisedTrainer(new IVAE(small), { images }, options);
  await whole.train();

  const stop = new AbortController();
  const kept: Checkpoint[] = [];
  const first = new UnsupervisedTrainer(new IVAE(small), { images }, options);
  const { stopped } = await first.train({
    signal: stop.signal,
    onStep: ({ step }) => step === 5 && stop.abort(),
    checkpoint: (state) => {
      kept.push(state);
      return 'memory';
    },
  });
  expect([stopped, first.epoch, first.step]).toEqual([true, 1, 5]);

  const { tensors, state } = kept[kept.length - 1];
  const saved = { tensors, state: JSON.parse(JSON.stringify(state)) as object };
  const second = new UnsupervisedTrainer(new IVAE({ ...small, seed: 99 }), { images }, options);
  second.loadState(saved);
  await second.train();
  expect(weights(second.model)).toEqual(weights(whole.model));
  const numbers = ({ history }: UnsupervisedTrainer) => history.map(({ seconds: _, ...record }) => record);
  expect(numbers(second)).toEqual(numbers(whole));
});

test('images that are read as they are asked for train a model to the same numbers', async () => {
  const { images: _, ...rest } = images;
  const streamed: StreamedSet = { ...rest, read: (indices) => gather(images, indices) };
  const [inMemory, fromDisk] = [images, streamed].map(
    (source) => new UnsupervisedTrainer(new IVAE(small), { images: source, test: source }, options),
  );
  await inMemory.train();
  await fromDisk.train();
  expect(weights(fromDisk.model)).toEqual(weights(inMemory.model));
  expect(fromDisk.model.encode(streamed)).toEqual(inMemory.model.encode(images));
  expect(fromDisk.model.straighten(streamed)).toEqual(inMemory.model.straighten(images));
});

test('a saved state is rejected where data, options or model differ', () => {
  const state = new UnsupervisedTrainer(new IVAE(small), { images }, options).state();
  const other = (model: IVAE, settings: object) => () =>
    new UnsupervisedTrainer(model, { images }, { ...options, ...settings }).loadState(state);
  expect(other(new IVAE(small), { batchSize: 10 })).toThrow(
    /Cannot continue the saved run: its batchSize is 20; got 10/,
  );
  expect(other(new IVAE({ ...small, invariances: [] }), {})).toThrow(
    /belongs to another model: it holds decoder\.coord_latent\.fc_coord\.weight, .*which the model does not have/,
  );
  expect(other(new IVAE({ ...small, latentDim: 3 }), {})).toThrow(
    /"encoder_z\.fc11\.weight" has shape \[16, 6\] here and \[16, 5\]/,
  );
  expect(other(new IVAE(small), { epochs: 5 })).not.toThrow();
});

test('training gives way to timers between steps', async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 0);
  await new UnsupervisedTrainer(new IVAE(small), { images }, { epochs: 4, batchSize: 8 }).train();
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(2);
});

test('a loss that is not finite stops the run with the step, the site and the last checkpoint, and changes nothing', async () => {
  const vae = new IVAE({ ...small, likelihood: 'gaussian' });
  const trainer = new UnsupervisedTrainer(vae, { images }, { ...options, batchSize: 48 });
  let after: number[] = [];
  const run = trainer.train({
    checkpoint: () => 'runs/x/checkpoint.safetensors',
    onEpoch: () => {
      vae.params.unconstrained('decoder.out.bias').assign(tf.tensor1d([Number.NaN]));
      after = weights(vae);
    },
  });
  const error = await run.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(TrainingError);
  const { message, site, position } = error as TrainingError;
  expect(message).toMatch(/^Training stopped at step 2 \(epoch 2\): At site "obs": parameter loc of Normal\S* is NaN/);
  expect(message).toMatch(/The last checkpoint is from epoch 1 \(runs\/x\/checkpoint\.safetensors\)\.$/);
  expect([site, position]).toEqual(['obs', { epoch: 2, step: 2 }]);
  expect(weights(vae)).toEqual(after);
});

test('images that a model cannot be trained on are rejected', () => {
  const bad = {
    ...images,
    images: Float32Array.from(images.images),
    names: Array.from({ length: 48 }, (_, i) => `i${i}.png`),
  };
  bad.images[64 * 7] = 1.5;
  expect(() => new UnsupervisedTrainer(new IVAE(small), { images: bad })).toThrow(
    /Image 7 \(i7\.png\) of the images has a pixel value of 1\.5; the likelihood "bernoulli" requires values in \[0, 1\]/,
  );
  bad.images[64 * 7] = Number.NaN;
  expect(() => new UnsupervisedTrainer(new IVAE(small), { images: bad })).toThrow(
    'Image 7 (i7.png) of the images has a pixel value of NaN. Omit the image.',
  );
  expect(() => new UnsupervisedTrainer(new IVAE({ ...small, shape: [9, 9] }), { images })).toThrow(
    /have shape \[8, 8\]/,
  );
  expect(() => new UnsupervisedTrainer(new IVAE(small), { images }, { epoch: 3 } as object)).toThrow(
    /UnsupervisedTrainer has no option "epoch"\. Did you mean "epochs"\?/,
  );
});

test.each([{}, { pixels: 10 }, { anglePrior: 'projected-normal' as const }])(
  '20 steps of a model with %j leak no tensor',
  async (extra) => {
    const kernel = await selectKernel({ threads: 1 });
    const vae = new IVAE({ ...small, kernel, ...extra });
    const trainer = new UnsupervisedTrainer(vae, { images, test: test16 }, { epochs: 10, batchSize: 24 });
    const counts: number[] = [];
    await trainer.train({ onStep: ({ step }) => step > 1 && counts.push(tf.memory().numTensors) });
    expect(counts.length).toBe(19);
    expect(new Set(counts).size).toBe(1);
    vae.dispose();
    kernel.dispose();
  },
);
