/** Outlier scores of models without an evidence: how well an image is reconstructed, compared with the training images. */
import { OptionError } from 'pyro-ts';
import { gather, type ImageSet, type StreamedSet } from '../data/index.js';
import type { Classifier } from './kinds.js';
import { logTail, quantilesOf } from './outliers.js';
import type { Encoding } from './queries/host.js';

/** Images whose residuals are computed at a time. */
const BATCH = 256;

/** Residuals below this are those of images that are the same. */
const SMALLEST = 1e-12;

/**
 * How well each image is reconstructed, [count]: minus the log of the mean squared residual of its reconstruction at the likeliest class, in the inferred pose.
 * @param encoding what the model infers from the images. @default inferred here
 */
export function reconstructionQuality(
  model: Classifier,
  set: ImageSet | StreamedSet,
  encoding: Encoding = model.infer(set).encoding,
): Float64Array {
  const { images } = model.reconstruct(set, { encoding });
  const size = images.length / set.count;
  const out = new Float64Array(set.count);
  for (let from = 0; from < set.count; from += BATCH) {
    const count = Math.min(BATCH, set.count - from);
    const seen = gather(
      set,
      Array.from({ length: count }, (_, i) => from + i),
    );
    for (let i = 0; i < count; i++) {
      let squared = 0;
      for (let j = 0; j < size; j++) squared += (seen[i * size + j] - images[(from + i) * size + j]) ** 2;
      out[from + i] = -Math.log(Math.max(SMALLEST, squared / size));
    }
  }
  return out;
}

/** Quantiles of the quality of training images, with which `reconstructionScores` compares. */
export const reconstructionQuantiles = (model: Classifier, set: ImageSet | StreamedSet): number[] =>
  quantilesOf(reconstructionQuality(model, set));

/**
 * Outlier scores from qualities, at most 0 and lower for less typical images: the log of the fraction of training images that are reconstructed worse. Images
 * of which a fraction f of the training images are worse have the score log(f), so that log(0.05) marks 5% of images like these.
 */
export function reconstructionScores(quality: Float64Array, quantiles: readonly number[]): Float64Array {
  if (quantiles.length < 2) throw new OptionError(`At least two quantiles are required; got ${quantiles.length}.`);
  return quality.map((value) => logTail(value, quantiles));
}
