/** Views of an image, and images put upright: the maps of pixels against poses undone on the host. */
import { affineSample, resample } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { RandomStream } from 'pyro-ts';
import { directionOf, drawPoses, undoPose } from 'pyroved-ts';
import { uprightMap, viewMap } from 'pyroved-ts/internal';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';
import { draw, ell } from '../shapes.js';

const stream = new RandomStream('views');
const random = (n: number): Float32Array => Float32Array.from({ length: n }, () => stream.next());

describe('viewMap', () => {
  const angles = [0, 0.7, Math.PI / 2, -2.5];

  test.each([
    [[8, 8], 1],
    [[6, 9], 2],
  ] as const)('views of %j, %i channel(s), in full size undo the rotation of each view', (shape, channels) => {
    const points = shape[0] * shape[1];
    const images = random(2 * channels * points);
    const map = viewMap({ shape, channels, angles, viewShape: shape });
    const views = resample(tf.tensor2d(images, [2, channels * points]), map);
    expect(views.shape).toEqual([2, angles.length * channels * points]);
    const expected: number[] = [];
    for (let i = 0; i < 2; i++) {
      for (const angle of angles) {
        for (let c = 0; c < channels; c++) {
          const first = (i * channels + c) * points;
          expected.push(...undoPose(images.subarray(first, first + points), shape, { angle }));
        }
      }
    }
    expectClose(views, expected, 1e-4, 1e-5);
  });

  test('an object rotated by the angle of a view is upright in it, and smaller views show the same', () => {
    const [large, small] = [25, 13];
    const map = viewMap({ shape: [large, large], channels: 1, angles: [0.9], viewShape: [small, small] });
    const rotated = draw(ell, large, 0.9);
    const view = resample(tf.tensor2d(rotated, [1, large * large]), map).dataSync();
    const upright = draw(ell, small, 0);
    const other = draw(ell, small, 0.9);
    const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
      Array.from(a).reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length;
    expect(distance(view, upright)).toBeLessThan(0.02);
    expect(distance(view, other)).toBeGreaterThan(0.1);
  });

  test('beyond the border the edge continues: an image of one value has views of that value', () => {
    const map = viewMap({ shape: [5, 7], channels: 1, angles: [0.4, 2], viewShape: [6, 4] });
    expectClose(resample(tf.fill([1, 35], 0.3), map), new Array(2 * 24).fill(0.3), 1e-6, 1e-6);
  });
});

describe('uprightMap', () => {
  const poses = drawPoses(6, { angle: Math.PI, shift: 0.3 }, stream.fork('poses'));
  const shape = [7, 10];
  const images = random(3 * 70);
  const undone = (i: number, pose: { angle?: number; shift?: number[] }) =>
    Array.from(undoPose(images.subarray(70 * (i % 3), 70 * (i % 3) + 70), shape, pose));
  const angleOf = (i: number): number => poses.angle[i];
  const shiftOf = (i: number): number[] => Array.from(poses.shift.subarray(2 * i, 2 * i + 2));
  const rows = [0, 1, 2, 3, 4, 5];
  const sampled = (map: ReturnType<typeof uprightMap>) => affineSample(tf.tensor2d(images, [3, 70]), shape, 1, map);

  test('leading dimensions of the pose become rows: two poses of each of three images', () => {
    const angle = tf.reshape(directionOf(tf.tensor1d(poses.angle)), [2, 3, 2]);
    const shift = tf.tensor3d(poses.shift, [2, 3, 2]);
    const expected = rows.flatMap((i) => undone(i, { angle: angleOf(i), shift: shiftOf(i) }));
    expectClose(sampled(uprightMap({ angle, shift }, shape)), expected, 1e-3, 1e-4);
  });

  test('an angle alone, and a shift alone', () => {
    const angle = directionOf(tf.tensor1d(poses.angle));
    const shift = tf.tensor2d(poses.shift, [6, 2]);
    expectClose(
      sampled(uprightMap({ angle }, shape)),
      rows.flatMap((i) => undone(i, { angle: angleOf(i) })),
      1e-3,
      1e-4,
    );
    expectClose(
      sampled(uprightMap({ shift }, shape)),
      rows.flatMap((i) => undone(i, { shift: shiftOf(i) })),
      1e-3,
      1e-4,
    );
  });
});
