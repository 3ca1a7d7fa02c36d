/** Rows read at four weighted places each, four rows at a time: one vector holds a place of all four. */
import { madd } from './simd';

/** The columns of the matrix whose rows are a, b, c and d: lane k of all four to the k-th address. */
function storeTransposed(a: v128, b: v128, c: v128, d: v128, to0: usize, to1: usize, to2: usize, to3: usize): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to0, v128.shuffle<f64>(ab, cd, 0, 2));
  v128.store(to1, v128.shuffle<f64>(ab, cd, 1, 3));
  v128.store(to2, v128.shuffle<f64>(abHigh, cdHigh, 0, 2));
  v128.store(to3, v128.shuffle<f64>(abHigh, cdHigh, 1, 3));
}

/** The sum of the four places at `at`, each times its weight, of four interleaved rows. */
function reading(rows: usize, at: usize, weight: usize): v128 {
  let sum = f32x4.mul(v128.load32_splat(weight), v128.load(rows + ((<usize>load<u32>(at)) << 4)));
  sum = madd(v128.load32_splat(weight, 4), v128.load(rows + ((<usize>load<u32>(at, 4)) << 4)), sum);
  sum = madd(v128.load32_splat(weight, 8), v128.load(rows + ((<usize>load<u32>(at, 8)) << 4)), sum);
  return madd(v128.load32_splat(weight, 12), v128.load(rows + ((<usize>load<u32>(at, 12)) << 4)), sum);
}

/** y [rows, size] of x [rows, from]; at and weight [size, 4]; room for [from, 4]. */
export function resample(
  x: usize,
  rows: usize,
  from: usize,
  at: usize,
  weight: usize,
  size: usize,
  y: usize,
  room: usize,
): void {
  for (let n: usize = 0; n < rows; n += 4) {
    // Rows that are not there are the last one again.
    const row1 = min(n + 1, rows - 1);
    const row2 = min(n + 2, rows - 1);
    const row3 = min(n + 3, rows - 1);
    interleave(
      x + ((n * from) << 2),
      x + ((row1 * from) << 2),
      x + ((row2 * from) << 2),
      x + ((row3 * from) << 2),
      from,
      room,
    );
    let to0 = y + ((n * size) << 2);
    let to1 = y + ((row1 * size) << 2);
    let to2 = y + ((row2 * size) << 2);
    let to3 = y + ((row3 * size) << 2);
    let places = at;
    let weights = weight;
    const whole = size & ~3;
    for (let j: usize = 0; j < whole; j += 4) {
      const a = reading(room, places, weights);
      const b = reading(room, places + 16, weights + 16);
      const c = reading(room, places + 32, weights + 32);
      const d = reading(room, places + 48, weights + 48);
      storeTransposed(a, b, c, d, to0, to1, to2, to3);
      places += 64;
      weights += 64;
      to0 += 16;
      to1 += 16;
      to2 += 16;
      to3 += 16;
    }
    for (let j = whole; j < size; j++, places += 16, weights += 16) {
      const a = reading(room, places, weights);
      store<f32>(to0, f32x4.extract_lane(a, 0));
      store<f32>(to1, f32x4.extract_lane(a, 1));
      store<f32>(to2, f32x4.extract_lane(a, 2));
      store<f32>(to3, f32x4.extract_lane(a, 3));
      to0 += 4;
      to1 += 4;
      to2 += 4;
      to3 += 4;
    }
  }
}

/** Four rows of `length` floats as [length, 4]. */
function interleave(row0: usize, row1: usize, row2: usize, row3: usize, length: usize, to: usize): void {
  const whole = length & ~3;
  for (let i: usize = 0; i < whole; i += 4, to += 64) {
    const at = i << 2;
    const a = v128.load(row0 + at);
    const b = v128.load(row1 + at);
    const c = v128.load(row2 + at);
    const d = v128.load(row3 + at);
    storeTransposed(a, b, c, d, to, to + 16, to + 32, to + 48);
  }
  for (let i = whole; i < length; i++, to += 16) {
    const at = i << 2;
    store<f32>(to, load<f32>(row0 + at));
    store<f32>(to, load<f32>(row1 + at), 4);
    store<f32>(to, load<f32>(row2 + at), 8);
    store<f32>(to, load<f32>(row3 + at), 12);
  }
}
