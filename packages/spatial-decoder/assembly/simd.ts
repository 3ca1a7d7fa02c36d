/** The few vector operations that every loop is made of. */

/** a * b + c, fused where the module was compiled for relaxed SIMD. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  else return f32x4.add(f32x4.mul(a, b), c);
}

/** The smaller, elementwise; NaN in `x` stays. */
export function atMost(x: v128, bound: v128): v128 {
  return f32x4.pmin(x, bound);
}

/** The larger, elementwise; NaN in `x` stays. */
export function atLeast(x: v128, bound: v128): v128 {
  return f32x4.pmax(x, bound);
}
