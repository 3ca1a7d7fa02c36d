/** The radial integrals of a normal distribution projected onto a circle or a sphere of two or three dimensions, exact in both tails. */
import type * as tf from '@tensorflow/tfjs';
import { elementwise } from './elementwise.js';
import { inverseMills, logNdtr } from './host/erf.js';

const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
/** Length of the continued fraction; at its worst point, t = -1, enough for 1e-12. */
const DEPTH = 80;

/**
 * The ratios J_1/J_0, J_2/J_1 and J_3/J_2 of J_k = integral over r > 0 of r^k exp(-r^2/2 + t r). By parts, J_{k+1} = k J_{k-1} + t J_k: a recursion
 * that cancels for t << 0 when run upwards, and a fast continued fraction when run downwards.
 */
function momentRatios(t: number): [number, number, number] {
  if (t > -1) {
    const r1 = t + inverseMills(t);
    const r2 = t + 1 / r1;
    return [r1, r2, t + 2 / r2];
  }
  let r3 = (t + Math.sqrt(t * t + 4 * DEPTH - 2)) / 2;
  for (let k = DEPTH - 1; k > 2; k--) r3 = k / (r3 - t);
  const r2 = 2 / (r3 - t);
  return [1 / (r2 - t), r2, r3];
}

const logRadial =
  (k: number) =>
  (t: number): number =>
    momentRatios(t)
      .slice(0, k)
      .reduce((sum, ratio) => sum + Math.log(ratio), LOG_SQRT_2PI + logNdtr(t));

/**
 * log of the integral over r > 0 of r^k exp(-(r - t)^2 / 2), elementwise, for k = 1 (a circle), 2 (a sphere) or 3 (unit quaternions).
 * Its derivative k J_{k-1} / J_k is as exact as its value, for any t.
 * @example logRadialIntegral(tf.scalar(0), 1) // 0
 */
export function logRadialIntegral(t: tf.Tensor, k: 1 | 2 | 3): tf.Tensor {
  return elementwise([t], logRadial(k), [(x) => k / momentRatios(x)[k - 1]]);
}
