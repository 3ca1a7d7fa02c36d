/** Internal: connected regions, distances and splitting of touching objects in masks. */
import { RandomStream } from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { distanceTransform } from '../../packages/pyroved-data/dist/micrograph/distance.js';
import { fillHoles, labelRegions, regionsOf } from '../../packages/pyroved-data/dist/micrograph/regions.js';
import { splitTouching } from '../../packages/pyroved-data/dist/micrograph/split.js';

/** 1 where `inside` says so. */
const maskOf = (height: number, width: number, inside: (x: number, y: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: height * width }, (_, i) => (inside(i % width, Math.floor(i / width)) ? 1 : 0));

const disc = (cx: number, cy: number, r: number) => (x: number, y: number) => Math.hypot(x - cx, y - cy) <= r;

describe('labelRegions', () => {
  it('connects by sides, not by corners, and takes a region of any size', () => {
    expect(labelRegions(Uint8Array.of(1, 0, 0, 1), 2, 2)).toEqual({ labels: Int32Array.of(1, 0, 0, 2), count: 2 });
    const side = 700;
    const { labels, count } = labelRegions(new Uint8Array(side * side).fill(1), side, side);
    const [whole] = regionsOf(labels, count, side);
    expect(whole).toMatchObject({ area: side * side, x: (side - 1) / 2, y: (side - 1) / 2, right: 699, bottom: 699 });
  });
});

describe('regionsOf', () => {
  it.each([0, 30, 75, 90, -45, -80])('gives the direction of a bar at %d degrees', (angle) => {
    const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    // y points down, so that counter-clockwise is towards negative y.
    const mask = maskOf(60, 60, (x, y) => {
      const [along, across] = [(x - 30) * cos - (y - 30) * sin, (x - 30) * sin + (y - 30) * cos];
      return Math.abs(along) <= 20.2 && Math.abs(across) <= 4.2;
    });
    const { labels, count } = labelRegions(mask, 60, 60);
    const [bar, ...others] = regionsOf(labels, count, 60);
    expect(others).toEqual([]);
    expect(Math.abs(((bar.angle - angle + 270) % 180) - 90)).toBeLessThan(0.5);
    expect(bar.reach).toBeCloseTo(Math.hypot(20, 4) + 0.5, 0);
  });
});

describe('fillHoles', () => {
  it('fills what is surrounded, and nothing that is open to the border', () => {
    const ring = maskOf(9, 9, (x, y) => Math.max(Math.abs(x - 4), Math.abs(y - 4)) === 3);
    const open = ring.slice();
    open[4 * 9 + 7] = 0;
    fillHoles(ring, 9, 9);
    expect(ring.reduce((a, b) => a + b, 0)).toBe(49);
    const before = open.slice();
    fillHoles(open, 9, 9);
    expect(open).toEqual(before);
  });
});

describe('distanceTransform', () => {
  it.each([1, 2, 3])('is the distance to the nearest pixel outside, of random masks (seed %d)', (seed) => {
    const stream = new RandomStream(seed);
    const [height, width] = [17, 23];
    const mask = Uint8Array.from({ length: height * width }, () => (stream.next() < 0.9 ? 1 : 0));
    const outside = Array.from(mask.keys()).filter((i) => mask[i] === 0);
    const nearest = Float32Array.from(mask, (_, i) =>
      Math.min(
        ...outside.map((j) => Math.hypot((i % width) - (j % width), Math.floor(i / width) - Math.floor(j / width))),
      ),
    );
    expect(distanceTransform(mask, height, width)).toEqual(nearest);
  });
});

describe('splitTouching', () => {
  it('splits two discs of any sizes at their neck', () => {
    for (const [r, s] of [
      [10, 10],
      [12, 7],
    ]) {
      const mask = maskOf(40, 60, (x, y) => disc(15, 20, r)(x, y) || disc(15 + r + s - 1, 20, s)(x, y));
      const { labels, count } = splitTouching(mask, 40, 60);
      expect(count).toBe(2);
      const [a, b] = regionsOf(labels, count, 60).sort((p, q) => p.x - q.x);
      expect(a.x).toBeCloseTo(15, 0);
      expect(b.x).toBeCloseTo(15 + r + s - 1, 0);
    }
  });

  it('leaves a rod, an ellipse and a ragged disc whole', () => {
    const stream = new RandomStream(4);
    const noise = Float32Array.from({ length: 60 * 60 }, () => stream.next());
    const shapes = {
      rod: (x: number, y: number) => Math.hypot(Math.max(0, Math.abs(x - 30) - 15), y - 30) <= 6,
      ellipse: (x: number, y: number) => Math.hypot((x - 30) / 22, (y - 30) / 9) <= 1,
      ragged: (x: number, y: number) => Math.hypot(x - 30, y - 30) <= 12 + noise[y * 60 + x],
    };
    for (const inside of Object.values(shapes)) expect(splitTouching(maskOf(60, 60, inside), 60, 60).count).toBe(1);
  });
});
