/** The noise of images is found whatever they show, and posed copies are as noisy as their originals. */
import { RandomStream } from 'pyro-ts';
import { estimateNoise, imageSet, posedCopies } from 'pyroved-ts';
import { lostNoise } from 'pyroved-ts/internal';
import { expect, it } from 'vitest';

const SIDE = 40;

/** Bright squares on a slope, with noise of the given deviation. */
function squares(noise: number, seed = 1) {
  const rng = new RandomStream(seed);
  const images = Float32Array.from({ length: 20 * SIDE * SIDE }, (_, at) => {
    const [row, column] = [Math.floor((at % (SIDE * SIDE)) / SIDE), at % SIDE];
    const inside = Math.abs(row - 20) < 8 && Math.abs(column - 18) < 8;
    return (inside ? 1 : 0) + 0.01 * row + noise * rng.nextNormal();
  });
  return imageSet({ images, shape: [SIDE, SIDE] });
}

it.each([0, 0.05, 0.2])('deviation %d', (noise) => {
  const found = estimateNoise(squares(noise));
  expect(Math.abs(found - noise)).toBeLessThan(0.04 * noise + 1e-6);
});

it('of a signal, and of images too small to tell', () => {
  const rng = new RandomStream(2);
  const images = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i / 40) + 0.1 * rng.nextNormal());
  expect(estimateNoise(imageSet({ images, shape: [400] }))).toBeCloseTo(0.1, 2);
  expect(estimateNoise(imageSet({ images: images.slice(0, 8), shape: [2, 2] }))).toBe(0);
});

it('that interpolation takes away is put back', () => {
  const flat = squares(0);
  const rng = new RandomStream(3);
  const set = imageSet({ images: flat.images.map(() => 0.5 + 0.1 * rng.nextNormal()), shape: [SIDE, SIDE] });
  const deviation = (images: Float32Array) => {
    const mean = images.reduce((sum, v) => sum + v, 0) / images.length;
    return Math.sqrt(images.reduce((sum, v) => sum + (v - mean) ** 2, 0) / images.length);
  };
  const smoothed = posedCopies(set, { angle: 1, shift: 0.05 });
  expect(deviation(smoothed.images)).toBeCloseTo(0.1 * (2 / 3), 2);
  const restored = posedCopies(set, { angle: 1, shift: 0.05 }, { noise: 'lost' });
  expect(deviation(restored.images)).toBeCloseTo(0.1, 2);
  expect(lostNoise(0.1)).toBeCloseTo(0.1 * Math.sqrt(5 / 9), 10);
  // Values stay in the range of the set, such as [0, 1].
  expect(Math.max(...restored.images)).toBeLessThanOrEqual(Math.max(...set.images));
});
