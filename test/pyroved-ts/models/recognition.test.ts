/** The model that recognises class and pose: its geometry, its bound, which parameters each program moves, and its checks. */
import { stopGradient } from '@pyro-ts/engine';
import { affineSample } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { Adam, RandomStream, SVI, TraceELBO, TraceEnumELBO } from 'pyro-ts';
import {
  drawPoses,
  imageSet,
  type KnownPose,
  posedImages,
  RecognitionSSIVAE,
  type SemiSupervisedOptions,
  ssrVAE,
  undoPose,
} from 'pyroved-ts';
import { denseBody, recognitionNet, resolveRecognition, uprightMap } from 'pyroved-ts/internal';
import { describe, expect, test } from 'vitest';

const widths = { hiddenEncoder: [8], hiddenDecoder: [8] };
const options: SemiSupervisedOptions = {
  ...{ shape: [9, 9], numClasses: 3, invariances: ['r', 't'], latentDim: 1, ...widths },
  recognition: { body: 'dense', features: 8, views: 4 },
};
const stream = new RandomStream('recognition');
const values = Float32Array.from({ length: 6 * 81 }, () => stream.next());
const set = imageSet({ images: values, labels: Int32Array.of(0, 1, 2, 0, 1, 2), shape: [9, 9] });
const batch = () => tf.tensor2d(values, [6, 81]);
const oneHot = () => tf.cast(tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'), 3), 'float32');
const poses = drawPoses(6, { angle: Math.PI, shift: 0.2 }, stream.fork('poses'));
const pose = (): KnownPose => ({ angle: tf.tensor1d(poses.angle), shift: tf.tensor2d(poses.shift, [6, 2]) });

describe('geometry', () => {
  test('images are put upright by a pose as undoPose does it', () => {
    const known = {
      angle: tf.stack([tf.cos(poses.angle), tf.sin(poses.angle)], -1),
      shift: tf.tensor2d(poses.shift, [6, 2]),
    };
    const upright = affineSample(batch(), [9, 9], 1, uprightMap(known, [9, 9])).dataSync();
    for (let i = 0; i < 6; i++) {
      const expected = undoPose(values.subarray(81 * i, 81 * (i + 1)), [9, 9], {
        angle: poses.angle[i],
        shift: Array.from(poses.shift.subarray(2 * i, 2 * i + 2)),
      });
      expected.forEach((v, p) => void expect(upright[81 * i + p]).toBeCloseTo(v, 4));
    }
  });

  test('signals are shifted by a pose as undoPose does it', () => {
    const signal = values.subarray(0, 20);
    const map = uprightMap({ shift: tf.tensor2d([[0.13]]) }, [20]);
    const upright = affineSample(tf.tensor2d(signal, [1, 20]), [20], 1, map).dataSync();
    undoPose(signal, [20], { shift: [0.13] }).forEach((v, p) => void expect(upright[p]).toBeCloseTo(v, 4));
  });

  test('a network that gives the true remainder of every view proposes the true pose', () => {
    // The head's biases alone decide: the weights are zero. Upright objects in the view of 90 degrees, displaced within it.
    const model = new RecognitionSSIVAE({ ...options, recognition: { body: 'dense', features: 8, views: 4 } });
    const data = model.params.toData();
    for (const [name, { shape, data: numbers }] of data) {
      if (!name.startsWith('encoder_y') && !/fc_(angle|shift)/.test(name)) continue;
      model.params.set(name, tf.zeros([...shape]));
      if (!name.endsWith('head.bias')) continue;
      // Per class: a logit, then cosine and sine (times 3), the centre (times 0.1), the spread.
      const bias = Float32Array.from(numbers, () => 0);
      for (let k = 0; k < 3; k++) bias.set([Math.cos(0.3), Math.sin(0.3), 0.5, -1, 0], 3 + 5 * k);
      model.params.set(name, tf.tensor(bias, [...shape]));
    }
    const { angle = [], shift = [] } = model.encode(set, [0, 0, 0, 0, 0, 0]);
    // All views are equally likely, so the first counts: the angle is the remainder, and the centre (0.05, -0.1) goes to the origin.
    expect(angle[0]).toBeCloseTo(0.3, 4);
    const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
    expect(shift[0]).toBeCloseTo(-(0.05 * c - -0.1 * s), 4);
    expect(shift[1]).toBeCloseTo(-(0.05 * s + -0.1 * c), 4);
    model.dispose();
  });
});

describe('the bound', () => {
  test('log p(image) by importance sampling agrees with draws from the prior, class and bin summed out', () => {
    const model = new RecognitionSSIVAE({ ...options, shape: [4, 4], seed: 3 });
    // A guide as wide as the prior, since the decoder has learned nothing: standard deviations of 3 rad and about 0.1.
    model.params.set('encoder_z.fc_angle.bias', [0, 30]);
    model.params.set('encoder_z.fc_shift.bias', [0, 0, 2, 2]);
    const x = values.subarray(0, 32);
    const images = imageSet({ images: x, shape: [4, 4] });
    const found = model.logLikelihood(images, { particles: 2000, rows: 2000 });
    const rng = new RandomStream('prior');
    const draws = 3000;
    const content = Float32Array.from({ length: draws }, () => rng.nextNormal());
    const angle = Float32Array.from({ length: draws }, () => Math.PI * (2 * rng.next() - 1));
    const shift = Float32Array.from({ length: 2 * draws }, () => 0.1 * rng.nextNormal());
    const classes = Int32Array.from({ length: draws }, () => rng.nextInt(3));
    const { images: means } = model.decode(content, { classes, angle, shift });
    for (let i = 0; i < 2; i++) {
      let sum = 0;
      for (let d = 0; d < draws; d++) {
        let log = 0;
        for (let p = 0; p < 16; p++) {
          const [t, m] = [x[16 * i + p], means[16 * d + p]];
          log += t * Math.log(m) + (1 - t) * Math.log(1 - m);
        }
        sum += Math.exp(log) / draws;
      }
      expect(found[i]).toBeCloseTo(Math.log(sum), 1);
    }
    model.dispose();
  });

  test('summed over all pairs, the ELBO is the mean of that of drawn pairs', () => {
    const model = new RecognitionSSIVAE({ ...options, seed: 5 });
    const exact = new RecognitionSSIVAE({ ...options, enumerate: 'parallel', seed: 5 });
    const loss = (of: RecognitionSSIVAE, draws: number): number => {
      let sum = 0;
      for (let seed = 0; seed < draws; seed++) {
        const svi = new SVI(of.model, of.guide, new Adam({}), of.elbo(), { params: of.params, seed });
        sum += tf.tidy(() => svi.evaluateLoss(batch()) as never) as unknown as number;
      }
      return sum / draws;
    };
    expect(exact.elbo()).toBeInstanceOf(TraceEnumELBO);
    expect(loss(model, 600) / loss(exact, 60)).toBeCloseTo(1, 2);
    model.dispose();
    exact.dispose();
  });
});

describe('what moves what', () => {
  const model = new RecognitionSSIVAE({ ...options, pixels: 20 });
  const moved = (step: (optimizer: Adam) => number): string[] => {
    const before = new Map([...model.params.toData()].map(([name, { data }]) => [name, Float32Array.from(data)]));
    step(new Adam({ lr: 1e-2 }));
    return [...model.params.toData()]
      .filter(([name, { data }]) => data.some((v, i) => v !== before.get(name)?.[i]))
      .map(([name]) => name.split('.')[0]);
  };
  const elbo = new TraceELBO({ maxPlateNesting: 2 });

  test('the ELBO leaves recognition alone', () => {
    const parts = moved((optimizer) =>
      new SVI(model.model, model.guide, optimizer, model.elbo(), { params: model.params }).step(batch()),
    );
    expect([...new Set(parts)].sort()).toEqual(['decoder', 'encoder_z']);
  });

  test('so does the ELBO of images of known class and pose', () => {
    const parts = moved((optimizer) =>
      new SVI(model.posedModel, model.posedGuide, optimizer, elbo, { params: model.params }).step(
        batch(),
        oneHot(),
        pose(),
      ),
    );
    expect([...new Set(parts)].sort()).toEqual(['decoder', 'encoder_z']);
  });

  test('recognition learns from known classes and poses, and nothing else does', () => {
    const parts = moved((optimizer) =>
      new SVI(model.recognitionModel, () => {}, optimizer, elbo, { params: model.params }).step(
        batch(),
        oneHot(),
        pose(),
      ),
    );
    expect([...new Set(parts)]).toEqual(['encoder_y']);
  });

  test('no step leaves a tensor behind', () => {
    const svi = new SVI(model.model, model.guide, new Adam({ lr: 1e-3 }), model.elbo(), { params: model.params });
    const step = () => tf.tidy(() => svi.step(batch()) as never);
    step();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('every prior of the angle', () => {
  test.each(['uniform', 'normal', 'von-mises', 'projected-normal'] as const)(
    '%s: losses are finite, poses can be observed',
    (anglePrior) => {
      const model = new RecognitionSSIVAE({ ...options, anglePrior });
      const shared = { params: model.params };
      const loss = new SVI(model.model, model.guide, new Adam({}), model.elbo(), shared).step(batch());
      const posed = new SVI(model.posedModel, model.posedGuide, new Adam({}), new TraceELBO({}), shared);
      expect(Number.isFinite(loss)).toBe(true);
      expect(Number.isFinite(posed.step(batch(), oneHot(), pose()))).toBe(true);
      model.dispose();
    },
  );

  test('custom priors belong to the model without recognition', () => {
    const custom = {
      kind: 'angle',
      name: 'mine',
      toPose: stopGradient,
      source: { site: 'joint', columns: 1 },
    } as const;
    expect(() => ssrVAE({ ...options, anglePrior: custom })).toThrow(/Recognition requires one of the angle priors/);
  });
});

describe('the class', () => {
  const quarterTurned = Float32Array.from({ length: values.length }, (_, i) => {
    const [image, p] = [Math.floor(i / 81), i % 81];
    const [row, column] = [Math.floor(p / 9), p % 9];
    return values[81 * image + 9 * column + (8 - row)];
  });
  const probabilitiesOf = (model: RecognitionSSIVAE, images: Float32Array) =>
    model.classify(imageSet({ images, shape: [9, 9] })).probabilities;

  test('does not change where the image is rotated by the distance of two views', () => {
    const model = new RecognitionSSIVAE(options);
    const asIs = probabilitiesOf(model, values);
    probabilitiesOf(model, quarterTurned).forEach((p, i) => {
      expect(p).toBeCloseTo(asIs[i], 5);
    });
    model.dispose();
  });

  test('is the mean of what the views and those between them say', () => {
    const model = new RecognitionSSIVAE(options);
    const { angles, anglesBetween, viewShape } = model.recognition;
    const body = { features: 8, net: denseBody(81, 8) };
    const said = [angles, anglesBetween].map((looks) => {
      const net = recognitionNet({ shape: [9, 9], channels: 1, numClasses: 3, angles: looks, viewShape, body });
      const weights = Object.fromEntries(
        Object.keys(net.parameters).map((name) => [name, model.params.get(`encoder_y.${name}`)]),
      );
      return tf.tidy(() =>
        tf
          .sum(tf.softmax(tf.reshape(net.apply(weights, batch()).logits, [6, -1])).reshape([6, -1, 3]), 1)
          .dataSync<'float32'>(),
      );
    });
    probabilitiesOf(model, values).forEach((p, i) => {
      expect(p).toBeCloseTo((said[0][i] + said[1][i]) / 2, 5);
    });
    model.dispose();
  });
});

describe('options', () => {
  test('views are spread over the range of angles', () => {
    const degrees = (recognition: object) =>
      resolveRecognition(recognition, [48, 48], ['r', 't']).angles.map((a) => Math.round((a * 180) / Math.PI));
    expect(degrees({ views: 8 })).toEqual([0, 45, 90, 135, 180, -135, -90, -45]);
    expect(degrees({})).toHaveLength(12);
    expect(degrees({ ranges: { angle: Math.PI / 3 } })).toEqual([-45, -15, 15, 45]);
    expect(degrees({ ranges: { angle: Math.PI / 2 }, views: 4 })).toEqual([-67, -22, 23, 68]);
  });

  test('further views of the class lie between them, and at the ends of a range', () => {
    const between = (recognition: object) =>
      resolveRecognition(recognition, [48, 48], ['r', 't']).anglesBetween.map((a) => Math.round((a * 180) / Math.PI));
    expect(between({ views: 4 })).toEqual([45, 135, -135, -45]);
    expect(between({ ranges: { angle: Math.PI / 3 } })).toEqual([-60, -30, 0, 30, 60]);
    expect(between({ views: 1 })).toEqual([]);
  });

  test('views are no larger than the images, and of their proportions', () => {
    expect(resolveRecognition({}, [48, 96], ['r', 't']).viewShape).toEqual([16, 32]);
    expect(resolveRecognition({}, [20, 20], ['r', 't']).viewShape).toEqual([20, 20]);
  });

  test.each([
    [{ labelledPoses: 'turned' }, /labelledPoses must be "drawn" or "fixed"/],
    [{ bodi: 'dense' }, /no option "bodi".*body/],
    [{ views: 0 }, /views must be an integer of at least 1/],
    [{ ranges: { angel: 1 } }, /no option "angel".*angle/],
    [{ tolerance: -1 }, /tolerance must be at least 0 and less than 1/],
  ])('%j is rejected', (recognition, message) => {
    expect(() => ssrVAE({ ...options, recognition: recognition as object })).toThrow(message);
  });

  test.each([
    [{ channels: 1e12 }, /have \d+ values; at most 4194304 are supported/],
    [{ channels: 1.5 }, /channels must be an integer of at least 1; got 1.5/],
    [{ shape: [900, 900], recognition: { views: 300, viewSize: 900 } }, /Choose fewer views/],
  ])('views that take all memory are rejected before it is taken: %j', (more, message) => {
    expect(() => ssrVAE({ ...options, ...more } as SemiSupervisedOptions)).toThrow(message);
  });

  test('options of the other model are rejected', () => {
    expect(() => ssrVAE({ ...options, angleGuide: 'binned' })).toThrow(
      /angleGuide is an option of the model without recognition/,
    );
  });

  test('posed images come back upright by the pose they were drawn with', () => {
    const model = new RecognitionSSIVAE(options);
    const posed = posedImages(values, [9, 9], 1, poses);
    expect(model.classify(imageSet({ images: posed, shape: [9, 9] })).probabilities).toHaveLength(18);
    model.dispose();
  });
});
