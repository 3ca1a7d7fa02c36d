/** Calibration of class probabilities: of the images classified with a probability of 80%, 80% should be correct. */
import { OptionError } from 'pyro-ts';
import { type OptionTable, positiveInteger, resolveOptions } from '../options.js';

/** Options of `reliabilityTable` and `expectedCalibrationError`. */
export interface CalibrationOptions {
  /** Number of equally wide bins of the probability of the likeliest class. @default 15 */
  readonly bins?: number;
}

const table = { bins: { default: 15, ...positiveInteger } } satisfies OptionTable<CalibrationOptions>;

/** The images whose likeliest class has a probability in (low, high]. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean probability of the likeliest class; NaN if the bin is empty. */
  readonly confidence: number;
  /** Fraction of images whose likeliest class is the true one; NaN if the bin is empty. */
  readonly accuracy: number;
}

/**
 * Confidence and accuracy of each bin.
 * @param probabilities [count, numClasses], row major
 * @param labels the true class of each image
 * @throws {OptionError} when labels and probabilities do not match, or an option is invalid.
 * @example reliabilityTable(model.classify(test).probabilities, test.labels, { bins: 10 })
 */
export function reliabilityTable(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: CalibrationOptions = {},
): ReliabilityBin[] {
  const { bins } = resolveOptions('reliabilityTable', options, table);
  const numClasses = probabilities.length / labels.length;
  if (!Number.isInteger(numClasses) || numClasses < 1) {
    throw new OptionError(
      `The number of probabilities must be a multiple of the ${labels.length} labels; got ${probabilities.length}.`,
    );
  }
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (let i = 0; i < labels.length; i++) {
    let best = 0;
    for (let k = 1; k < numClasses; k++) {
      if (probabilities[i * numClasses + k] > probabilities[i * numClasses + best]) best = k;
    }
    const confidence = probabilities[i * numClasses + best];
    if (!(confidence >= 0 && confidence <= 1 + 1e-5)) {
      throw new OptionError(`Probabilities must be in [0, 1]; image ${i} has ${confidence}.`);
    }
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))];
    bin.count++;
    bin.confidence += confidence;
    if (best === labels[i]) bin.right++;
  }
  return sums.map(({ count, confidence, right }, b) => ({
    low: b / bins,
    high: (b + 1) / bins,
    count,
    confidence: confidence / count,
    accuracy: right / count,
  }));
}

/**
 * The mean absolute difference of confidence and accuracy over the bins, weighted by their numbers of images; 0 for
 * calibrated probabilities. Parameters as for `reliabilityTable`.
 * @throws {OptionError} when labels and probabilities do not match, or an option is invalid.
 * @see Guo et al. 2017, "On calibration of modern neural networks", eq. 3.
 * @example expectedCalibrationError(model.classify(test).probabilities, test.labels) // 0.02
 */
export function expectedCalibrationError(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: CalibrationOptions = {},
): number {
  const found = reliabilityTable(probabilities, labels, options);
  return (
    found.reduce((sum, bin) => (bin.count > 0 ? sum + bin.count * Math.abs(bin.confidence - bin.accuracy) : sum), 0) /
    labels.length
  );
}
