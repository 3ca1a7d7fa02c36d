/** Temperature scaling and coverage of angles, on data drawn from known distributions. */
import { RandomStream } from 'pyro-ts';
import { angleCoverage, expectedCalibrationError, fitTemperature, withTemperature } from 'pyroved-ts';
import { normalQuantile, softmaxRows, vonMisesHalfWidth } from 'pyroved-ts/internal';
import { describe, expect, it } from 'vitest';

/** Labels drawn from softmax(logits), and the probabilities softmax(logits * sharpening). */
function drawn(count: number, sharpening: number, seed = 1) {
  const rng = new RandomStream(seed);
  const logits = Float64Array.from({ length: count * 3 }, () => 2 * rng.nextNormal());
  const truth = softmaxRows(logits, 3);
  const labels = Int32Array.from({ length: count }, (_, i) => {
    const u = rng.next();
    return u < truth[3 * i] ? 0 : u < truth[3 * i] + truth[3 * i + 1] ? 1 : 2;
  });
  const given = softmaxRows(
    logits.map((l) => l * sharpening),
    3,
  );
  return { labels, given };
}

describe('fitTemperature', () => {
  it('finds by how much probabilities are too certain, or not certain enough', () => {
    for (const sharpening of [0.5, 1, 3]) {
      const { labels, given } = drawn(6000, sharpening);
      const temperature = fitTemperature(given, labels);
      expect(temperature / sharpening).toBeGreaterThan(0.93);
      expect(temperature / sharpening).toBeLessThan(1.07);
      const calibrated = withTemperature(given, 3, temperature);
      expect(expectedCalibrationError(calibrated, labels)).toBeLessThan(0.025);
      if (sharpening === 3) expect(expectedCalibrationError(given, labels)).toBeGreaterThan(0.1);
    }
  });

  it('stays near 1 with few images, and finite where all are right', () => {
    const sure = Float32Array.of(0.9, 0.1, 0.1, 0.9);
    const four = fitTemperature(sure, [0, 1]);
    expect(four).toBeLessThan(1);
    expect(four).toBeGreaterThan(0.8);
    expect(fitTemperature(sure, [1, 0])).toBeGreaterThan(1);
    // Copies of one image count as one image.
    const copies = Float32Array.from({ length: 80 }, (_, i) => sure[i % 4]);
    const labels = Array.from({ length: 40 }, (_, i) => i % 2);
    expect(fitTemperature(copies, labels, { weights: labels.map(() => 1 / 20) })).toBeCloseTo(four, 3);
    expect(fitTemperature(copies, labels)).toBeLessThan(four);
    const certain = Float32Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1 : 0));
    const wrong = Array.from({ length: 200 }, (_, i) => (i < 20 ? 1 : 0));
    const temperature = fitTemperature(certain, wrong);
    expect(withTemperature(certain, 2, temperature)[0]).toBeCloseTo(0.9, 1);
  });

  it('keeps the likeliest class, and names what does not fit', () => {
    expect(Array.from(withTemperature(Float32Array.of(0.64, 0.36), 2, 2))).toEqual([
      expect.closeTo(8 / 14, 6),
      expect.closeTo(6 / 14, 6),
    ]);
    expect(() => fitTemperature([0.5, 0.5, 1], [0, 1])).toThrow('not rows of two classes');
    expect(() => fitTemperature([0.5, 0.5], [2])).toThrow('label 2');
    expect(() => withTemperature(Float32Array.of(1, 0), 2, 0)).toThrow('positive');
  });
});

describe('angleCoverage', () => {
  const rng = new RandomStream(5);
  const truth = Float64Array.from({ length: 4000 }, () => 2 * Math.PI * rng.next() - Math.PI);
  const sd = truth.map(() => 0.05 + 0.2 * rng.next());
  // Off by whole turns, as wrapped angles are.
  const predicted = truth.map((t, i) => t + sd[i] * rng.nextNormal() + (i % 3 === 0 ? 2 * Math.PI : 0));

  it('is the level where the stated deviations are the true ones', () => {
    const { coverage, interval, count } = angleCoverage({ predicted, truth, standardDeviation: sd });
    expect(coverage).toBeCloseTo(0.9, 1.5);
    expect(interval[0]).toBeLessThan(0.9);
    expect(interval[1]).toBeGreaterThan(0.9);
    expect(count).toBe(4000);
    const half = angleCoverage({ predicted, truth, standardDeviation: sd.map((s) => s / 2) });
    expect(half.coverage).toBeCloseTo(0.5893, 1.5); // P(|z| < 1.645 / 2)
  });

  it('is taken modulo the symmetry of each image', () => {
    const upside = predicted.map((p, i) => (i % 2 === 0 ? p + Math.PI : p));
    const once = angleCoverage({ predicted: upside, truth, standardDeviation: sd });
    expect(once.coverage).toBeCloseTo(0.45, 1.3);
    const twice = angleCoverage({ predicted: upside, truth, standardDeviation: sd, symmetry: 2 });
    expect(twice.coverage).toBeCloseTo(0.9, 1.5);
    const each = truth.map((_, i) => (i % 2 === 0 ? 2 : 0));
    expect(angleCoverage({ predicted: upside, truth, standardDeviation: sd, symmetry: each }).count).toBe(2000);
  });

  it('knows von Mises intervals', () => {
    expect(vonMisesHalfWidth(0, 0.9)).toBeCloseTo(0.9 * Math.PI, 6);
    expect(vonMisesHalfWidth(400, 0.9)).toBeCloseTo(normalQuantile(0.95) / 20, 3);
    expect(vonMisesHalfWidth(501, 0.9)).toBeCloseTo(vonMisesHalfWidth(499, 0.9), 3);
    const kappa = new Float64Array(4000).fill(4);
    const draws = kappa.map(() => vonMises(4, rng));
    const { coverage } = angleCoverage({ predicted: draws, truth: new Float64Array(4000), concentration: kappa });
    expect(coverage).toBeCloseTo(0.9, 1.5);
    expect(() => angleCoverage({ predicted: [0], truth: [0] })).toThrow('either standardDeviation or concentration');
  });

  it('normal quantiles', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 8);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306, 8);
    expect(normalQuantile(0.5)).toBe(0);
  });
});

/** Rejection from the uniform distribution. */
function vonMises(kappa: number, rng: RandomStream): number {
  for (;;) {
    const angle = Math.PI * (2 * rng.next() - 1);
    if (rng.next() < Math.exp(kappa * (Math.cos(angle) - 1))) return angle;
  }
}
