/** What the tests of distributions share: comparing with a tolerance, gradients as plain numbers. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';

/** Every number of `actual` lies within rtol |expected| + atol of `expected` (row by row where they are tensors or nested). */
export function expectClose(actual: tf.Tensor | ArrayLike<number>, expected: unknown, rtol = 1e-5, atol = 1e-6): void {
  const found = Array.from(actual instanceof tf.Tensor ? actual.dataSync() : actual);
  const wanted = expected instanceof tf.Tensor ? Array.from(expected.dataSync()) : [expected].flat(9).map(Number);
  expect(found.length).toBe(wanted.length);
  for (const [i, x] of found.entries()) {
    const w = wanted[i];
    const isClose = x === w || Math.abs(x - w) <= atol + rtol * Math.abs(w);
    if (!isClose) expect.fail(`entry ${i}: found ${x}, expected ${w}; all found: [${found.slice(0, 24).join(', ')}]`);
  }
}

/** Gradient of the sum of f(x). */
export function gradOf(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.grad((t) => f(t).sum())(x));
}
