/** Moving the several values of a site to the batch dimension that enumeration gave it. */
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';

/**
 * `values` [n, batch, event] with the n moved to batch dimension `dim` (negative, counted from the right of the batch). A dimension inside the
 * batch must have size 1 there.
 */
export function placeValues(values: tf.Tensor, batchRank: number, dim: number): tf.Tensor {
  const n = values.shape[0];
  const batch = values.shape.slice(1, 1 + batchRank);
  const event = values.shape.slice(1 + batchRank);
  const ones = (count: number) => new Array<number>(count).fill(1);
  if (sizeOf(batch) === 1) return tf.reshape(values, [n, ...ones(-dim - 1), ...event]);
  const at = batchRank + dim;
  if (at < 0) return tf.reshape(values, [n, ...ones(-at - 1), ...batch, ...event]);
  const rest = [...batch.slice(0, at), ...batch.slice(at + 1)];
  const order = [...rest, ...event].map((_, i) => i + 1);
  order.splice(at, 0, 0);
  return tf.transpose(tf.reshape(values, [n, ...rest, ...event]), order);
}
