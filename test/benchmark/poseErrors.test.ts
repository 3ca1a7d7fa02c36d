/** True angles from affine maps, distances modulo symmetry, and where a pose shows an object. */

import { RandomStream } from 'pyro-ts';
import { drawPose, type PoseRanges, warp } from 'pyroved-ts';
import { expect, it } from 'vitest';
import { evaluate } from '../scripts/child.js';

const script = 'bench/benchmark/poseErrors.mjs';

/** The linear map that `warp` applies, read off images of single bright pixels. */
function measuredMap(pose: Parameters<typeof warp>[4]): number[] {
  const size = 201;
  const centre = 100;
  const columns = [
    [40, 0],
    [0, 40],
  ].map(([dx, dy]) => {
    const source = new Float32Array(size * size);
    // A disc, so that the centre of mass is found to a fraction of a pixel.
    for (let row = 0; row < size; row++)
      for (let col = 0; col < size; col++)
        if (Math.hypot(row - centre - dy, col - centre - dx) < 5) source[row * size + col] = 1;
    const target = new Float32Array(size * size);
    warp(source, target, size, size, pose);
    let [mass, x, y] = [0, 0, 0];
    target.forEach((v, i) => {
      mass += v;
      x += v * ((i % size) - centre);
      y += v * (Math.floor(i / size) - centre);
    });
    return [x / mass / 40, y / mass / 40];
  });
  return [columns[0][0], columns[1][0], columns[0][1], columns[1][1]];
}

it('the true angle is the rotation in the polar decomposition of what warp does', () => {
  const ranges: PoseRanges = { angle: 180, shear: 15, scale: [1, 1.2], translation: 0, axes: 'both' };
  const stream = new RandomStream('polar');
  for (let k = 0; k < 5; k++) {
    const pose = drawPose(stream, ranges, 201);
    const [a, b, c, d] = measuredMap(pose);
    // The nearest rotation [[cos, sin], [-sin, cos]] to a 2 x 2 matrix.
    const expected = (Math.atan2(b - c, a + d) * 180) / Math.PI;
    const factors = { angle: [pose.angle], shearX: [pose.shearX], shearY: [pose.shearY] };
    const found = Number(evaluate(script, `script.trueAngle(${JSON.stringify(factors)}, 0)`));
    expect(Math.abs(found - expected)).toBeLessThan(1);
  }
});

it('without shear it is the angle itself', () => {
  expect(evaluate(script, 'script.trueAngle({ angle: [33] }, 0)')).toBe(33);
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
