/** Two hundred steps of training leave no tensor behind, with every kernel and every kind of model. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { IVAE, SemiSupervisedTrainer, SSIVAE, UnsupervisedTrainer } from 'pyroved-ts';
import { expect, it } from 'vitest';
import { bar, ell, turned } from '../pyroved-ts/shapes.js';

const classNames = ['ell', 'bar'];
const labelled = { ...turned([ell, bar], 8, 8, 0.1, 'labelled'), classNames };
const unlabelled = turned([ell, bar], 32, 8, 1, 'unlabelled');
const sizes = { shape: [8, 8], hiddenEncoder: [8], hiddenDecoder: [8, 8] } as const;
const training = { epochs: 50, batchSize: 8 };

/** Tensors on the engine after each step. */
async function counts(trainer: SemiSupervisedTrainer | UnsupervisedTrainer): Promise<number[]> {
  const seen: number[] = [];
  for await (const _ of trainer.epochs({ onStep: () => seen.push(tf.memory().numTensors) }))
    if (seen.length >= 200) break;
  return seen;
}

it.each(['native', 'wasm', 'reference'].flatMap((kernel) => [true, false].map((semi) => ({ kernel, semi }))))(
  '$kernel, semi-supervised: $semi',
  async ({ kernel, semi }) => {
    const decoder = await selectKernel({ kernel, threads: 1 });
    const before = tf.memory().numTensors;
    const options = {
      ...sizes,
      invariances: ['r', 't'] as const,
      anglePrior: 'projected-normal' as const,
      pixels: 40,
      kernel: decoder,
    };
    const model = semi ? new SSIVAE({ ...options, numClasses: 2, hiddenClassifier: [8] }) : new IVAE(options);
    const trainer =
      model.kind === 'ssiVAE'
        ? new SemiSupervisedTrainer(model, { unlabelled, labelled, test: labelled }, training)
        : new UnsupervisedTrainer(model, { images: unlabelled, test: unlabelled }, training);
    const seen = await counts(trainer);
    expect(seen.length).toBeGreaterThanOrEqual(200);
    // The first steps make the optimiser's own arrays.
    expect(new Set(seen.slice(5))).toEqual(new Set([seen[199]]));
    model.dispose();
    decoder.dispose();
    expect(tf.memory().numTensors).toBe(before);
  },
);
