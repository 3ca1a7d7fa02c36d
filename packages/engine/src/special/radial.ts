/** The radial integrals of a normal distribution projected onto a circle or a sphere, exact in both tails. */
import type * as tf from '@tensorflow/tfjs';
import { elementwise } from './elementwise.js';
import { inverseMills, logNdtr } from './host/erf.js';

const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
/** Length of the continued fraction; at its worst point, t = -1, enough for 1e-12. */
const DEPTH = 80;

/**
 * The ratios J_1/J_0 and J_2/J_1 of J_k = integral over r > 0 of r^k exp(-r^2/2 + t r). By parts, J_{k+1} = k J_{k-1} + t J_k: a recursion
 * that cancels for t << 0 when run upwards, and a fast continued fraction when run downwards.
 */
function momentRatios(t: number): [number, number] {
  if (t > -1) {
    const r1 = t + inverseMills(t);
    return [r1, t + 1 / r1];
  }
  let r = (t + Math.sqrt(t * t + 4 * DEPTH - 2)) / 2;
  for (let k = DEPTH - 1; k > 2; k--) r = k / (r - t);
  const r2 = 2 / (r - t);
  return [1 / (r2 - t), r2];
}

function logRadial1(t: number): number {
  return LOG_SQRT_2PI + logNdtr(t) + Math.log(momentRatios(t)[0]);
}

function logRadial2(t: number): number {
  const [r1, r2] = momentRatios(t);
  return LOG_SQRT_2PI + logNdtr(t) + Math.log(r1) + Math.log(r2);
}

/**
 * log of the integral over r > 0 of r^k exp(-(r - t)^2 / 2), elementwise, for k = 1 (a circle) or 2 (a sphere).
 * Its derivative k J_{k-1} / J_k is as exact as its value, for any t.
 * @example logRadialIntegral(tf.scalar(0), 1) // 0
 */
export function logRadialIntegral(t: tf.Tensor, k: 1 | 2): tf.Tensor {
  return k === 1
    ? elementwise([t], logRadial1, [(x) => 1 / momentRatios(x)[0]])
    : elementwise([t], logRadial2, [(x) => 2 / momentRatios(x)[1]]);
}
