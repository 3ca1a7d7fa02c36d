/**
 * Activations over runs of vectors, in place, and the products with their slopes that the backward pass needs. As in the native kernel, values and
 * slopes are what IEEE arithmetic makes of their definition (native/simd/math.h has the rule): a NaN stays in both.
 */
import { GELU, LEAKY_RELU, RELU, SOFTPLUS, TANH } from '../src/wasm/layout';
import { expNegative, softplus, tailRatio, tanh } from './functions';
import { madd } from './simd';

/** Replaces `bytes` bytes of pre-activations at `at` by activations; gelu also leaves its slopes at `slope`. */
export function activate(kind: i32, at: usize, slope: usize, bytes: usize): void {
  const end = at + bytes;
  if (kind === TANH) {
    for (; at < end; at += 16) v128.store(at, tanh(v128.load(at)));
  } else if (kind === RELU) {
    const zero = f32x4.splat(0);
    for (; at < end; at += 16) v128.store(at, f32x4.pmax(v128.load(at), zero));
  } else if (kind === LEAKY_RELU) {
    for (; at < end; at += 16) {
      const x = v128.load(at);
      v128.store(at, f32x4.mul(x, leakySlope(x)));
    }
  } else if (kind === SOFTPLUS) {
    for (; at < end; at += 16) v128.store(at, softplus(v128.load(at)));
  } else if (kind === GELU) {
    for (; at < end; at += 16, slope += 16) {
      const x = v128.load(at);
      const bell = expNegative(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
      const tail = f32x4.mul(bell, tailRatio(f32x4.abs(x)));
      const cdf = v128.bitselect(tail, f32x4.sub(f32x4.splat(1), tail), f32x4.lt(x, f32x4.splat(0)));
      v128.store(at, f32x4.mul(x, cdf));
      v128.store(slope, madd(f32x4.mul(x, f32x4.splat(0.39894228)), bell, cdf));
    }
  }
}

/** Multiplies `bytes` bytes at `delta` by the slopes at the activations `y`. */
export function timesSlope(kind: i32, delta: usize, y: usize, slope: usize, bytes: usize): void {
  const end = delta + bytes;
  const one = f32x4.splat(1);
  if (kind === TANH) {
    for (; delta < end; delta += 16, y += 16) {
      const a = v128.load(y);
      v128.store(delta, f32x4.mul(v128.load(delta), f32x4.sub(one, f32x4.mul(a, a))));
    }
  } else if (kind === RELU) {
    for (; delta < end; delta += 16, y += 16) {
      const a = v128.load(y);
      const step = v128.and(f32x4.gt(a, f32x4.splat(0)), one);
      v128.store(delta, f32x4.mul(v128.load(delta), unlessNaN(a, step)));
    }
  } else if (kind === LEAKY_RELU) {
    for (; delta < end; delta += 16, y += 16) {
      const a = v128.load(y);
      v128.store(delta, f32x4.mul(v128.load(delta), unlessNaN(a, leakySlope(a))));
    }
  } else if (kind === SOFTPLUS) {
    for (; delta < end; delta += 16, y += 16) {
      const sigmoid = f32x4.sub(one, expNegative(f32x4.neg(v128.load(y))));
      v128.store(delta, f32x4.mul(v128.load(delta), sigmoid));
    }
  } else if (kind === GELU) {
    for (; delta < end; delta += 16, slope += 16) {
      v128.store(delta, f32x4.mul(v128.load(delta), v128.load(slope)));
    }
  }
}

/** `value` where x is a number, else the NaN. */
function unlessNaN(x: v128, value: v128): v128 {
  return v128.bitselect(x, value, f32x4.ne(x, x));
}

/** 1 where x > 0, else 0.01, at NaN too: times x it is NaN there. */
function leakySlope(x: v128): v128 {
  return v128.bitselect(f32x4.splat(1), f32x4.splat(0.01), f32x4.gt(x, f32x4.splat(0)));
}
