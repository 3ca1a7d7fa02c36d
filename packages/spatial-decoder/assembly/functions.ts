/**
 * Vector tanh, exp, softplus and the normal distribution's tail, each a polynomial or a ratio fitted to float32; NaN in, NaN out. Their numbers are
 * read from memory: V8 builds a vector constant anew wherever it is used, which costs more than the arithmetic.
 */
import { atLeast, atMost, madd } from './simd';

const one = memory.data<f32>([1, -1]);
const tanhRange = memory.data<f32>([9.02, -9.02]);
/** tanh(x) = x p(x^2) / q(x^2); highest power first, both end in 1. */
const tanhP = memory.data<f32>([1.33190916e-8, 2.05835004e-5, 0.00349403592, 0.133797199]);
const tanhQ = memory.data<f32>([7.7620291e-7, 0.000328309485, 0.0258710794, 0.467130333]);
/** The least argument (its power of two is 2^-127, which is 0 here), log2(e), and ln 2 in two parts, so that the remainder keeps its digits. */
const expRange = memory.data<f32>([-88.02, 1.4426950216293335, -0.693359375, 2.1219444e-4]);
/** exp(r) = 1 + r + r^2 p(r) for |r| <= ln 2 / 2. */
const expP = memory.data<f32>([0.00138146104, 0.00836871099, 0.041668389, 0.166665211, 0.49999994]);
/** log1p(u) = u p(u) for u from 0 to 1; ends in 1. */
const log1pP = memory.data<f32>([
  -0.003244024, 0.0198514573, -0.0569595248, 0.106036536, -0.153055921, 0.196759388, -0.249541342, 0.333299637,
  -0.499999017,
]);
/** (1 - Phi(x)) exp(x^2 / 2) = t p(t) / 2 with t = 1 / (1 + x scale). */
const tailScale = memory.data<f32>([0.282842712, 0.5]);
const tailP = memory.data<f32>([
  0.0470028892, -0.171633929, 0.153932735, 0.00423503295, 0.138411477, 0.168831348, 0.20788084, 0.2256632, 0.225675941,
]);

function number(table: usize, index: i32): v128 {
  return v128.load32_splat(table + ((<usize>index) << 2));
}

/** Within 4e-7 relative, exactly +-1 from 9.02 on. */
export function tanh(x: v128): v128 {
  x = atLeast(atMost(x, number(tanhRange, 0)), number(tanhRange, 1));
  const z = f32x4.mul(x, x);
  let p = madd(z, number(tanhP, 0), number(tanhP, 1));
  p = madd(p, z, number(tanhP, 2));
  p = madd(p, z, number(tanhP, 3));
  p = madd(p, z, number(one, 0));
  let q = madd(z, number(tanhQ, 0), number(tanhQ, 1));
  q = madd(q, z, number(tanhQ, 2));
  q = madd(q, z, number(tanhQ, 3));
  q = madd(q, z, number(one, 0));
  const y = f32x4.div(f32x4.mul(x, p), q);
  return atLeast(atMost(y, number(one, 0)), number(one, 1));
}

/** exp for x <= 0; 0 from -87.7 down, where the power of two has no exponent left. */
export function expNegative(x: v128): v128 {
  x = atLeast(x, number(expRange, 0));
  const n = f32x4.nearest(f32x4.mul(x, number(expRange, 1)));
  const r = madd(n, number(expRange, 3), madd(n, number(expRange, 2), x));
  let p = madd(r, number(expP, 0), number(expP, 1));
  p = madd(p, r, number(expP, 2));
  p = madd(p, r, number(expP, 3));
  p = madd(p, r, number(expP, 4));
  p = madd(f32x4.mul(r, r), p, f32x4.add(r, number(one, 0)));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)). */
export function softplus(x: v128): v128 {
  const u = expNegative(f32x4.neg(f32x4.abs(x)));
  let p = madd(u, number(log1pP, 0), number(log1pP, 1));
  p = madd(p, u, number(log1pP, 2));
  p = madd(p, u, number(log1pP, 3));
  p = madd(p, u, number(log1pP, 4));
  p = madd(p, u, number(log1pP, 5));
  p = madd(p, u, number(log1pP, 6));
  p = madd(p, u, number(log1pP, 7));
  p = madd(p, u, number(log1pP, 8));
  p = madd(p, u, number(one, 0));
  return madd(p, u, atLeast(x, f32x4.splat(0)));
}

/** The part of the normal tail that varies slowly: 1 - Phi(x) = exp(-x^2 / 2) * tailRatio(x) for x >= 0, within 5e-7 relative. */
export function tailRatio(x: v128): v128 {
  const t = f32x4.div(number(one, 0), madd(x, number(tailScale, 0), number(one, 0)));
  let p = madd(t, number(tailP, 0), number(tailP, 1));
  p = madd(p, t, number(tailP, 2));
  p = madd(p, t, number(tailP, 3));
  p = madd(p, t, number(tailP, 4));
  p = madd(p, t, number(tailP, 5));
  p = madd(p, t, number(tailP, 6));
  p = madd(p, t, number(tailP, 7));
  p = madd(p, t, number(tailP, 8));
  return f32x4.mul(f32x4.mul(p, t), number(tailScale, 1));
}
