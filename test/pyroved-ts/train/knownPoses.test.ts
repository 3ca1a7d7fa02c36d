/** Training with known poses: learning, resuming, what labelled images are shown, and what is rejected. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { OptionError, RandomStream } from 'pyro-ts';
import {
  accuracyOf,
  type Checkpoint,
  coordinateGrid,
  directionOf,
  drawPoses,
  type ImageSet,
  type Invariance,
  imageSet,
  type KnownPose,
  KnownPoseTrainer,
  type KnownPoseTrainerOptions,
  posedImages,
  poseTransform,
  RecognitionSSIVAE,
  type SemiSupervisedOptions,
  transformGrid,
  undoPose,
} from 'pyroved-ts';
import { polarShears } from 'pyroved-ts/internal';
import { afterAll, describe, expect, it, test, vi } from 'vitest';
import { slow } from '../../slow.js';
import { bar, draw, ell, turned } from '../shapes.js';
import { small as both, trainedOnce, weights } from './small.js';

const { hiddenClassifier: _, ...small } = both;
const unlabelled = turned([ell, bar], 40, 8, 1, 'unlabelled');
/** Four images of the first class, twelve of the second. */
const labelled = (() => {
  const { images, labels = [] } = turned([ell, bar], 24, 8, 0.05, 'labelled');
  const kept = Array.from(labels.keys()).filter((i) => labels[i] === 1 || i < 8);
  return imageSet({
    images: Float32Array.from(kept.flatMap((i) => Array.from(images.subarray(64 * i, 64 * i + 64)))),
    labels: Int32Array.from(kept, (i) => labels[i]),
    shape: [8, 8],
  });
})();
const data = { unlabelled, labelled, test: turned([ell, bar], 10, 8, 1, 'test') };
const recognition = { body: 'dense', features: 8, views: 4 } as const;
const kernel = await selectKernel({ threads: 1 });
afterAll(() => kernel.dispose());
const modelOf = (more: Partial<SemiSupervisedOptions> = {}) =>
  new RecognitionSSIVAE({ ...small, recognition, kernel, ...more });
const few = { epochs: 3, batchSize: 10, recognitionSteps: 5, recognitionBatch: 6, posedBatch: 4 };
const trainerOf = (options: KnownPoseTrainerOptions = {}, model = modelOf()) =>
  new KnownPoseTrainer(model, data, { ...few, ...options });
const wholeRun = trainedOnce(() => trainerOf());

test('classes, angles and shifts of images at any pose are recognised, from five upright images of each class', async () => {
  const side = 14;
  const rng = new RandomStream('known poses');
  const shapes = [ell, [...bar, [0.35, 0.55], [0.35, 0.2]]] as const;
  const ranges = { angle: Math.PI, shift: 0.2 };
  const drawn = (perClass: number, posed: boolean): ImageSet & { angle: Float32Array; shift: Float32Array } => {
    const count = 2 * perClass;
    const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
    const upright = Float32Array.from(Array.from(labels).flatMap((y) => Array.from(draw(shapes[y], side, 0))));
    const poses = drawPoses(count, posed ? ranges : {}, rng.fork(`${perClass}`));
    const images = posedImages(upright, [side, side], 1, poses);
    return { ...imageSet({ images, labels, shape: [side, side] }), angle: poses.angle, shift: poses.shift };
  };
  const test = drawn(60, true);
  const model = new RecognitionSSIVAE({
    ...{ shape: [side, side], numClasses: 2, invariances: ['r', 't'], latentDim: 1 },
    ...{ hiddenEncoder: [32], hiddenDecoder: [32] },
    recognition: { body: 'dense', features: 48, ranges: { ...ranges, scale: [1, 1], shear: 0 } },
  });
  const sets = { unlabelled: drawn(50, true), labelled: drawn(5, false), test };
  const trainer = new KnownPoseTrainer(model, sets, { epochs: 2, batchSize: 20, recognitionSteps: 400, compile: true });
  const { history } = await trainer.train();
  const [first, last] = [history[0].recognitionLoss, history[1]];
  // A density may exceed 1, so the loss has no sign.
  expect(Number.isFinite(first)).toBe(true);
  expect(last.evaluation?.accuracy).toBe(accuracyOf(model, test).accuracy);
  expect(last.evaluation?.accuracy).toBeGreaterThan(0.97);
  const { angle = [], shift = [] } = model.encode(test);
  const errors = Array.from(angle, (a, i) =>
    Math.abs(Math.atan2(Math.sin(a - test.angle[i]), Math.cos(a - test.angle[i]))),
  );
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
  const shiftErrors = Array.from(shift, (t, i) => Math.abs(t - test.shift[i]));
  // Any angle would be off by 90 degrees, and no shift at all by 0.1.
  expect(median(errors)).toBeLessThan(0.25);
  expect(median(shiftErrors)).toBeLessThan(0.06);
  model.dispose();
});

slow('the shear of images at any pose is recognised, from upright images alone', async () => {
  const side = 16;
  const rng = new RandomStream('known shears');
  const smaller = (shape: typeof ell) => shape.map(([x, y]) => [0.7 * x, 0.7 * y] as const);
  const shapes = [ell, [...bar, [0.35, 0.55], [0.35, 0.2]] as typeof ell].map(smaller);
  const ranges = { angle: 0.5, shift: 0.15, scale: [1, 1], shear: 0.5 } as const;
  const drawn = (perClass: number, posed: boolean) => {
    const count = 2 * perClass;
    const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
    const upright = Float32Array.from(Array.from(labels).flatMap((y) => Array.from(draw(shapes[y], side, 0))));
    const poses = drawPoses(count, posed ? ranges : {}, rng.fork(`${perClass}`));
    const images = posedImages(upright, [side, side], 1, poses);
    return { ...imageSet({ images, labels, shape: [side, side] }), poses };
  };
  const test = drawn(100, true);
  const model = new RecognitionSSIVAE({
    ...{ shape: [side, side], numClasses: 2, invariances: ['r', 't', 'h'], latentDim: 1, shearPrior: 0.15 },
    ...{ hiddenEncoder: [64], hiddenDecoder: [32], pixels: 100 },
    recognition: { body: 'dense', features: 48, ranges },
  });
  const sets = { unlabelled: drawn(50, true), labelled: drawn(5, false) };
  const options = {
    epochs: 60,
    batchSize: 25,
    recognitionSteps: 300,
    recognitionBatch: 24,
    posedBatch: 32,
    lr: 3e-3,
    compile: true,
  } as const;
  await new KnownPoseTrainer(model, sets, options).train();
  const { shear = [] } = model.encode(test);
  const known = polarShears(test.poses);
  const r2 = [0, 1].map((k) => explained(every(shear, k), every(known, k)));
  // The first number has a standard deviation of 0.05 only, the second one of 0.2.
  expect(r2[0]).toBeGreaterThan(0.3);
  expect(r2[1]).toBeGreaterThan(0.75);
  model.dispose();
});

const every = (rows: ArrayLike<number>, k: number): number[] => Array.from(rows).filter((_, i) => i % 2 === k);
/** The fraction of the variance of `known` that `found` explains as it is, without a fit. */
function explained(found: readonly number[], known: readonly number[]): number {
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  const square = (values: readonly number[]) => values.reduce((sum, v) => sum + v * v, 0);
  return 1 - square(known.map((v, i) => v - found[i])) / square(known.map((v) => v - mean));
}

describe('resuming', () => {
  const timeless = ({ history }: KnownPoseTrainer) => history.map(({ seconds: __, ...record }) => record);

  it.each([
    ['within the steps of recognition alone', 2],
    ['after the last of them', 5],
    ['within an epoch', 7],
    ['within a later epoch', 11],
  ])('%s gives the same numbers, bit for bit', async (_name, at) => {
    const whole = await wholeRun();
    const stop = new AbortController();
    let kept: Checkpoint | undefined;
    const first = trainerOf();
    await first.train({
      signal: stop.signal,
      onStep: ({ step }) => step === at && stop.abort(),
      checkpoint: (state) => {
        kept = state;
        return undefined;
      },
    });
    expect(first.step).toBe(at);
    const second = trainerOf({}, modelOf({ seed: 99 }));
    second.loadState(kept as Checkpoint);
    await second.train();
    expect(weights(second.model)).toEqual(weights(whole.model));
    expect(timeless(second)).toEqual(timeless(whole));
    expect(second.step).toBe(5 + 3 * 4);
  });

  it.each([
    ['recognitionSteps', { recognitionSteps: 6 }],
    ['recognitionBatch', { recognitionBatch: 7 }],
    ['recognitionLr', { recognitionLr: 1e-2 }],
    ['posedBatch', { posedBatch: 5 }],
    ['dropout', { dropout: 0.2 }],
  ])('with another %s is rejected', async (name, options) => {
    const state = (await wholeRun()).state();
    expect(() => trainerOf(options).loadState(state)).toThrow(new RegExp(`Cannot continue the saved run: its ${name}`));
  });
});

describe('steps', () => {
  test('the first ones are of recognition alone, then one per unlabelled batch', () => {
    const trainer = trainerOf();
    expect(trainer.batches(0).map(({ kind }) => kind)).toEqual([
      ...new Array(5).fill('recognition'),
      ...new Array(4).fill('unlabelled'),
    ]);
    expect(trainer.batches(1).map(({ kind }) => kind)).toEqual(new Array(4).fill('unlabelled'));
    expect(trainer.totalSteps).toBe(5 + 3 * 4);
    expect(trainerOf({ recognitionSteps: 0 }).batches(0)).toHaveLength(4);
  });

  test('labelled images are drawn evenly from the classes, however few images one has', () => {
    const trainer = trainerOf({ recognitionSteps: 60, recognitionBatch: 7 });
    const labels = labelled.labels as Int32Array;
    const seen = new Set<number>();
    for (const { kind, indices } of trainer.batches(0)) {
      if (kind !== 'recognition') continue;
      const ofFirst = indices.filter((i) => labels[i] === 0).length;
      expect([3, 4]).toContain(ofFirst);
      for (const i of indices) seen.add(i);
    }
    expect(seen.size).toBe(labelled.count);
  });

  test('the losses of recognition and of unlabelled images stand apart in the history', async () => {
    const { history } = await wholeRun();
    expect(history.map(({ recognitionLoss }) => recognitionLoss !== undefined)).toEqual([true, false, false]);
    expect(history.every(({ loss }) => Number.isFinite(loss) && loss > 0)).toBe(true);
  });

  test.each([
    ['a dense body', {}],
    ['a convolutional body', { recognition: { features: 4, views: 3 } }],
    ['labelled poses that are fixed', { recognition: { ...recognition, labelledPoses: 'fixed' } }],
    ['a latent scale', { invariances: ['r', 't', 's'] as Invariance[] }],
    ['latent scale and shear', { invariances: ['r', 't', 's', 'h'] as Invariance[] }],
    [
      'a latent shear, of images of which some pixels are decoded',
      { invariances: ['r', 'h'] as Invariance[], pixels: 20 },
    ],
    ['translation alone', { invariances: ['t'] as Invariance[], recognition: { body: 'dense', features: 8 } }],
    ['classes and bins that are summed out', { enumerate: 'parallel' }],
  ] as [string, Partial<SemiSupervisedOptions>][])('leave no tensor behind: %s', async (_name, more) => {
    const before = tf.memory().numTensors;
    const model = modelOf(more);
    const seen: number[] = [];
    const { history } = await trainerOf({ epochs: 2 }, model).train({
      onStep: () => seen.push(tf.memory().numTensors),
    });
    expect(history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    // The optimiser's state grows until every parameter has had its first step.
    expect(new Set(seen.slice(6))).toEqual(new Set([seen[6]]));
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('epochs leave recognition as its own steps left it', async () => {
  const one = trainerOf({ epochs: 1 });
  const more = await wholeRun();
  await one.train();
  const of = ({ model: { params } }: KnownPoseTrainer, isRecognition: boolean): number[] =>
    params.names
      .filter((name) => name.startsWith('encoder_y') === isRecognition)
      .flatMap((name) => Array.from(params.get(name).dataSync()));
  expect(of(one, true).length).toBeGreaterThan(0);
  expect(of(more, true)).toEqual(of(one, true));
  expect(of(more, false)).not.toEqual(of(one, false));
});

describe('labelled images', () => {
  interface Shown {
    readonly x: Float32Array;
    readonly angle?: Float32Array;
    readonly shift?: Float32Array;
    readonly scale?: Float32Array;
    readonly shear?: Float32Array;
  }
  const numbers = (t?: tf.Tensor): Float32Array | undefined => t?.dataSync<'float32'>().slice();
  const noted = (x: tf.Tensor, pose?: KnownPose): Shown => ({
    x: numbers(x) as Float32Array,
    ...{
      angle: numbers(pose?.angle),
      shift: numbers(pose?.shift),
      scale: numbers(pose?.scale),
      shear: numbers(pose?.shear),
    },
  });

  const nothing = new Float32Array(0);

  /** What two programs are given in one epoch: that of images of known class and pose, and that of recognition. */
  async function shownTo(more: Partial<SemiSupervisedOptions>) {
    const model = modelOf(more);
    const [posed, recognised]: Shown[][] = [[], []];
    const { posedModel, recognitionModel } = model;
    vi.spyOn(model, 'posedModel').mockImplementation((x, y, pose, terms) => {
      posed.push(noted(x, pose));
      posedModel(x, y, pose, terms);
    });
    vi.spyOn(model, 'recognitionModel').mockImplementation((x, y, pose, weighted) => {
      recognised.push(noted(x, pose));
      recognitionModel(x, y, pose, weighted);
    });
    await trainerOf({ epochs: 1 }, model).train();
    model.dispose();
    return { posed, recognised };
  }

  /** Mean difference of each image, put upright by the pose that is said to be known, from the labelled image most like it. */
  const distances = ({ x, angle = nothing, shift = nothing, scale, shear }: Shown): number[] =>
    Array.from(angle, (_angle, i) => {
      const size = scale && [scale[i], scale[i]];
      const pose = { angle: angle[i], shift: [shift[2 * i], shift[2 * i + 1]], ...(size && { scale: size }) };
      const stretch = shear && [shear[2 * i], shear[2 * i + 1]];
      const upright = undoPose(x.subarray(64 * i, 64 * i + 64), [8, 8], { ...pose, shear: stretch });
      const from = Array.from({ length: labelled.count }, (_image, k) =>
        upright.reduce((sum, v, p) => sum + Math.abs(v - labelled.images[64 * k + p]) / 64, 0),
      );
      return Math.min(...from);
    });
  const worst = (steps: readonly Shown[]): number => Math.max(...steps.flatMap(distances));

  const ranges = { angle: Math.PI, shift: 0.2, scale: [1, 1], shear: 0 } as const;

  test('are at the poses that the model is given', async () => {
    const { posed, recognised } = await shownTo({ recognition: { ...recognition, ranges } });
    expect([posed.length, recognised.length]).toEqual([4, 5]);
    expect(worst(posed)).toBeLessThan(0.1);
    // Recognition has fresh noise on them.
    expect(worst(recognised)).toBeLessThan(0.2);
    expect(worst(recognised)).toBeGreaterThan(worst(posed));
    const without = posed.map((step) => ({ ...step, angle: step.angle?.map(() => 0) }) as Shown);
    expect(worst(without)).toBeGreaterThan(0.12);
  });

  test('have a scale that the model is given too, if it has a latent one', async () => {
    const wide = { ...ranges, angle: 0, shift: 0.3, scale: [0.6, 1] } as const;
    const { posed } = await shownTo({
      invariances: ['t', 's'],
      recognition: { ...recognition, views: 1, ranges: wide },
    });
    expect(posed.every(({ scale = [] }) => scale.length === 4)).toBe(true);
    expect(worst(posed)).toBeLessThan(0.1);
  });

  test('have a shear that the model is given too, if it has a latent one', async () => {
    const wide = { ...ranges, scale: [0.8, 1.1], shear: 0.4 } as const;
    const { posed } = await shownTo({
      invariances: ['r', 't', 's', 'h'],
      recognition: { ...recognition, ranges: wide },
    });
    expect(posed.every(({ shear = [] }) => shear.length === 8)).toBe(true);
    expect(worst(posed)).toBeLessThan(0.1);
    const without = posed.map((step) => ({ ...step, shear: step.shear?.map(() => 0) }) as Shown);
    expect(worst(without)).toBeGreaterThan(worst(posed));
  });

  test.each([
    ['r, t, s, h', ['r', 't', 's', 'h'], { scale: [0.8, 1.2], shear: 0.3 }],
    ['r, t, h', ['r', 't', 'h'], { scale: [1, 1], shear: 0.3 }],
    ['r, t, s', ['r', 't', 's'], { scale: [0.8, 1.2], shear: 0 }],
    ['t, h', ['t', 'h'], { angle: 0, scale: [1, 1], shear: 0.3 }],
  ] as [string, Invariance[], object][])(
    'with the invariances %s are rendered by the known pose',
    async (_, invariances, own) => {
      // Images of their own coordinates show where each pixel was read from.
      const shape = [9, 7];
      const points = 63;
      const grid = coordinateGrid(shape);
      const coordinates = grid.dataSync<'float32'>();
      const images = Float32Array.from({ length: 4 * 2 * points }, (_v, i) => {
        const axis = Math.floor(i / points) % 2;
        return 0.5 + 0.5 * coordinates[2 * (i % points) + axis];
      });
      const set = imageSet({ images, shape, channels: 2, labels: Int32Array.of(0, 1, 0, 1) });
      const model = modelOf({
        ...{ shape, channels: 2, invariances },
        recognition: { ...recognition, views: invariances.includes('r') ? 4 : 1, ranges: { ...ranges, ...own } },
      });
      let worstDistance = 0;
      let compared = 0;
      const { posedModel } = model;
      vi.spyOn(model, 'posedModel').mockImplementation((x, y, pose, terms) => {
        const transform = poseTransform({ ...pose, angle: directionOf(pose.angle) });
        const read = transformGrid(grid, transform).dataSync();
        const shown = x.dataSync();
        for (let i = 0; i < x.shape[0]; i++) {
          for (let p = 0; p < points; p++) {
            const [u, v] = [read[2 * (i * points + p)], read[2 * (i * points + p) + 1]];
            if (Math.max(Math.abs(u), Math.abs(v)) > 0.99) continue;
            compared++;
            const [p0, p1] = [shown[2 * i * points + p], shown[(2 * i + 1) * points + p]];
            worstDistance = Math.max(worstDistance, Math.abs(2 * p0 - 1 - u), Math.abs(2 * p1 - 1 - v));
          }
        }
        posedModel(x, y, pose, terms);
      });
      const sets = { unlabelled: set, labelled: set };
      await new KnownPoseTrainer(model, sets, { ...few, epochs: 2, batchSize: 2 }).train();
      expect(compared).toBeGreaterThan(100);
      expect(worstDistance).toBeLessThan(1e-5);
      model.dispose();
      grid.dispose();
    },
  );

  test('are shown as they are where their poses are fixed, and no pose is given', async () => {
    const { posed, recognised } = await shownTo({ recognition: { ...recognition, labelledPoses: 'fixed' } });
    expect([posed.length, recognised.length]).toEqual([0, 5]);
    const known = new Set(
      Array.from({ length: labelled.count }, (_image, k) => labelled.images.subarray(64 * k, 64 * k + 64).join()),
    );
    for (const { x, angle } of recognised) {
      expect(angle).toBeUndefined();
      for (let i = 0; 64 * i < x.length; i++) expect(known.has(x.subarray(64 * i, 64 * i + 64).join())).toBe(true);
    }
  });
});

describe('options', () => {
  it.each([
    [{ recognitionSteps: -1 }, 'recognitionSteps must be an integer of at least 0; got -1.'],
    [{ recognitionSteps: 1.5 }, 'recognitionSteps must be an integer of at least 0; got 1.5.'],
    [{ recognitionBatch: 0 }, 'recognitionBatch must be an integer of at least 1; got 0.'],
    [{ posedBatch: 0 }, 'posedBatch must be an integer of at least 1; got 0.'],
    [{ dropout: 1 }, 'dropout must be a probability from 0 to below 1; got 1.'],
    [{ recognitionLr: 0 }, 'recognitionLr must be a positive number; got 0.'],
    [{ recognitionLr: Number.NaN }, 'recognitionLr must be a positive number; got NaN.'],
  ])('%j is rejected', (options, message) => {
    expect(() => trainerOf(options)).toThrow(OptionError);
    expect(() => trainerOf(options)).toThrow(message);
  });

  it('that do not exist are rejected with the nearest name', () => {
    const wrong = { recognitionStep: 3 } as KnownPoseTrainerOptions;
    expect(() => trainerOf(wrong)).toThrow(/KnownPoseTrainer has no option "recognitionStep".*recognitionSteps/);
    expect(() => trainerOf({ auxStep: 'joint' } as KnownPoseTrainerOptions)).toThrow(/no option "auxStep"/);
  });
});
