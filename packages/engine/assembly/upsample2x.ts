/** Twice as many points along one axis: between the old ones, or the old ones repeated. */

/**
 * Rows of `count` pieces of `size` numbers to rows of `wanted` pieces, which is 2 count or less. `linear`: piece 2 i is three quarters of i and a quarter of
 * the one before, 2 i + 1 of the one after; at the ends of itself.
 */
export function upsample2x(x: usize, rows: i32, count: i32, size: i32, wanted: i32, linear: bool, y: usize): void {
  const bytes = (<usize>size) << 2;
  const whole = bytes & ~15;
  for (let r = 0; r < rows; r++, x += <usize>count * bytes) {
    for (let k = 0; k < wanted; k++, y += bytes) {
      const near = x + <usize>(k >> 1) * bytes;
      if (!linear) {
        memory.copy(y, near, bytes);
        continue;
      }
      const far = x + <usize>neighbour(k, count) * bytes;
      for (let at: usize = 0; at < whole; at += 16) {
        const most = f32x4.mul(v128.load(near + at), f32x4.splat(0.75));
        v128.store(y + at, f32x4.add(most, f32x4.mul(v128.load(far + at), f32x4.splat(0.25))));
      }
      for (let at = whole; at < bytes; at += 4) {
        store<f32>(y + at, load<f32>(near + at) * 0.75 + load<f32>(far + at) * 0.25);
      }
    }
  }
}

/** The gradient along x. */
export function upsample2xSlope(
  upstream: usize,
  rows: i32,
  count: i32,
  size: i32,
  wanted: i32,
  linear: bool,
  dx: usize,
): void {
  const bytes = (<usize>size) << 2;
  memory.fill(dx, 0, <usize>(rows * count) * bytes);
  for (let r = 0; r < rows; r++, dx += <usize>count * bytes) {
    for (let k = 0; k < wanted; k++, upstream += bytes) {
      addTimes(upstream, linear ? 0.75 : 1, bytes, dx + <usize>(k >> 1) * bytes);
      if (linear) addTimes(upstream, 0.25, bytes, dx + <usize>neighbour(k, count) * bytes);
    }
  }
}

/** The old piece that a new one also lies near. */
function neighbour(k: i32, count: i32): i32 {
  return k & 1 ? min((k >> 1) + 1, count - 1) : max((k >> 1) - 1, 0);
}

function addTimes(from: usize, factor: f32, bytes: usize, to: usize): void {
  const whole = bytes & ~15;
  for (let at: usize = 0; at < whole; at += 16) {
    v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(v128.load(from + at), f32x4.splat(factor))));
  }
  for (let at = whole; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at) * factor);
}
