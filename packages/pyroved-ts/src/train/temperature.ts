/** Temperature scaling: calibrates class probabilities by the temperature of a softmax, fitted on labelled images. */
import { OptionError } from 'pyro-ts';
import { softmaxRows } from '../models/queries/uncertainty.js';
import { type OptionTable, positive, resolveOptions } from '../options.js';

/** Options of `fitTemperature`. */
export interface TemperatureOptions {
  /**
   * Weight of each image. Copies of one image should share a total weight of 1.
   * @default 1
   */
  readonly weights?: ArrayLike<number>;
  /**
   * Standard deviation of the normal prior of log T around 0, which keeps the temperature near 1 for few images.
   * @default 0.5
   */
  readonly priorScale?: number;
  /** Bounds of the temperature. @default [0.25, 20] */
  readonly bounds?: readonly [low: number, high: number];
}

const table = {
  weights: {},
  priorScale: { default: 0.5, ...positive },
  bounds: {
    default: [0.25, 20] as readonly [number, number],
    must: 'two positive numbers, the smaller one first',
    isValid: ([low, high]) => low > 0 && high >= low,
  },
} satisfies OptionTable<TemperatureOptions>;

/** Lower bound of probabilities, since a float32 softmax can underflow to 0. */
const LEAST = 1e-12;

/**
 * The temperature T that makes the labels most likely under softmax(log p / T), with a normal prior on log T. T > 1
 * means that the probabilities were overconfident, T < 1 underconfident. The likeliest classes stay the same.
 * @param probabilities [count, numClasses], row major; for logits, see `softmaxRows`
 * @param labels the true class of each image
 * @throws {OptionError} when labels and probabilities do not match, or an option is invalid.
 * @see Guo et al. 2017, "On calibration of modern neural networks", section 4.2.
 * @example
 * const { probabilities } = model.classify(validation);
 * const temperature = fitTemperature(probabilities, validation.labels);
 * const calibrated = withTemperature(model.classify(images).probabilities, model.numClasses, temperature);
 */
export function fitTemperature(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: TemperatureOptions = {},
): number {
  const resolved = resolveOptions('fitTemperature', options, table);
  const {
    weights,
    priorScale,
    bounds: [low, high],
  } = resolved;
  const numClasses = rowsOf(probabilities, labels);
  const logs = Float64Array.from({ length: probabilities.length }, (_, i) =>
    Math.log(Math.max(probabilities[i], LEAST)),
  );
  const objective = (logT: number): number => {
    const inverse = Math.exp(-logT);
    let sum = (logT / priorScale) ** 2 / 2;
    for (let i = 0; i < labels.length; i++) {
      const at = i * numClasses;
      let most = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < numClasses; k++) most = Math.max(most, logs[at + k]);
      let total = 0;
      for (let k = 0; k < numClasses; k++) total += Math.exp((logs[at + k] - most) * inverse);
      sum += (weights?.[i] ?? 1) * (Math.log(total) - (logs[at + labels[i]] - most) * inverse);
    }
    return sum;
  };
  // Smooth and, except for the prior, convex in 1 / T, so a golden-section search finds the minimum.
  return Math.exp(goldenSection(objective, Math.log(low), Math.log(high)));
}

/**
 * Rescales rows of probabilities by a temperature: p^(1 / T), normalised. Returns the input unchanged if T is 1.
 * @param probabilities [count, numClasses], row major
 * @throws {OptionError} when the temperature is not positive.
 * @example withTemperature(Float32Array.of(0.9, 0.1), 2, 2) // [0.75, 0.25]
 */
export function withTemperature(probabilities: Float32Array, numClasses: number, temperature: number): Float32Array {
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new OptionError(`The temperature must be a positive number; got ${temperature}.`);
  }
  if (temperature === 1) return probabilities;
  const logs = Float64Array.from(probabilities, (p) => Math.log(Math.max(p, LEAST)) / temperature);
  return softmaxRows(logs, numClasses);
}

function rowsOf(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  const numClasses = probabilities.length / labels.length;
  if (!Number.isInteger(numClasses) || numClasses < 2) {
    throw new OptionError(
      `${probabilities.length} probabilities are not rows of two classes or more for ${labels.length} labels.`,
    );
  }
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] >= 0 && labels[i] < numClasses) continue;
    throw new OptionError(`Image ${i} has label ${labels[i]}; the classes are 0 to ${numClasses - 1}.`);
  }
  return numClasses;
}

function goldenSection(f: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [c, d] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [fc, fd] = [f(c), f(d)];
  while (b - a > 1e-4) {
    if (fc < fd) {
      [b, d, fd] = [d, c, fc];
      c = b - ratio * (b - a);
      fc = f(c);
    } else {
      [a, c, fc] = [c, d, fd];
      d = a + ratio * (b - a);
      fd = f(d);
    }
  }
  return (a + b) / 2;
}
