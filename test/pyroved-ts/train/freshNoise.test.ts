/** Fresh noise: as much as interpolation takes away and a bounded fraction of the contrast, image by image. */
import { RandomStream } from 'pyro-ts';
import { estimateNoise, imageSet } from 'pyroved-ts';
import { FreshNoise, lostNoise } from 'pyroved-ts/internal';
import { expect, test } from 'vitest';

const side = 64;
const size = side * side;
const deviations = [0, 0.05, 0.2];
/** A disc of each contrast on each amount of noise, in one set. */
const contrasts = [1, 1, 0.5];
const rng = new RandomStream('discs');
const set = imageSet({
  shape: [side, side],
  images: Float32Array.from({ length: 3 * size }, (_, i) => {
    const [image, p] = [Math.floor(i / size), i % size];
    const isDisc = Math.hypot((p % side) - side / 2, Math.floor(p / side) - side / 2) < 10;
    return (isDisc ? contrasts[image] : 0) + deviations[image] * rng.nextNormal();
  }),
});

function added(index: number, draws: number): number[] {
  const noise = new FreshNoise(set, new RandomStream('normals'));
  const original = set.images.slice(index * size, (index + 1) * size);
  const stream = new RandomStream('draws');
  return Array.from({ length: draws }, () => {
    const moved = new Float32Array(size);
    noise.add(moved, original, [index], stream);
    return Math.sqrt(moved.reduce((sum, v) => sum + v * v, 0) / size);
  });
}

test('an image without noise gets up to 0.15 of its contrast, any amount of it', () => {
  const found = added(0, 200);
  expect(Math.max(...found)).toBeLessThan(0.155);
  expect(Math.max(...found)).toBeGreaterThan(0.13);
  expect(Math.min(...found)).toBeLessThan(0.01);
});

test('a noisy one gets at least what bilinear interpolation takes away', () => {
  for (const [image, deviation] of deviations.entries()) {
    const least = Math.min(...added(image, 200));
    expect(least).toBeGreaterThan(0.93 * lostNoise(deviation));
    const most = Math.max(...added(image, 200));
    // The contrast of a noisy image is the 99% quantile of its distance from the median, which contains the noise.
    expect(most).toBeLessThan(1.05 * Math.hypot(lostNoise(deviation), 0.15 * (contrasts[image] + 2.6 * deviation)));
  }
  expect(estimateNoise(set)).toBeCloseTo(0.05, 2);
});

test('the same stream gives the same noise', () => {
  expect(added(1, 3)).toEqual(added(1, 3));
});
