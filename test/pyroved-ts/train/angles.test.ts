/** Every angle prior and both guides in training: they learn angles, resume, and leak nothing. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import {
  type Checkpoint,
  IVAE,
  type ModelOptions,
  SemiSupervisedTrainer,
  SSIVAE,
  UnsupervisedTrainer,
} from 'pyroved-ts';
import { afterAll, describe, expect, test } from 'vitest';
import { all } from '../../slow.js';
import { bar, ell, pairedCorrelation, turned } from '../shapes.js';

/** Which two bins are summed depends on numbers, so that such steps are not compiled and take long. That the sum is unbiased has tests of its own. */
const twoBins: [string, boolean, Partial<ModelOptions>] = [
  ...(['binned guide, two bins at a step', false] as const),
  { anglePrior: 'uniform', angleGuide: 'binned', exactBins: 1 },
];

test.each<[string, boolean, Partial<ModelOptions>]>([
  ['von Mises guide', true, { anglePrior: 'uniform' }],
  ['binned guide', true, { anglePrior: 'uniform', angleGuide: 'binned' }],
  ...(all ? [twoBins] : []),
])('at any angle of the whole turn: an rVAE with a %s finds it', async (_, compile, extra) => {
  const set = turned([ell], 160, 9, Math.PI, 'turn');
  const sizes = { shape: [9, 9], latentDim: 1, hiddenEncoder: [32], hiddenDecoder: [24] };
  const vae = new IVAE({ ...sizes, invariances: ['r'], kernel, ...extra });
  const trainer = new UnsupervisedTrainer(vae, { images: set }, { epochs: 40, batchSize: 20, lr: 1e-2, compile });
  await trainer.train();
  const { angle, angleBins } = vae.encode(set);
  expect(pairedCorrelation(angle as Float32Array, set.factors?.angle as Float32Array)).toBeGreaterThan(0.95);
  if (!vae.latents.modes) return;
  // The bins are used: most of the eight are the likeliest of some image.
  const likeliest = Array.from({ length: 160 }, (_unused, i) => {
    const row = (angleBins as Float32Array).subarray(8 * i, 8 * i + 8);
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    return row.indexOf(Math.max(...row));
  });
  expect(new Set(likeliest).size).toBeGreaterThan(4);
});

const small = { shape: [8, 8], invariances: ['r', 't'] as const, hiddenEncoder: [16], hiddenDecoder: [16] };
const unlabelled = turned([ell, bar], 40, 8, 1, 'unlabelled');
const labelled = turned([ell, bar], 16, 8, 0.1, 'labelled');
const kernel = await selectKernel({ threads: 1 });
afterAll(() => kernel.dispose());
const semi = (extra: object, seed = 1) =>
  new SSIVAE({ ...small, kernel, numClasses: 2, hiddenClassifier: [16], seed, ...extra });

const kinds: Partial<ModelOptions>[] = [
  { anglePrior: { name: 'normal', scale: 0.5 } },
  { anglePrior: 'projected-normal' },
  { anglePrior: 'von-mises' },
  { anglePrior: 'uniform' },
  { angleGuide: 'binned' },
  { anglePrior: 'von-mises', angleGuide: 'binned', exactBins: 1 },
  { anglePrior: 'uniform', angleGuide: 'binned', pixels: 12 },
];

describe.each(kinds)('%j', (extra) => {
  const steady = (counts: number[]): void => {
    expect(counts.length).toBeGreaterThan(14);
    expect(new Set(counts).size).toBe(1);
  };
  test('20 steps leak no tensor', async () => {
    const counts: number[] = [];
    const onStep = ({ step }: { step: number }) => step > 6 && counts.push(tf.memory().numTensors);
    const vae = new IVAE({ ...small, kernel, ...extra });
    await new UnsupervisedTrainer(vae, { images: unlabelled }, { epochs: 11, batchSize: 20 }).train({ onStep });
    steady(counts.splice(0));
    vae.dispose();
    const both = semi({ ...extra, enumerate: 'sum-and-sample' });
    await new SemiSupervisedTrainer(both, { unlabelled, labelled }, { epochs: 6, batchSize: 16 }).train({ onStep });
    steady(counts);
    both.dispose();
  });
});

test('a binned model resumes within an epoch with the same numbers', async () => {
  const extra = { angleGuide: 'binned', enumerate: 'sum-and-sample', pixels: 12, classPrior: 'learned' };
  const options = { epochs: 3, batchSize: 10, lr: 2e-3 };
  const data = { unlabelled, labelled };
  const [whole, resumed] = [semi(extra), semi(extra, 99)];
  await new SemiSupervisedTrainer(whole, data, options).train();
  const stop = new AbortController();
  let kept: Checkpoint | undefined;
  const first = new SemiSupervisedTrainer(semi(extra), data, options);
  await first.train({
    signal: stop.signal,
    onStep: ({ step }) => step === 8 && stop.abort(),
    checkpoint: (state): undefined => {
      kept = state;
    },
  });
  const second = new SemiSupervisedTrainer(resumed, data, options);
  second.loadState(kept as Checkpoint);
  await second.train();
  const weights = ({ params }: SSIVAE) => params.names.map((name) => Array.from(params.get(name).dataSync()));
  expect(weights(resumed)).toEqual(weights(whole));
  expect(resumed.encode(labelled)).toEqual(whole.encode(labelled));
  expect(resumed.classAngles(labelled).length).toBe(2);
});
