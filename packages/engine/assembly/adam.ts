/** One step of Adam, in one pass over its arrays. */

/**
 * moved = value - stepSize mean / (unbias sqrt(square) + eps), once `mean` and `square` of gradient + decay value are moved on, in place.
 */
export function adam(
  value: usize,
  gradient: usize,
  mean: usize,
  square: usize,
  moved: usize,
  count: i32,
  beta1: f64,
  beta2: f64,
  stepSize: f32,
  unbias: f32,
  eps: f32,
  decay: f32,
): void {
  const end = (<usize>count) << 2;
  const whole = end & ~15;
  const new1 = <f32>(1 - beta1);
  const new2 = <f32>(1 - beta2);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const x = v128.load(value + at);
    const g = f32x4.add(v128.load(gradient + at), f32x4.mul(f32x4.splat(decay), x));
    const m = mixed(v128.load(mean + at), <f32>beta1, g, new1);
    const s = mixed(v128.load(square + at), <f32>beta2, f32x4.mul(g, g), new2);
    v128.store(mean + at, m);
    v128.store(square + at, s);
    v128.store(moved + at, f32x4.sub(x, step(m, s, stepSize, unbias, eps)));
  }
  for (; at < end; at += 4) {
    const x = v128.load32_splat(value + at);
    const g = f32x4.add(v128.load32_splat(gradient + at), f32x4.mul(f32x4.splat(decay), x));
    const m = mixed(v128.load32_splat(mean + at), <f32>beta1, g, new1);
    const s = mixed(v128.load32_splat(square + at), <f32>beta2, f32x4.mul(g, g), new2);
    v128.store_lane<f32>(mean + at, m, 0);
    v128.store_lane<f32>(square + at, s, 0);
    v128.store_lane<f32>(moved + at, f32x4.sub(x, step(m, s, stepSize, unbias, eps)), 0);
  }
}

/**
 * p x + q y; 0 below 1e-37, where a moment that only decays would end among the denormal numbers, which take a hundred times as long and round it up for
 * ever. NaN stays.
 */
function mixed(x: v128, p: f32, y: v128, q: f32): v128 {
  const sum = f32x4.add(f32x4.mul(f32x4.splat(p), x), f32x4.mul(f32x4.splat(q), y));
  return v128.andnot(sum, f32x4.lt(f32x4.abs(sum), f32x4.splat(1e-37)));
}

function step(mean: v128, square: v128, stepSize: f32, unbias: f32, eps: f32): v128 {
  const root = f32x4.add(f32x4.mul(f32x4.sqrt(square), f32x4.splat(unbias)), f32x4.splat(eps));
  return f32x4.div(f32x4.mul(f32x4.splat(stepSize), mean), root);
}
