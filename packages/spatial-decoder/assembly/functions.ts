/** Vector tanh, exp, softplus and the normal distribution's tail, each a polynomial or a ratio fitted to float32; NaN in, NaN out. */
import { atLeast, atMost, madd } from './simd';

/** Within 4e-7 relative, exactly +-1 from 9.02 on. */
export function tanh(x: v128): v128 {
  x = atLeast(atMost(x, f32x4.splat(9.02)), f32x4.splat(-9.02));
  const z = f32x4.mul(x, x);
  let p = madd(z, f32x4.splat(1.33190916e-8), f32x4.splat(2.05835004e-5));
  p = madd(p, z, f32x4.splat(0.00349403592));
  p = madd(p, z, f32x4.splat(0.133797199));
  p = madd(p, z, f32x4.splat(1));
  let q = madd(z, f32x4.splat(7.7620291e-7), f32x4.splat(0.000328309485));
  q = madd(q, z, f32x4.splat(0.0258710794));
  q = madd(q, z, f32x4.splat(0.467130333));
  q = madd(q, z, f32x4.splat(1));
  const y = f32x4.div(f32x4.mul(x, p), q);
  return atLeast(atMost(y, f32x4.splat(1)), f32x4.splat(-1));
}

/** exp for x <= 0; about 1e-38 from -87 down. */
export function expNegative(x: v128): v128 {
  x = atLeast(x, f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(<f32>Math.LOG2E)));
  // ln 2 in two parts, so that the remainder keeps its digits.
  let r = madd(n, f32x4.splat(-0.693359375), x);
  r = madd(n, f32x4.splat(2.1219444e-4), r);
  let p = madd(r, f32x4.splat(0.00138146104), f32x4.splat(0.00836871099));
  p = madd(p, r, f32x4.splat(0.041668389));
  p = madd(p, r, f32x4.splat(0.166665211));
  p = madd(p, r, f32x4.splat(0.49999994));
  p = madd(f32x4.mul(r, r), p, f32x4.add(r, f32x4.splat(1)));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)). */
export function softplus(x: v128): v128 {
  const u = expNegative(f32x4.neg(f32x4.abs(x)));
  let p = madd(u, f32x4.splat(-0.003244024), f32x4.splat(0.0198514573));
  p = madd(p, u, f32x4.splat(-0.0569595248));
  p = madd(p, u, f32x4.splat(0.106036536));
  p = madd(p, u, f32x4.splat(-0.153055921));
  p = madd(p, u, f32x4.splat(0.196759388));
  p = madd(p, u, f32x4.splat(-0.249541342));
  p = madd(p, u, f32x4.splat(0.333299637));
  p = madd(p, u, f32x4.splat(-0.499999017));
  p = madd(p, u, f32x4.splat(1));
  return madd(p, u, atLeast(x, f32x4.splat(0)));
}

/** The part of the normal tail that varies slowly: 1 - Phi(|x|) = exp(-x^2 / 2) * tailRatio(|x|), within 5e-7 relative. */
export function tailRatio(magnitude: v128): v128 {
  const t = f32x4.div(f32x4.splat(1), madd(magnitude, f32x4.splat(0.282842712), f32x4.splat(1)));
  let p = madd(t, f32x4.splat(0.0470028892), f32x4.splat(-0.171633929));
  p = madd(p, t, f32x4.splat(0.153932735));
  p = madd(p, t, f32x4.splat(0.00423503295));
  p = madd(p, t, f32x4.splat(0.138411477));
  p = madd(p, t, f32x4.splat(0.168831348));
  p = madd(p, t, f32x4.splat(0.20788084));
  p = madd(p, t, f32x4.splat(0.2256632));
  p = madd(p, t, f32x4.splat(0.225675941));
  return f32x4.mul(f32x4.mul(p, t), f32x4.splat(0.5));
}
