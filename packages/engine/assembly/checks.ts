/** A search that almost always finds nothing, so it looks at whole vectors first. */

/** Index of the first entry that is not from `low` to `high` (NaN is not), or -1. */
export function firstOutside(from: usize, count: i32, low: f32, high: f32): i32 {
  const lowest = f32x4.splat(low);
  const highest = f32x4.splat(high);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const x = v128.load(from + ((<usize>i) << 2));
    if (!i32x4.all_true(v128.and(f32x4.ge(x, lowest), f32x4.le(x, highest)))) break;
  }
  for (; i < count; i++) {
    const x = load<f32>(from + ((<usize>i) << 2));
    if (!(x >= low && x <= high)) return i;
  }
  return -1;
}
