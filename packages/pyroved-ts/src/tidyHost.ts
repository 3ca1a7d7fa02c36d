/** Frees the tensors of a computation whose result is on the host. */
import * as tf from '@tensorflow/tfjs';

/**
 * Calls `body`, which returns plain values, and frees the tensors that it made. `tf.tidy` would look for tensors in every element of an array that it returns,
 * which takes longer than most computations.
 * @example const sums = tidyHost(() => tf.sum(x, 1).dataSync<'float32'>().slice());
 */
export function tidyHost<Value>(body: () => Value): Value {
  const found: Value[] = [];
  tf.tidy(() => {
    found.push(body());
  });
  return found[0];
}
