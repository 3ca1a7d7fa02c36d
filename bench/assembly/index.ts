/** The fastest that 128-bit vectors multiply and add: twelve independent chains in registers, as in the native kernel's own measurement. */

function next(x: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, a, b);
  return f32x4.add(f32x4.mul(x, a), b);
}

/** Multiplications and additions of one round. */
export function operations(): i32 {
  return 12 * 4 * 2;
}

/** The sum of the chains, so that the compiler keeps all of them. */
export function peak(rounds: i32): f32 {
  const a = f32x4.splat(0.999999);
  const b = f32x4.splat(1e-6);
  let x0 = f32x4.splat(0);
  let x1 = f32x4.splat(1);
  let x2 = f32x4.splat(2);
  let x3 = f32x4.splat(3);
  let x4 = f32x4.splat(4);
  let x5 = f32x4.splat(5);
  let x6 = f32x4.splat(6);
  let x7 = f32x4.splat(7);
  let x8 = f32x4.splat(8);
  let x9 = f32x4.splat(9);
  let x10 = f32x4.splat(10);
  let x11 = f32x4.splat(11);
  for (let i = 0; i < rounds; i++) {
    x0 = next(x0, a, b);
    x1 = next(x1, a, b);
    x2 = next(x2, a, b);
    x3 = next(x3, a, b);
    x4 = next(x4, a, b);
    x5 = next(x5, a, b);
    x6 = next(x6, a, b);
    x7 = next(x7, a, b);
    x8 = next(x8, a, b);
    x9 = next(x9, a, b);
    x10 = next(x10, a, b);
    x11 = next(x11, a, b);
  }
  const low = f32x4.add(f32x4.add(f32x4.add(x0, x1), f32x4.add(x2, x3)), f32x4.add(x4, x5));
  const high = f32x4.add(f32x4.add(f32x4.add(x6, x7), f32x4.add(x8, x9)), f32x4.add(x10, x11));
  return f32x4.extract_lane(f32x4.add(low, high), 0);
}
