/** A training step that fails, wherever, leaves no tensor behind, and the trainer goes on. */
import * as tf from '@tensorflow/tfjs';
import { type Batch, IVAE, SemiSupervisedTrainer, SSIVAE, TrainingError, UnsupervisedTrainer } from 'pyroved-ts';
import { expect, test } from 'vitest';
import { leaks } from '../../failAt.js';
import { all } from '../../slow.js';
import { bar, ell, turned } from '../shapes.js';
import { small } from './small.js';

const stride = all ? 3 : 29;
const labelled = turned([ell, bar], 12, 8, 1, 'labelled');
const data = { unlabelled: turned([ell, bar], 24, 8, 1, 'unlabelled'), labelled };
const sizes = { shape: [8, 8], invariances: ['r', 't'] as const, hiddenEncoder: [16], hiddenDecoder: [16] };
const options = { epochs: 50, batchSize: 12 };

/** Takes the trainers' protected step, one at a time. */
class Unsupervised extends UnsupervisedTrainer {
  one = (batch: Batch): number => tf.tidy(() => this.takeStep(batch, 1));
}
class SemiSupervised extends SemiSupervisedTrainer {
  one = (batch: Batch): number => tf.tidy(() => this.takeStep(batch, 1));
}

test('of an unsupervised model', () => {
  const trainer = new Unsupervised(new IVAE(sizes), { images: data.unlabelled }, options);
  const [batch] = trainer.batches(0);
  trainer.one(batch);
  expect(leaks(() => trainer.one(batch), stride)).toEqual([]);
});

test.each(['joint', 'pyroved'] as const)(
  'of a semi-supervised one with auxStep %s, on images with labels and without',
  (auxStep) => {
    const trainer = new SemiSupervised(new SSIVAE(small), data, { ...options, auxStep });
    for (const kind of ['labelled', 'unlabelled']) {
      const batch = trainer.batches(0).find((b) => b.kind === kind) as Batch;
      trainer.one(batch);
      expect(
        leaks(() => trainer.one(batch), stride),
        kind,
      ).toEqual([]);
    }
  },
);

test('a loss that is not finite', async () => {
  const model = new IVAE(sizes);
  const trainer = new UnsupervisedTrainer(model, { images: data.unlabelled }, options);
  await trainer.epochs().next();
  const [name] = model.params.names;
  tf.tidy(() => model.params.unconstrained(name).assign(tf.fill(model.params.get(name).shape, Number.NaN)));
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) await expect(trainer.epochs().next()).rejects.toThrow(TrainingError);
  expect(tf.memory().numTensors).toBe(before);
});
