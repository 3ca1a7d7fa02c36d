/** Steps of training leave no tensor behind, with every kernel and both kinds of model. */
import { join } from 'node:path';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { classifyImages, encodingCsv, loadModel, manifoldPictures, testImages, trainRun } from 'pyroved';
import { IVAE, SemiSupervisedTrainer, SSIVAE, UnsupervisedTrainer } from 'pyroved-ts';
import { expect, it } from 'vitest';
import { bar, ell, turned } from '../pyroved-ts/shapes.js';
import { all } from '../slow.js';
import { remove, temporaryFolder } from './helpers.js';

const classNames = ['ell', 'bar'];
const labelled = { ...turned([ell, bar], 8, 8, 0.1, 'labelled'), classNames };
const unlabelled = turned([ell, bar], 32, 8, 1, 'unlabelled');
const sizes = { shape: [8, 8], hiddenEncoder: [8], hiddenDecoder: [4, 4] } as const;
const training = { epochs: 50, batchSize: 8 };

const steps = all ? 200 : 30;

/** Tensors on the engine after each step. */
async function counts(trainer: SemiSupervisedTrainer | UnsupervisedTrainer): Promise<number[]> {
  const seen: number[] = [];
  for await (const _ of trainer.epochs({ onStep: () => seen.push(tf.memory().numTensors) }))
    if (seen.length >= steps) break;
  return seen;
}

it.each([
  { kernel: undefined, semi: true },
  { kernel: undefined, semi: false },
  { kernel: 'wasm', semi: true },
  { kernel: 'reference', semi: true },
])('with kernel $kernel (the best one where undefined), semi-supervised: $semi', async ({ kernel, semi }) => {
  const decoder = await selectKernel({ ...(kernel && { kernel }), threads: 1 });
  const before = tf.memory().numTensors;
  const options = {
    ...sizes,
    invariances: ['r', 't'],
    anglePrior: 'projected-normal',
    pixels: 20,
    kernel: decoder,
  } as const;
  const model = semi ? new SSIVAE({ ...options, numClasses: 2, hiddenClassifier: [4] }) : new IVAE(options);
  const trainer =
    model.kind === 'ssiVAE'
      ? new SemiSupervisedTrainer(model, { unlabelled, labelled, test: labelled }, training)
      : new UnsupervisedTrainer(model, { images: unlabelled, test: unlabelled }, training);
  const seen = await counts(trainer);
  expect(seen.length).toBeGreaterThanOrEqual(steps);
  expect(new Set(seen)).toEqual(new Set([seen[0]]));
  model.dispose();
  decoder.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

it('nor do a whole run with its report, and a model that is loaded and used', async () => {
  const folder = temporaryFolder();
  const before = tf.memory().numTensors;
  const model = { hiddenEncoder: [4], hiddenDecoder: [4], hiddenClassifier: [4] };
  const source = { kind: 'particles', size: 16, counts: [6, 6], labelledPerClass: 2, validationPerClass: 2 } as const;
  await trainRun(
    { folder: join(folder, 'run'), source, model, train: { epochs: 2, recognitionSteps: 3 } },
    { onEstimate: () => {} },
  );
  const trained = await loadModel(join(folder, 'run'));
  const images = await testImages(trained);
  classifyImages(trained, images);
  encodingCsv(trained, images);
  manifoldPictures(trained, { size: 2 });
  trained.model.dispose();
  expect(tf.memory().numTensors).toBe(before);
  remove(folder);
});
