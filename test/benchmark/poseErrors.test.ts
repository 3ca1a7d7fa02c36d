/** Errors against true poses, distances modulo symmetry, and where a pose shows an object. */
import { cards } from 'pyroved-data';
import { truePoses } from 'pyroved-ts';
import { expect, it } from 'vitest';
import { loadScript } from '../scripts/child.js';

interface Spread {
  readonly median: number;
  readonly q90: number;
}
interface Shift {
  readonly tx: number;
  readonly ty: number;
}
interface PoseErrors {
  angleDistance(found: number, truth: number, order: number): number;
  seenShift(shape: readonly number[], angle: number, scale: number, t: readonly number[]): Shift;
  poseErrors(
    set: object,
    found: { readonly degrees: ArrayLike<number>; shift(i: number): Shift },
    symmetry: Readonly<Record<string, number>>,
  ): { readonly angleError: Spread; readonly shiftError: Spread };
  quantile(values: readonly number[], q: number): number;
}
const script = await loadScript<PoseErrors>('bench/benchmark/poseErrors.mjs');

it('errors are taken from the true poses of generated images, class by class modulo their symmetry', () => {
  const counts = { labelledPerClass: 1, unlabelledPerClass: 1, validationPerClass: 5 };
  const { validation } = cards({ size: 16, ...counts, axes: 'both' });
  const { angle, tx, ty } = truePoses(validation) ?? expect.fail('no poses');
  const { labels = [], classNames = [] } = validation;
  const isDiamond = (i: number) => classNames[labels[i]] === 'diamonds';
  const degrees = angle.map((radians, i) => (radians * 180) / Math.PI + (isDiamond(i) ? 180 : 0) + 4);
  const shift = (i: number) => ({ tx: tx[i] + 3, ty: ty[i] - 4 });
  const symmetries: Readonly<Record<string, number>>[] = [{ diamonds: 2 }, {}];
  const found = symmetries.map((symmetry) => script.poseErrors(validation, { degrees, shift }, symmetry));
  expect(found[0].angleError.median).toBeCloseTo(4, 3);
  expect(found[0].angleError.q90).toBeCloseTo(4, 3);
  expect(found[0].shiftError.median).toBeCloseTo(5, 5);
  // A quarter of the images are diamonds, upside down.
  expect(found[1].angleError.median).toBeCloseTo(4, 3);
  expect(found[1].angleError.q90).toBeCloseTo(176, 3);
});

it('angles differ modulo 360 degrees over the order of symmetry', () => {
  const distance = script.angleDistance;
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
  const found = script.seenShift([height, width], angle, scale, t);
  expect(found.tx).toBeCloseTo(tx, 9);
  expect(found.ty).toBeCloseTo(ty, 9);
});

it('quantiles interpolate as numpy.quantile', () => {
  // numpy.quantile([3, 1, 2, 10], [0.5, 0.9])
  const [median, high] = [0.5, 0.9].map((q) => script.quantile([3, 1, 2, 10], q));
  expect(median).toBe(2.5);
  expect(high).toBeCloseTo(7.9, 12);
});
