/** Vector exp, softplus, logistic function and tanh, fitted to float32; NaN in, NaN out. */
import { madd } from './simd';

/** exp for x <= 0, within 2e-7 relative; about 1e-38 from -87 down. */
export function expNegative(x: v128): v128 {
  const low = f32x4.pmax(x, f32x4.splat(-87));
  // Added to so large a number, the multiple of ln 2 is rounded and lies in the lowest bits.
  const large = f32x4.splat(12582912);
  const rounded = madd(low, f32x4.splat(1.4426950216293335), large);
  const n = f32x4.sub(rounded, large);
  // ln 2 in two parts, so that the remainder keeps its digits.
  const r = madd(n, f32x4.splat(2.1219444e-4), madd(n, f32x4.splat(-0.693359375), low));
  let p = madd(f32x4.splat(0.00138146104), r, f32x4.splat(0.00836871099));
  p = madd(p, r, f32x4.splat(0.041668389));
  p = madd(p, r, f32x4.splat(0.166665211));
  p = madd(p, r, f32x4.splat(0.49999994));
  p = madd(f32x4.mul(r, r), p, f32x4.add(r, f32x4.splat(1)));
  return f32x4.mul(p, i32x4.add(i32x4.shl(rounded, 23), f32x4.splat(1)));
}

/** log(1 + exp(x)) = max(x, 0) + log1p(u) with u = exp(-|x|). */
export function softplus(x: v128): v128 {
  const u = expNegative(f32x4.neg(f32x4.abs(x)));
  let p = madd(f32x4.splat(-0.003244024), u, f32x4.splat(0.0198514573));
  p = madd(p, u, f32x4.splat(-0.0569595248));
  p = madd(p, u, f32x4.splat(0.106036536));
  p = madd(p, u, f32x4.splat(-0.153055921));
  p = madd(p, u, f32x4.splat(0.196759388));
  p = madd(p, u, f32x4.splat(-0.249541342));
  p = madd(p, u, f32x4.splat(0.333299637));
  p = madd(p, u, f32x4.splat(-0.499999017));
  p = madd(p, u, f32x4.splat(1));
  return madd(p, u, f32x4.pmax(x, f32x4.splat(0)));
}

/** log(x) for x >= 1, within 1e-7: x = 2^n (1 + r) with 1 + r from 0.707 to 1.414 (Cephes' logf). */
export function log(x: v128): v128 {
  const n = i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23);
  const r = f32x4.sub(i32x4.sub(x, i32x4.shl(n, 23)), f32x4.splat(1));
  const e = f32x4.convert_i32x4_s(n);
  const z = f32x4.mul(r, r);
  let p = madd(f32x4.splat(7.0376836292e-2), r, f32x4.splat(-1.151461031e-1));
  p = madd(p, r, f32x4.splat(1.167699874e-1));
  p = madd(p, r, f32x4.splat(-1.2420140846e-1));
  p = madd(p, r, f32x4.splat(1.4249322787e-1));
  p = madd(p, r, f32x4.splat(-1.6668057665e-1));
  p = madd(p, r, f32x4.splat(2.0000714765e-1));
  p = madd(p, r, f32x4.splat(-2.4999993993e-1));
  p = madd(p, r, f32x4.splat(3.3333331174e-1));
  p = madd(f32x4.mul(r, z), p, madd(z, f32x4.splat(-0.5), f32x4.mul(e, f32x4.splat(-2.1219444e-4))));
  return madd(e, f32x4.splat(0.693359375), f32x4.add(r, p));
}

/** 1 / (1 + exp(-x)): with u = exp(-|x|), u / (1 + u) below 0 and 1 / (1 + u) above. */
export function sigmoid(x: v128): v128 {
  const u = expNegative(f32x4.neg(f32x4.abs(x)));
  const one = f32x4.splat(1);
  const above = f32x4.div(one, f32x4.add(one, u));
  return v128.bitselect(f32x4.mul(u, above), above, f32x4.lt(x, f32x4.splat(0)));
}

/** Within 4e-7 relative, exactly +-1 from 9.02 on. */
export function tanh(x: v128): v128 {
  const one = f32x4.splat(1);
  const near = f32x4.pmax(f32x4.pmin(x, f32x4.splat(9.02)), f32x4.splat(-9.02));
  const z = f32x4.mul(near, near);
  let p = madd(z, f32x4.splat(1.33190916e-8), f32x4.splat(2.05835004e-5));
  p = madd(p, z, f32x4.splat(0.00349403592));
  p = madd(p, z, f32x4.splat(0.133797199));
  p = madd(p, z, one);
  let q = madd(z, f32x4.splat(7.7620291e-7), f32x4.splat(0.000328309485));
  q = madd(q, z, f32x4.splat(0.0258710794));
  q = madd(q, z, f32x4.splat(0.467130333));
  q = madd(q, z, one);
  const y = f32x4.div(f32x4.mul(near, p), q);
  return f32x4.pmax(f32x4.pmin(y, one), f32x4.splat(-1));
}
