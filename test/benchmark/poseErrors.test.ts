/** Errors against true poses, distances modulo symmetry, and where a pose shows an object. */
import { expect, it } from 'vitest';
import { evaluate } from '../scripts/child.js';

const script = 'bench/benchmark/poseErrors.mjs';

it('errors are taken from the true poses of generated images, class by class modulo their symmetry', () => {
  const found = evaluate(
    script,
    `await (async () => {
      const { cards } = await import('pyroved-data');
const { truePoses } = await import('pyroved-ts');
      const { validation } = cards({ size: 16, labelledPerClass: 1, unlabelledPerClass: 1, validationPerClass: 5, axes: 'both' });
      const { angle, tx, ty } = truePoses(validation);
      const isDiamond = (i) => validation.classNames[validation.labels[i]] === 'diamonds';
      const degrees = angle.map((radians, i) => (radians * 180) / Math.PI + (isDiamond(i) ? 180 : 0) + 4);
      const shift = (i) => ({ tx: tx[i] + 3, ty: ty[i] - 4 });
      return [{ diamonds: 2 }, {}].map((symmetry) => script.poseErrors(validation, { degrees, shift }, symmetry));
    })()`,
  ) as { angleError: { median: number; q90: number }; shiftError: { median: number } }[];
  expect(found[0].angleError.median).toBeCloseTo(4, 3);
  expect(found[0].angleError.q90).toBeCloseTo(4, 3);
  expect(found[0].shiftError.median).toBeCloseTo(5, 5);
  // A quarter of the images are diamonds, upside down.
  expect(found[1].angleError.median).toBeCloseTo(4, 3);
  expect(found[1].angleError.q90).toBeCloseTo(176, 3);
});

it('angles differ modulo 360 degrees over the order of symmetry', () => {
  const distance = (found: number, truth: number, order: number) =>
    evaluate(script, `script.angleDistance(${found}, ${truth}, ${order})`);
  expect(distance(-175, 175, 1)).toBe(10);
  expect(distance(10, 185, 2)).toBe(5);
  expect(distance(30, 0, 1)).toBe(30);
});

it('a pose shows the middle of the object where the transformed coordinates are 0', () => {
  const [height, width, angle, scale] = [21, 31, 0.7, 1.3];
  const [tx, ty] = [4, -3];
  // The grid point of the pixel at (tx, ty) from the middle: rows from -1 to 1, columns from 1 to -1.
  const g = [(2 * ty) / (height - 1), (-2 * tx) / (width - 1)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // g M scale + t = 0 with M = [[cos, sin], [-sin, cos]] and row vectors.
  const t = [-(g[0] * cos - g[1] * sin) * scale, -(g[0] * sin + g[1] * cos) * scale];
  const found = evaluate(script, `script.seenShift([${height}, ${width}], ${angle}, ${scale}, ${JSON.stringify(t)})`);
  expect((found as { tx: number }).tx).toBeCloseTo(tx, 9);
  expect((found as { ty: number }).ty).toBeCloseTo(ty, 9);
});

it('quantiles interpolate as numpy.quantile', () => {
  // numpy.quantile([3, 1, 2, 10], [0.5, 0.9])
  const [median, high] = evaluate(script, '[0.5, 0.9].map((q) => script.quantile([3, 1, 2, 10], q))') as number[];
  expect(median).toBe(2.5);
  expect(high).toBeCloseTo(7.9, 12);
});
