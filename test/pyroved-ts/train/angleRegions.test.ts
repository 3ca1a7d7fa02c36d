/** Regions of angles: their coverage where the stated distributions are right, too wide, too narrow and symmetric. */
import { OptionError, RandomStream } from 'pyro-ts';
import { type AngleMixture, fitSharpness, regionCoverage } from 'pyroved-ts';
import { halvesOf, mixtureOf } from 'pyroved-ts/internal';
import { describe, expect, it } from 'vitest';

const count = 1200;
const deviation = 0.15;

/** Normal errors around means on the whole circle, in one of `modes` views at equal distances, stated with a concentration. */
function stated(concentration: number, modes = 1): { mixture: AngleMixture; truth: Float32Array } {
  const rng = new RandomStream('angles');
  const truth = new Float32Array(count);
  const means = new Float32Array(count * modes);
  for (let i = 0; i < count; i++) {
    const first = 2 * Math.PI * rng.next() - Math.PI;
    for (let v = 0; v < modes; v++) means[i * modes + v] = first + (2 * Math.PI * v) / modes;
    truth[i] = means[i * modes + rng.nextInt(modes)] + deviation * rng.nextNormal();
  }
  const size = count * modes;
  const mixture = {
    ...{ count, views: modes, means },
    weights: new Float32Array(size).fill(1 / modes),
    concentrations: new Float32Array(size).fill(concentration),
  };
  return { mixture, truth };
}

const right = 1 / deviation ** 2;

describe('coverage', () => {
  it('is the stated probability where the distributions are right, with one mode and with three', () => {
    for (const modes of [1, 3]) {
      const { mixture, truth } = stated(right, modes);
      const found = regionCoverage(mixture, truth);
      expect(found.coverage).toBeGreaterThan(0.88);
      expect(found.coverage).toBeLessThan(0.92);
      // 1.645 standard deviations either way, about each mode.
      expect(found.medianSize / (modes * 2 * 1.645 * deviation)).toBeCloseTo(1, 1);
      expect(found.interval[0]).toBeLessThan(0.9);
      expect(found.interval[1]).toBeGreaterThan(0.9);
    }
  });

  it('is higher where they are too wide and lower where they are too narrow', () => {
    const wide = stated(right / 4);
    expect(regionCoverage(wide.mixture, wide.truth).coverage).toBeGreaterThan(0.98);
    const narrow = stated(4 * right);
    expect(regionCoverage(narrow.mixture, narrow.truth).coverage).toBeLessThan(0.65);
  });

  it('rejects lists of different lengths and levels outside (0, 1)', () => {
    const { mixture, truth } = stated(right);
    expect(() => regionCoverage(mixture, truth.subarray(1))).toThrow(OptionError);
    expect(() => regionCoverage(mixture, truth, { level: 1 })).toThrow('level must be between 0 and 1; got 1.');
  });
});

it('the sharpness makes up for a concentration that is wrong by a factor', () => {
  for (const factor of [0.25, 4]) {
    const { mixture, truth } = stated(factor * right, 2);
    const found = fitSharpness(mixture, truth);
    expect(found * factor).toBeGreaterThan(0.85);
    expect(found * factor).toBeLessThan(1.15);
    expect(regionCoverage(mixture, truth, { sharpness: found }).coverage).toBeCloseTo(0.9, 1);
  }
});

it('images are taken out of a mixture', () => {
  const { mixture } = stated(right, 2);
  const two = mixtureOf(mixture, [5, 0]);
  expect(Array.from(two.means)).toEqual([10, 11, 0, 1].map((k) => mixture.means[k]));
  expect(two).toMatchObject({ count: 2, views: 2 });
});

it('halves hold every other image, whatever their numbers, and all copies of one', () => {
  expect(halvesOf([0, 4, 8, 12])).toEqual([
    [0, 2],
    [1, 3],
  ]);
  expect(halvesOf([3, 3, 5, 5, 3, 9])).toEqual([
    [0, 1, 4, 5],
    [2, 3],
  ]);
  expect(halvesOf([7])).toEqual([[0], []]);
});
