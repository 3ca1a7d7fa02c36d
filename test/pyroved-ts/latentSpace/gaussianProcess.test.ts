/** Gaussian process regression against the textbook's formulas written with another library's matrices, and the map over latents. */
import * as mathjs from 'mathjs';
import { RandomStream } from 'pyro-ts';
import { heatmapChart } from 'pyroved';
import { GaussianProcess, latentMap } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

const stream = new RandomStream('gaussian process');
const at = (count: number, dims: number) => Array.from({ length: count * dims }, () => 4 * stream.next() - 2);
const wave = (x: number, y: number) => 3 + 2 * Math.sin(2 * x) + y;

/** 60 points of the plane, and what is measured there. */
const points = at(60, 2);
const measured = (noise: number) =>
  Array.from({ length: 60 }, (_, i) => wave(points[2 * i], points[2 * i + 1]) + noise * stream.nextNormal());

describe('a Gaussian process', () => {
  const targets = measured(0.2);
  const known = new GaussianProcess({ points, targets });
  const { lengthScale, amplitude, noise } = known.kernel;
  const row = (list: readonly number[], i: number) => list.slice(2 * i, 2 * i + 2);
  const covariance = (a: readonly number[], b: readonly number[]) =>
    amplitude ** 2 * Math.exp(-((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) / (2 * lengthScale ** 2));
  /** K + noise of the points but `without`. */
  const gram = (rows: readonly number[]) =>
    rows.map((i) => rows.map((j) => covariance(row(points, i), row(points, j)) + (i === j ? noise ** 2 : 0)));
  const everyone = targets.map((_, i) => i);
  const mean = targets.reduce((a, b) => a + b) / targets.length;

  it('predicts mean and deviation as the textbook says (Rasmussen & Williams, eq. 2.25 and 2.26)', () => {
    const asked = at(20, 2);
    const found = known.predict(asked);
    const inverse = mathjs.inv(gram(everyone)) as number[][];
    for (let q = 0; q < 20; q++) {
      const near = everyone.map((i) => covariance(row(points, i), row(asked, q)));
      const weights = mathjs.multiply(inverse, near) as number[];
      expect(found.mean[q]).toBeCloseTo(mean + weights.reduce((s, w, i) => s + w * (targets[i] - mean), 0), 4);
      const variance = amplitude ** 2 - near.reduce((s, k, i) => s + k * weights[i], 0);
      expect(found.sd[q]).toBeCloseTo(Math.sqrt(variance), 4);
    }
  });

  it('judges itself by predictions of each target from the others', () => {
    let [errors, spread] = [0, 0];
    for (const i of everyone) {
      const others = everyone.filter((k) => k !== i);
      const rest = others.map((k) => targets[k] - mean);
      const weights = mathjs.lusolve(gram(others), rest) as number[][];
      const guess = others.reduce((s, k, n) => s + covariance(row(points, k), row(points, i)) * weights[n][0], mean);
      errors += (targets[i] - guess) ** 2;
      spread += (targets[i] - mean) ** 2;
    }
    expect(known.leaveOneOutR2).toBeCloseTo(1 - errors / spread, 6);
    expect(known.leaveOneOutR2).toBeGreaterThan(0.9);
  });

  it('takes the kernel under which the targets are likeliest: none near it is likelier', () => {
    const logLikelihood = (l: number, s: number, e: number) => {
      const K = everyone.map((i) =>
        everyone.map((j) => {
          const [a, b] = [row(points, i), row(points, j)];
          const squares = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2;
          return s ** 2 * Math.exp(-squares / (2 * l ** 2)) + (i === j ? e ** 2 : 0);
        }),
      );
      const rest = targets.map((y) => y - mean);
      const weights = mathjs.lusolve(K, rest) as number[][];
      const { U } = mathjs.lup(K) as { U: number[][] };
      const logDeterminant = U.reduce((sum, line, i) => sum + Math.log(Math.abs(line[i])), 0);
      return -(rest.reduce((sum, y, i) => sum + y * weights[i][0], 0) + logDeterminant) / 2;
    };
    const best = logLikelihood(lengthScale, amplitude, noise);
    for (const factor of [0.7, 1.4]) {
      expect(logLikelihood(lengthScale * factor, amplitude, noise)).toBeLessThan(best);
      expect(logLikelihood(lengthScale, amplitude * factor, noise)).toBeLessThan(best);
      expect(logLikelihood(lengthScale, amplitude, noise * factor)).toBeLessThan(best);
    }
    expect(noise).toBeGreaterThan(0.1);
    expect(noise).toBeLessThan(0.35);
  });

  it('far from all points says no more than the mean, and how far off that may be', () => {
    const { mean: far, sd } = known.predict([1000, 1000]);
    expect(far[0]).toBeCloseTo(mean, 4);
    expect(sd[0]).toBeCloseTo(amplitude, 4);
  });

  it('finds nothing in noise, and says so', () => {
    const nothing = new GaussianProcess({ points, targets: measured(0).map(() => stream.nextNormal()) });
    expect(nothing.leaveOneOutR2).toBeLessThan(0.2);
  });

  it('bears the same point twice, and points on a line', () => {
    const twice = new GaussianProcess({ points: [0, 0, 1, 1, 2, 2], targets: [0, 0.1, 1, 0.9, 4, 4.1] });
    expect(twice.predict([1]).mean[0]).toBeCloseTo(0.95, 1);
  });

  it.each<[string, { points: number[]; targets: number[] }, string]>([
    ['too few', { points: [1, 2], targets: [1, 2] }, 'there have to be three'],
    ['no rows', { points: [1, 2, 3, 4], targets: [1, 2, 3] }, '4 numbers are no rows for 3 targets'],
    ['not finite', { points: [1, 2, 3], targets: [1, Number.NaN, 3] }, 'Leave out what is not known'],
    ['all the same', { points: [1, 2, 3], targets: [5, 5, 5] }, 'there is nothing to predict'],
  ])('rejects what cannot be learned from: %s', (_, given, words) => {
    expect(() => new GaussianProcess(given)).toThrow(words);
  });
});

describe('the map of a property', () => {
  const count = 150;
  const content = Float32Array.from({ length: 3 * count }, () => stream.nextNormal());
  const values = Float32Array.from({ length: count }, (_, i) =>
    i % 5 ? wave(content[3 * i + 2], content[3 * i]) : Number.NaN,
  );

  it('is that of the property over the two latents that are asked for, from the images of which it is known', async () => {
    const map = latentMap({ count, content }, values, { size: 7, axes: [0, 2], coverage: 0.8 });
    expect(map.rows).toEqual(map.columns);
    expect(map.rows[0]).toBeCloseTo(-1.28155, 4);
    map.rows.forEach((y, r) => {
      map.columns.forEach((x, c) => {
        expect(Math.abs(map.mean[r][c] - wave(x, y))).toBeLessThan(0.3);
        expect(map.sd[r][c]).toBeLessThan(0.3);
      });
    });
    const { rows, columns, mean } = map;
    expect(heatmapChart({ values: mean, rows, columns, xTitle: 'z3', yTitle: 'z1', valueTitle: 'x' })).toContain(
      '<svg',
    );
  });

  it('takes no more images than it is told, the same for the same seed', () => {
    const few = (seed: number) => latentMap({ count, content }, values, { size: 3, most: 20, seed }).mean;
    expect(few(1)).toEqual(few(1));
    expect(few(1)).not.toEqual(few(2));
  });

  it('rejects what does not fit', () => {
    const rejects = (words: string, options: object, list: ArrayLike<number> = values) =>
      expect(() => latentMap({ count, content }, list, options)).toThrow(words);
    rejects('There are 2 values for 150 images', {}, [1, 2]);
    rejects('axes must be two different latents from 0 to 2; got [1, 1]', { axes: [1, 1] });
    rejects('coverage must be between 0 and 1; got 1', { coverage: 1 });
    rejects('Did you mean "size"?', { sise: 3 });
  });
});
