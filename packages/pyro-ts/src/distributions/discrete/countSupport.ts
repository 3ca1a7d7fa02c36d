/** The values of a number of successes, for families whose total count is a tensor. */
import type { Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { PyroError } from '../../errors.js';
import { scalarSupport } from '../tensors.js';

/** Up to here float32 holds every whole number. */
const MOST_ENUMERATED = 2 ** 24;

/**
 * 0 to the largest total count of the batch: [K, 1, ..., 1], or [K, batch] with `expand`. A value above an element's own total count has the log-probability
 * -Infinity there, so that it counts for nothing.
 * @throws {PyroError} where a total count is above 2^24, negative or NaN
 */
export function countSupport(family: string, totalCount: tf.Tensor, batchShape: Shape, expand: boolean): tf.Tensor {
  const counts = totalCount.dataSync();
  const wrong = counts.find((n) => !(n >= 0 && n <= MOST_ENUMERATED));
  if (wrong !== undefined) {
    throw new PyroError(
      `${family}: a total count of ${wrong} cannot be enumerated; it must be from 0 to ${MOST_ENUMERATED}. Sample the site.`,
    );
  }
  let most = 0;
  for (const n of counts) most = Math.max(most, n);
  return scalarSupport(tf.range(0, most + 1), batchShape, expand);
}
