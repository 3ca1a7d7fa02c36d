/** The contrast of images: against pictures whose object and background are known. */
import { RandomStream } from 'pyro-ts';
import { cards } from 'pyroved-data';
import { estimateContrast, imageSet } from 'pyroved-ts';
import { expect, test } from 'vitest';

const side = 20;
/** Images whose first quarter of rows has the value `object` on a background, with normal noise. */
function squares(count: number, object: number, background: (image: number) => number, noise = 0) {
  const stream = new RandomStream('contrast');
  const images = Float32Array.from({ length: count * side * side }, (_, i) => {
    const image = Math.floor(i / (side * side));
    const isObject = i % (side * side) < (side * side) / 4;
    return background(image) + (isObject ? object : 0) + noise * stream.nextNormal();
  });
  return imageSet({ images, shape: [side, side] });
}

test('is the grey difference of object and background, whatever the background of each image', () => {
  expect(estimateContrast(squares(5, 0.6, () => 0.2))).toBeCloseTo(0.6, 6);
  expect(estimateContrast(squares(40, 0.6, (i) => 0.05 * i))).toBeCloseTo(0.6, 5);
});

test('is the same for dark objects, and in the units of the images', () => {
  expect(estimateContrast(squares(5, -0.6, () => 0.9))).toBeCloseTo(0.6, 6);
  expect(estimateContrast(squares(5, 150, () => 40))).toBeCloseTo(150, 3);
});

test('weak noise adds about two of its standard deviations', () => {
  const found = estimateContrast(squares(20, 0.6, () => 0.2, 0.02));
  expect(found).toBeGreaterThan(0.6);
  expect(found).toBeLessThan(0.66);
});

test('images of one value have none, nor have no images', () => {
  expect(estimateContrast(squares(5, 0, () => 0.4))).toBe(0);
  expect(estimateContrast(imageSet({ images: new Float32Array(0), shape: [side, side] }))).toBe(0);
});

test('black on white cards have a contrast of 1', () => {
  const { labelled } = cards({ size: 24, labelledPerClass: 4, unlabelledPerClass: 1, validationPerClass: 1 });
  expect(estimateContrast(labelled)).toBeCloseTo(1, 1);
});
