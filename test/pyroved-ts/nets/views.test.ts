/** Networks that look at an image from several sides: what the views show, and what is made of them. */
import * as tf from '@tensorflow/tfjs';
import { module, ParamStore, RandomStream, seed } from 'pyro-ts';
import {
  type ClassifierNet,
  coordinateGrid,
  directionOf,
  type Encoded,
  type EncoderNet,
  fcClassifier,
  fcEncoder,
  poseTransform,
  transformGrid,
} from 'pyroved-ts';
import { classifierOfViews, encoderOfViews, inView, turnedViews } from 'pyroved-ts/internal';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';

const QUARTER = Math.PI / 2;
const rows = (t: tf.Tensor): number[][] => tf.reshape(t, [-1, t.shape[t.rank - 1]]).arraySync() as number[][];

describe('a view', () => {
  test('by quarter turns has the same pixels at other places', () => {
    const picture = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const views = turnedViews([3, 3], 1, [0, QUARTER, 2 * QUARTER]);
    const [upright, quarter, half] = rows(views.of(tf.tensor2d(picture, [1, 9])));
    expect(upright).toEqual(picture);
    // Counter-clockwise turned by a quarter is what turns back to this clockwise.
    quarter.forEach((v, i) => void expect(v).toBeCloseTo([7, 4, 1, 8, 5, 2, 9, 6, 3][i], 5));
    half.forEach((v, i) => void expect(v).toBeCloseTo([...picture].reverse()[i], 5));
  });

  test('has 0 where nothing is known, and keeps channels apart', () => {
    const image = [...new Array<number>(25).fill(1), ...new Array<number>(25).fill(3)];
    const [view] = rows(turnedViews([5, 5], 2, [QUARTER / 2]).of(tf.tensor2d(image, [1, 50])));
    for (const [channel, value] of [1, 3].entries()) {
      const at = (row: number, column: number) => view[25 * channel + 5 * row + column];
      for (const corner of [at(0, 0), at(0, 4), at(4, 0), at(4, 4)]) expect(corner).toBeLessThan(0.6 * value);
      expect(at(2, 2)).toBeCloseTo(value, 5);
      expect(at(1, 3)).toBeCloseTo(value, 5);
    }
  });

  test.each([
    [0.7, 0.4],
    [-2.1, 0.5],
  ])('turned back by %f shows an object with the angle that is left and the same shift', (by, left) => {
    const shape = [33, 33];
    /** A smooth object without symmetry, as the decoder's coordinates see it. */
    const seen = (angle: number): tf.Tensor => {
      const pose = { angle: directionOf(tf.tensor1d([angle])), shift: tf.tensor2d([[0.1, -0.15]]) };
      const at = transformGrid(coordinateGrid(shape), poseTransform(pose));
      const blob = (a: number, b: number, width: number) =>
        tf.exp(tf.div(tf.sum(tf.square(tf.sub(at, tf.tensor1d([a, b]))), -1), -2 * width ** 2));
      return tf.add(blob(0.1, 0.2, 0.2), tf.mul(0.5, blob(-0.3, 0, 0.15)));
    };
    const view = turnedViews(shape, 1, [by]).of(seen(by + left));
    expectClose(view, seen(left), 0, 0.02);
    expect(tf.max(tf.abs(tf.sub(seen(by + left), seen(left)))).dataSync()[0]).toBeGreaterThan(0.3);
  });
});

const shape = [4, 4];
const rng = new RandomStream('views');
const images = rng.fill([5, 16], () => rng.next());
const sizes = { hidden: [6], activation: 'tanh' as const };

/** The weights of a net, and a way to run it. */
function weighted<N extends EncoderNet | ClassifierNet>(net: N) {
  const params = new ParamStore();
  const run = <T>(body: () => T): T => params.run(() => seed.with(3, body));
  return { run, net };
}

describe('an encoder of views', () => {
  const net = fcEncoder({ ...sizes, inputs: [16, 2], joint: 3, own: { angle: 3 }, discrete: 2 });
  const shares = [0.5, 0.2, 0.3];
  const views = turnedViews(shape, 1, [0, 1, -2], shares.map(Math.log));
  const { run } = weighted(net);
  const classes = tf.tensor3d([1, 0, 0, 1], [2, 1, 2]);

  test.each([
    ['a class for each image', tf.oneHot(tf.tensor1d([0, 1, 1, 0, 1], 'int32'), 2).toFloat(), []],
    ['all classes', classes, [2]],
  ])('says of each view what the encoder says of that picture, told %s', (_, condition, lead) => {
    const [all, alone] = run((): [Encoded, Encoded[]] => [
      module('net', encoderOfViews(net, views))([images, condition]),
      [0, 1, -2].map((angle) => module('net', net)([turnedViews(shape, 1, [angle]).of(images), condition])),
    ]);
    expect(all.loc.shape).toEqual([...lead, 5, 3, 3]);
    for (const [v, one] of alone.entries()) {
      const chosen = inView(all, tf.tile(tf.oneHot(tf.tensor1d([v], 'int32'), 3).toFloat(), [5, 1]));
      expectClose(chosen.loc, one.loc, 1e-5, 1e-6);
      expectClose(chosen.scale, one.scale, 1e-5, 1e-6);
      expectClose(chosen.own.angle as tf.Tensor, one.own.angle as tf.Tensor, 1e-5, 1e-6);
    }
    const weighed = alone.map(({ discrete }, v) => tf.mul(shares[v], tf.exp(discrete as tf.Tensor)));
    const summed = tf.log(weighed.reduce((a, b) => tf.add(a, b)));
    expectClose(all.discrete as tf.Tensor, summed, 1e-5, 1e-5);
  });
});

test('a classifier of views does not see whether an image is turned by the angle between them', () => {
  const net = fcClassifier({ ...sizes, input: 16, numClasses: 3 });
  const quarters = [0, 1, 2, 3].map((k) => k * QUARTER);
  const { run } = weighted(net);
  const turned = turnedViews(shape, 1, [QUARTER]).of(images);
  const [plain, same, other, plainTurned] = run(() => {
    const [single, pooled] = [
      module('net', net),
      module('net', classifierOfViews(net, turnedViews(shape, 1, quarters))),
    ];
    return [pooled(images), pooled(turned), single(images), single(turned)];
  });
  expectClose(same, plain, 1e-5, 1e-5);
  expect(tf.max(tf.abs(tf.sub(other, plainTurned))).dataSync()[0]).toBeGreaterThan(0.05);
});
