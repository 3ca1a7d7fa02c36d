/** Semi-supervised training: learning under rotation, the joint step, resuming, and what is rejected. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { cards } from 'pyroved-data';
import {
  accuracyOf,
  type Checkpoint,
  type ImageSet,
  type Invariance,
  type SemiSupervisedOptions,
  SemiSupervisedTrainer,
  SSIVAE,
} from 'pyroved-ts';
import { expect, test } from 'vitest';
import { bar, ell, turned } from '../shapes.js';
import { small, weights } from './small.js';

const unlabelled = turned([ell, bar], 40, 8, 1, 'unlabelled');
const labelled = turned([ell, bar], 16, 8, 0.1, 'labelled');
const data = { unlabelled, labelled, test: turned([ell, bar], 10, 8, 1, 'test') };
const options = { epochs: 3, batchSize: 10, lr: 2e-3, klWeight: 'epoch / 2', auxLossMultiplier: 5 };

test('on turned cards the rotation latent carries the labels of upright ones over; without it they do not', async () => {
  const ranges = { angle: 60, labelledAngle: 2, shear: 0, scale: [1, 1] as const, translation: 0 };
  const counts = { labelledPerClass: 20, unlabelledPerClass: 60, validationPerClass: 50 };
  const sets = cards({ size: 10, ...ranges, ...counts });
  const kernel = await selectKernel({ threads: 1 });
  const accuracy = async (invariances: Invariance[]): Promise<number> => {
    const widths = { hiddenEncoder: [64], hiddenDecoder: [32], hiddenClassifier: [64] };
    const vae = new SSIVAE({ shape: [10, 10], numClasses: 4, latentDim: 1, invariances, ...widths, kernel });
    const trainer = new SemiSupervisedTrainer(vae, sets, { epochs: 14, batchSize: 20, lr: 5e-3, compile: true });
    const { history } = await trainer.train();
    expect(history[13].loss).toBeLessThan(history[0].loss);
    return accuracyOf(vae, sets.validation).accuracy;
  };
  const withRotation = await accuracy(['r']);
  const without = await accuracy([]);
  kernel.dispose();
  expect(withRotation).toBeGreaterThan(0.92);
  expect(withRotation - without).toBeGreaterThan(0.1);
});

test.each(['joint', 'pyroved'] as const)('a run with auxStep %s resumes with the same numbers', async (auxStep) => {
  const all = { ...options, auxStep };
  const whole = new SemiSupervisedTrainer(new SSIVAE(small), data, all);
  await whole.train();

  const stop = new AbortController();
  let kept: Checkpoint | undefined;
  const checkpoint = (state: Checkpoint): undefined => {
    kept = state;
  };
  const first = new SemiSupervisedTrainer(new SSIVAE(small), data, all);
  const calls = { signal: stop.signal, checkpoint };
  await first.train({ ...calls, onStep: ({ step }) => step === 8 && stop.abort() });
  const second = new SemiSupervisedTrainer(new SSIVAE({ ...small, seed: 99 }), data, all);
  second.loadState(kept as Checkpoint);
  await second.train();

  expect(weights(second.model)).toEqual(weights(whole.model));
  const numbers = ({ history }: SemiSupervisedTrainer) => history.map(({ seconds: _, ...record }) => record);
  expect(numbers(second)).toEqual(numbers(whole));
  expect(whole.history[2].labelledLoss).toBeGreaterThan(whole.history[2].loss);
  const other = new SemiSupervisedTrainer(new SSIVAE(small), data, {
    ...all,
    auxStep: auxStep === 'joint' ? 'pyroved' : 'joint',
  });
  expect(() => other.loadState(kept as Checkpoint)).toThrow(/Cannot continue the saved run: its auxStep/);
});

test("pyroVED's second step moves the weights on unlabelled batches by momentum alone; a joint step does not", async () => {
  const updates = async (auxStep: 'joint' | 'pyroved') => {
    const trainer = new SemiSupervisedTrainer(new SSIVAE(small), data, { ...options, epochs: 1, auxStep });
    await trainer.train();
    return (trainer.state().state as { updates: Record<string, number> }).updates;
  };
  // 4 unlabelled and 2 labelled batches; the classifier is in the labelled objective through the auxiliary term.
  expect((await updates('joint'))['encoder_y.out.bias']).toBe(6);
  expect((await updates('pyroved'))['encoder_y.out.bias']).toBe(12);
});

test('evaluating changes nothing, and the report counts', async () => {
  const vae = new SSIVAE(small);
  const trainer = new SemiSupervisedTrainer(vae, data, options);
  const before = weights(vae);
  const { accuracy, confusion, classes } = accuracyOf(vae, data.test);
  expect(trainer.evaluate()).toEqual({ accuracy });
  expect(weights(vae)).toEqual(before);
  const right = Array.from(data.test.labels as Int32Array).filter((y, i) => y === classes[i]).length;
  expect(accuracy).toBeCloseTo(right / 10, 10);
  expect(confusion.map((row) => row.reduce((a, b) => a + b))).toEqual([5, 5]);
});

test.each<[string, Partial<SemiSupervisedOptions>]>([
  ['the exact sum', {}],
  ['sum and sample with a plate over pixels', { enumerate: 'sum-and-sample', pixels: 12 }],
  ['a projected normal angle', { anglePrior: 'projected-normal' }],
  ['no invariance', { invariances: [] }],
])('20 steps with %s leak no tensor', async (_, extra) => {
  const kernel = await selectKernel({ threads: 1 });
  const vae = new SSIVAE({ ...small, kernel, ...extra });
  const counts: number[] = [];
  const trainer = new SemiSupervisedTrainer(vae, data, { epochs: 5, batchSize: 10 });
  await trainer.train({ onStep: ({ step }) => step > 6 && counts.push(tf.memory().numTensors) });
  expect(counts.length).toBeGreaterThan(20);
  expect(new Set(counts).size).toBe(1);
  vae.dispose();
  kernel.dispose();
});

test('what cannot be trained on is rejected', () => {
  const make =
    (change: object, settings: object = {}) =>
    () =>
      new SemiSupervisedTrainer(new SSIVAE(small), { ...data, ...change }, settings);
  const relabelled: ImageSet = { ...labelled, labels: Int32Array.from({ length: 16 }, (_, i) => (i === 3 ? 2 : 0)) };
  expect(make({ labelled: { ...labelled, labels: undefined } })).toThrow(/^The labelled images have no labels\.$/);
  expect(make({ labelled: relabelled })).toThrow(
    /Image 3 of the labelled images has label 2; the model's classes are 0 to 1/,
  );
  expect(make({}, { auxStep: 'both' })).toThrow(/auxStep must be "joint" or "pyroved"; got "both"/);
  expect(make({}, { auxLossMultiplier: -1 })).toThrow(/auxLossMultiplier must be a number of at least 0; got -1/);
  expect(make({}, { shedule: 'spread' })).toThrow(
    /SemiSupervisedTrainer has no option "shedule"\. Did you mean "schedule"\?/,
  );
});
