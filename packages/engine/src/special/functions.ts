/** Special functions elementwise on tensors, with gradients. */
import type * as tf from '@tensorflow/tfjs';
import { elementwise } from './elementwise.js';
import * as host from './host/index.js';

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
const gaussian = (x: number) => TWO_OVER_SQRT_PI * Math.exp(-x * x);

/**
 * log |Gamma(x)|.
 * @example lgamma(tf.scalar(4)) // 1.7918
 */
export const lgamma = (x: tf.Tensor): tf.Tensor => elementwise([x], host.lgamma, [host.digamma]);
/**
 * The derivative of `lgamma`.
 * @example digamma(tf.scalar(1)) // -0.5772
 */
export const digamma = (x: tf.Tensor): tf.Tensor => elementwise([x], host.digamma, [host.trigamma]);
/**
 * log B(a, b), with broadcasting, for a, b > 0.
 * @example lbeta(tf.scalar(2), tf.scalar(3)) // -2.4849
 */
export const lbeta = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  elementwise([a, b], host.lbeta, [
    (x, y) => host.digamma(x) - host.digamma(x + y),
    (x, y) => host.digamma(y) - host.digamma(x + y),
  ]);
/**
 * The error function, exact to float32 (that of TensorFlow.js is good to 1.5e-7 of 1 only).
 * @example erf(tf.scalar(0.5)) // 0.5205
 */
export const erf = (x: tf.Tensor): tf.Tensor => elementwise([x], host.erf, [gaussian]);
/**
 * 1 - erf(x), without cancellation.
 * @example erfc(tf.scalar(0.5)) // 0.4795
 */
export const erfc = (x: tf.Tensor): tf.Tensor => elementwise([x], host.erfc, [(t) => -gaussian(t)]);
/**
 * exp(x^2) erfc(x).
 * @example erfcx(tf.scalar(0)) // 1
 */
export const erfcx = (x: tf.Tensor): tf.Tensor =>
  elementwise([x], host.erfcx, [(t) => 2 * t * host.erfcx(t) - TWO_OVER_SQRT_PI]);
/**
 * The inverse of erf on (-1, 1).
 * @example erfinv(tf.scalar(0.5205)) // 0.5
 */
export const erfinv = (x: tf.Tensor): tf.Tensor =>
  elementwise([x], host.erfinv, [(t) => Math.exp(host.erfinv(t) ** 2) / TWO_OVER_SQRT_PI]);
/**
 * The logarithm of the standard normal's distribution function, exact in both tails.
 * @example logNdtr(tf.scalar(0)) // -0.6931
 */
export const logNdtr = (x: tf.Tensor): tf.Tensor => elementwise([x], host.logNdtr, [host.inverseMills]);
/**
 * The standard normal's quantile function on (0, 1).
 * @example ndtri(tf.scalar(0.975)) // 1.96
 */
export const ndtri = (p: tf.Tensor): tf.Tensor =>
  elementwise([p], host.ndtri, [(t) => Math.sqrt(2 * Math.PI) * Math.exp(0.5 * host.ndtri(t) ** 2)]);
/**
 * exp(-|x|) I_0(x), the modified Bessel function of order 0, scaled.
 * @example i0e(tf.scalar(0)) // 1
 */
export const i0e = (x: tf.Tensor): tf.Tensor =>
  elementwise([x], host.i0e, [(t) => host.i1e(t) - Math.sign(t) * host.i0e(t)]);
/**
 * exp(-|x|) I_1(x), the modified Bessel function of order 1, scaled.
 * @example i1e(tf.scalar(0)) // 0
 */
export const i1e = (x: tf.Tensor): tf.Tensor =>
  elementwise([x], host.i1e, [(t) => (t === 0 ? 0.5 : host.i0e(t) - host.i1e(t) / t - Math.sign(t) * host.i1e(t))]);
