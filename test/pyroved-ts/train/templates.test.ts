/** Training a template model: deformations that labels never show, resuming, the gate, and what is kept. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { RandomStream } from 'pyro-ts';
import {
  type Checkpoint,
  drawPoses,
  imageSet,
  posedImages,
  TemplateSSIVAE,
  TemplateTrainer,
  type TemplateTrainerOptions,
} from 'pyroved-ts';
import { afterAll, describe, expect, it, test } from 'vitest';
import { bar, draw, ell } from '../shapes.js';
import { trainedOnce, weights } from './small.js';

const SIDE = 10;
const shapes = [ell, [...bar, [0.35, 0.55], [0.35, 0.2]]] as const;

/** Both shapes in turn, posed; `stretch` scales and shears the unlabelled ones. */
function images(count: number, label: string, ranges: Parameters<typeof drawPoses>[1]) {
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const upright = Float32Array.from(Array.from(labels).flatMap((y) => Array.from(draw(shapes[y], SIDE, 0))));
  const poses = drawPoses(count, ranges, new RandomStream(label));
  return imageSet({ images: posedImages(upright, [SIDE, SIDE], 1, poses), labels, shape: [SIDE, SIDE] });
}
const strange = { angle: Math.PI, shift: 0.1, scale: [0.8, 1.25], shear: 0.3 } as const;
const data = { labelled: images(4, 'labelled', {}), unlabelled: images(20, 'unlabelled', strange) };
const kernel = await selectKernel({ threads: 1 });
afterAll(() => kernel.dispose());
const modelOf = (seed = 1, numClasses = 2) =>
  new TemplateSSIVAE({
    ...{ shape: [SIDE, SIDE], numClasses, invariances: ['r', 't'], latentDim: 2, decoder: 'template', seed, kernel },
    recognition: {
      body: 'dense',
      features: 8,
      views: 4,
      ranges: { angle: Math.PI, shift: 0.2, scale: [1, 1], shear: 0 },
    },
  });
const few = { epochs: 2, batchSize: 5, recognitionSteps: 4, recognitionBatch: 6, posedBatch: 3, templateSteps: 5 };
const trainerOf = (options: TemplateTrainerOptions = {}, model = modelOf()) =>
  new TemplateTrainer(model, data, { ...few, ...options });

const wholeRun = trainedOnce(() => trainerOf());

test('the steps of recognition come first, then the joint ones, spread over the epochs whatever the number of images', () => {
  const trainer = trainerOf({ epochs: 3, templateSteps: 10 });
  expect([0, 1, 2].map((epoch) => trainer.batches(epoch).length)).toEqual([4 + 4, 4, 4]);
  const joint = [0, 1, 2].flatMap((epoch) => trainer.batches(epoch)).filter(({ kind }) => kind === 'unlabelled');
  const firstPass = joint.slice(0, 4).flatMap(({ indices }) => Array.from(indices));
  expect(firstPass.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('pictures begin as the mean labelled image of each class, and the blur ends at 0', async () => {
  const trainer = trainerOf();
  const pictures = trainer.model.params.get('decoder.pictures').dataSync();
  const { images: given } = data.labelled;
  expect(pictures[45]).toBeCloseTo((given[45] + given[45 + 2 * SIDE ** 2]) / 2, 5);
  trainer.model.dispose();
  const { model, history } = await wholeRun();
  expect(model.blur).toBe(0);
  expect(history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
});

test.each([3, 6])('stopped after step %i and resumed, the numbers are the same, bit for bit', async (at) => {
  const whole = await wholeRun();
  const stop = new AbortController();
  let kept: Checkpoint | undefined;
  await trainerOf().train({
    signal: stop.signal,
    onStep: ({ step }) => step === at && stop.abort(),
    checkpoint: (state) => {
      kept = state;
      return undefined;
    },
  });
  const second = trainerOf({}, modelOf(99));
  second.loadState(kept as Checkpoint);
  await second.train();
  expect(weights(second.model)).toEqual(weights(whole.model));
});

test('a run with another number of joint steps does not go on', async () => {
  const trainer = trainerOf({ epochs: 1 });
  await trainer.train();
  expect(() => trainerOf({ epochs: 1, templateSteps: 6 }).loadState(trainer.state())).toThrow(/templateSteps/);
});

test('no tensor is left behind', async () => {
  const before = tf.memory().numTensors;
  const model = modelOf();
  const seen: number[] = [];
  await trainerOf({}, model).train({ onStep: () => seen.push(tf.memory().numTensors) });
  expect(new Set(seen.slice(5))).toEqual(new Set([seen[5]]));
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

describe('the gate', () => {
  it('leaves recognition alone where the evidence does not recognise labelled images', async () => {
    const trainer = trainerOf();
    // Pictures that show nothing explain every class alike.
    trainer.model.setPictures(new Float32Array(2 * SIDE ** 2));
    trainer.model.params.set('decoder.field', tf.zeros([2, 2, 4, 4]));
    await trainer.train();
    expect(trainer.model.gate.weight).toBeLessThan(1);
    trainer.model.dispose();
  });
});

describe('fallback steps', () => {
  /** Pictures that show nothing explain every class alike. */
  const blank = (options: TemplateTrainerOptions): TemplateTrainer => {
    const trainer = trainerOf({ fallbackSteps: 6, ...options });
    trainer.model.setPictures(new Float32Array(2 * SIDE ** 2));
    trainer.model.params.set('decoder.field', tf.zeros([2, 2, 4, 4]));
    return trainer;
  };
  const wholeRun = trainedOnce(() => blank({}));
  const recognition = ({ model: { params } }: TemplateTrainer) =>
    params.names.filter((name) => name.startsWith('encoder_y.')).map((name) => Array.from(params.get(name).dataSync()));
  const trainedFor = async (trainer: TemplateTrainer, steps: number): Promise<TemplateTrainer> => {
    const stop = new AbortController();
    await trainer.train({ signal: stop.signal, onStep: ({ step }) => step >= steps && stop.abort() });
    return trainer;
  };

  it('train recognition anew, whatever the first steps were, and its weights are those that remain', async () => {
    const [one, other, cut] = [await wholeRun(), blank({ recognitionSteps: 2 }), blank({})];
    await other.train();
    await trainedFor(cut, 4 + 6);
    expect(one.model.gate.weight).toBeLessThan(1);
    expect(recognition(one)).toEqual(recognition(cut));
    expect(recognition(other)).toEqual(recognition(one));
    for (const { model } of [other, cut]) model.dispose();
  });

  it.each([4, 7, 12])('a run stopped after step %i resumes with the same numbers', async (steps) => {
    const [whole, cut, resumed] = [await wholeRun(), blank({}), blank({})];
    await trainedFor(cut, steps);
    resumed.loadState(cut.state());
    await resumed.train();
    expect(weights(resumed.model)).toEqual(weights(whole.model));
    for (const { model } of [cut, resumed]) model.dispose();
  });

  it('are skipped where the evidence recognises labelled images', async () => {
    const trainer = trainerOf({ fallbackSteps: 6, recognitionSteps: 200, recognitionBatch: 16 });
    let steps = 0;
    await trainer.train({ onStep: () => steps++ });
    expect(trainer.model.gate.weight).toBe(1);
    expect([trainer.step, steps]).toEqual([trainer.totalSteps, trainer.totalSteps - 6]);
    trainer.model.dispose();
  });
});

describe('several pictures of a class', () => {
  it('begin as the means of groups of labelled images, and the commonest comes first', async () => {
    // Class 0 holds both shapes, class 1 a block.
    const block = [
      ...[...bar, [0.1, 0.55], [0.1, -0.55], [-0.1, 0.55], [-0.1, -0.55]],
      ...[
        [0.35, 0],
        [-0.35, 0],
        [0.35, 0.3],
        [-0.35, -0.3],
      ],
    ] as unknown as Parameters<typeof draw>[0];
    const kinds = [ell, bar, block];
    const set = (
      count: number,
      label: string,
      ranges: Parameters<typeof drawPoses>[1],
      kind: (i: number) => number,
    ) => {
      const upright = Float32Array.from({ length: count }, (_, i) => i).reduce<number[]>(
        (all, i) => all.concat(Array.from(draw(kinds[kind(i)], SIDE, 0))),
        [],
      );
      return imageSet({
        images: posedImages(
          Float32Array.from(upright),
          [SIDE, SIDE],
          1,
          drawPoses(count, ranges, new RandomStream(label)),
        ),
        labels: Int32Array.from({ length: count }, (_, i) => (kind(i) === 2 ? 1 : 0)),
        shape: [SIDE, SIDE],
      });
    };
    const labelled = set(6, 'labelled', {}, (i) => i % 3);
    const unlabelled = set(24, 'unlabelled', { angle: Math.PI, shift: 0.1 }, (i) => [0, 1, 1, 2][i % 4]);
    const { recognition } = modelOf().given;
    const model = new TemplateSSIVAE({ ...modelOf().given, recognition, templatesPerClass: 2 });
    const trainer = new TemplateTrainer(
      model,
      { labelled, unlabelled },
      { ...few, recognitionSteps: 20, templateSteps: 6 },
    );
    const picture = (i: number) =>
      model.params
        .get('decoder.pictures')
        .dataSync()
        .slice(i * SIDE ** 2, (i + 1) * SIDE ** 2);
    const before = [0, 1].map((i) => correlation(picture(i), draw(bar, SIDE, 0)));
    expect(Math.max(...before)).toBeGreaterThan(0.99);
    expect(Math.min(...before)).toBeLessThan(0.95);
    await trainer.train();
    // Two thirds of class 0 are bars.
    expect(correlation(picture(0), draw(bar, SIDE, 0))).toBeGreaterThan(correlation(picture(1), draw(bar, SIDE, 0)));
    model.dispose();
  });
});

describe('a class without labels', () => {
  it('gets its picture from the images that the others explain worst', async () => {
    const cross = [...bar, [0.4, 0], [-0.4, 0], [0.2, 0], [-0.2, 0]] as const;
    const poses = drawPoses(12, { angle: Math.PI, shift: 0.1 }, new RandomStream('crosses'));
    const upright = draw(cross, SIDE, 0);
    const crosses = posedImages(
      Float32Array.from({ length: 12 * SIDE ** 2 }, (_, i) => upright[i % SIDE ** 2]),
      [SIDE, SIDE],
      1,
      poses,
    );
    const plain = images(24, 'plain', { angle: Math.PI, shift: 0.1 });
    const unlabelled = imageSet({ images: Float32Array.of(...plain.images, ...crosses), shape: [SIDE, SIDE] });
    const model = modelOf(1, 3);
    const trainer = new TemplateTrainer(model, { ...data, unlabelled }, { ...few, epochs: 1, templateSteps: 3 });
    await trainer.train();
    const picture = model.params
      .get('decoder.pictures')
      .dataSync()
      .slice(2 * SIDE ** 2);
    // The best match over rotations with the cross, in terms of the correlation, beats that with the labelled shapes.
    const match = (shape: Parameters<typeof draw>[0]): number =>
      Math.max(...Array.from({ length: 36 }, (_, k) => correlation(picture, draw(shape, SIDE, (k * Math.PI) / 18))));
    expect(match(cross)).toBeGreaterThan(0.9);
    expect(match(cross)).toBeGreaterThan(Math.max(match(shapes[0]), match(shapes[1])));
    model.dispose();
  });
});

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (x: ArrayLike<number>) => Array.from(x).reduce((s, v) => s + v, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
