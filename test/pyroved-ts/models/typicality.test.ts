/** Outlier scores from reconstructions, and the zero of angles measured on turned copies. */

import { imageSet, jiVAE, ssiVAE } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';
import { turnedCopies } from '../../../packages/pyroved-ts/dist/models/queries/classAngles.js';
import {
  reconstructionQuality,
  reconstructionQuantiles,
  reconstructionScores,
} from '../../../packages/pyroved-ts/dist/models/typicality.js';

const side = 8;
const images = Float32Array.from({ length: 6 * side * side }, (_, i) => ((i * 7) % 11) / 11);
const set = imageSet({ images, shape: [side, side] });

describe('outlier scores from reconstructions', () => {
  it.each([
    ['ssiVAE', () => ssiVAE({ shape: [side, side], numClasses: 2, hiddenEncoder: [4], hiddenDecoder: [4] })],
    ['jiVAE', () => jiVAE({ shape: [side, side], numClasses: 2, hiddenEncoder: [4], hiddenDecoder: [4] })],
  ])('%s: the quality is the mean squared residual of the reconstruction', (_, create) => {
    const model = create();
    const { images: shown } = model.reconstruct(set);
    const found = reconstructionQuality(model, set);
    found.forEach((quality, i) => {
      const own = images.subarray(i * side * side, (i + 1) * side * side);
      const mean = own.reduce((sum, v, j) => sum + (v - shown[i * side * side + j]) ** 2, 0) / own.length;
      expect(quality).toBeCloseTo(-Math.log(mean), 4);
    });
    const quantiles = reconstructionQuantiles(model, set);
    expect([quantiles[0], quantiles.at(-1)]).toEqual([Math.min(...found), Math.max(...found)]);
    model.dispose();
  });

  it('say which fraction of the training images is reconstructed worse', () => {
    const quantiles = Array.from({ length: 101 }, (_, i) => i / 100);
    const scores = reconstructionScores(Float64Array.of(2, 0.5, 0.05, -1, -2), quantiles);
    expect(scores[0]).toBe(0);
    expect(scores[1]).toBeCloseTo(Math.log(0.5), 6);
    expect(scores[2]).toBeCloseTo(Math.log(0.05), 6);
    // Below all of them, outliers stay in order.
    expect(scores[4]).toBeLessThan(scores[3]);
    expect(scores[3]).toBeLessThan(Math.log(0.01));
    expect(() => reconstructionScores(Float64Array.of(1), [])).toThrow('At least two quantiles');
  });
});

describe('turned copies', () => {
  const bars = new Float32Array(3 * side * side);
  for (let i = 0; i < 3; i++) for (let x = 1; x < side - 1; x++) bars[i * side * side + 4 * side + x] = 1;
  const labelled = { ...imageSet({ images: bars, shape: [side, side] }), labels: Int32Array.of(0, 1, -1) };

  it('show each class at angles over the whole range, and no image without a label', () => {
    const { angles, labels, set: turned } = turnedCopies(labelled, Math.PI);
    expect(Array.from(labels)).toEqual([...Array(7).fill(0), ...Array(7).fill(1)]);
    const degrees = Array.from(angles.subarray(0, 7), (a) => Math.round((a * 180) / Math.PI)).sort((a, b) => a - b);
    expect(degrees).toEqual([-154, -103, -51, 0, 51, 103, 154]);
    expect(Array.from(turned.images.subarray(0, side * side))).toEqual(Array.from(bars.subarray(0, side * side)));
    const range = turnedCopies(labelled, 0.6).angles;
    expect([Math.min(...range), Math.max(...range)].map((a) => Number(a.toFixed(5)))).toEqual([-0.6, 0.6]);
  });

  it('are at least 21 of each class, the same number of each image', () => {
    const many = { ...set, labels: Int32Array.from({ length: 6 }, () => 0) };
    expect(turnedCopies(many, Math.PI).labels).toHaveLength(24);
  });
});
