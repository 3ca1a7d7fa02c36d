/** What tests of numbers share: comparing with a tolerance, gradients as plain numbers, finite differences. */
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

/**
 * Central differences of the sum of f(x) in each entry of x. In float32 the step must be coarse: the error is about 1e-7 |f| / step plus
 * step^2 times the third derivative.
 */
export function numericGradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, step = 1e-2): number[] {
  const values = Array.from(x.dataSync());
  const sumAt = (i: number, shift: number) =>
    tf.tidy(() => {
      const moved = values.map((v, k) => (k === i ? Math.fround(v + shift) : v));
      return f(tf.tensor(moved, x.shape, 'float32'))
        .sum()
        .dataSync()[0];
    });
  return values.map((v, i) => {
    const width = Math.fround(v + step) - Math.fround(v - step);
    return (sumAt(i, step) - sumAt(i, -step)) / width;
  });
}
