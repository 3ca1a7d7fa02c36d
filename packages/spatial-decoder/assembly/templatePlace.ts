/**
 * Where the pixels of a row lie in its picture. A vector runs over four pixels; what is known of them lies in the first
 * bytes of the scratch memory.
 */
import {
  CONTENTS,
  DIRECTIONS,
  FIELD,
  FIELD_ENTRIES,
  GRID,
  HEIGHT,
  PICTURE,
  PICTURE_ENTRIES,
  PICTURES,
  PIECE_ROWS,
  PLANES,
  ROWS,
  THETA,
  VALUES,
  WIDTH,
  XS,
  YS,
} from '../src/wasm/templateLayout';
import { address, scratch, word } from './job';
import { atLeast, atMost, madd } from './simd';

/** Slots of scratch memory: coordinates in the frame of the object. */
export const X: usize = 0;
export const Y: usize = 16;
/** Fractions across and down, then byte offsets of the entries, in the field and in the picture. */
export const CONTROL: usize = 32;
export const PLACE: usize = 80;
/** Position in pixels. */
export const U: usize = 128;
export const V: usize = 144;
/** How the position, in coordinates of the picture, changes with X and Y: UX, UY, VX, VY. */
export const SLOPES: usize = 160;
/** A value and its slopes across and down, or a picture's value and its slopes. */
export const SEEN: usize = 224;

/** The open row's picture, theta, cosine and sine. */
export let picture: usize = 0;
export let theta: usize = 0;
export let cos: f32 = 0;
export let sin: f32 = 0;

/** Turns this thread to a row and mixes the field of its content. */
export function openRow(row: i32): void {
  const direction = address(DIRECTIONS) + ((<usize>row) << 3);
  cos = load<f32>(direction);
  sin = load<f32>(direction, 4);
  theta = address(THETA) + ((<usize>(row * (3 + word(CONTENTS)))) << 2);
  const index = load<u32>(address(PICTURE) + ((<usize>row) << 2));
  picture = address(PICTURES) + <usize>index * planeBytes() * <usize>word(PLANES);
  const contents = word(CONTENTS);
  if (contents === 0) return;
  const bytes = fieldBytes();
  const to = scratch + VALUES;
  for (let at: usize = 0; at < bytes; at += 16) {
    let sum = f32x4.splat(0);
    let from = address(FIELD) + at;
    for (let k = 0; k < contents; k++, from += bytes) {
      sum = madd(v128.load32_splat(theta + ((<usize>k) << 2), 12), v128.load(from), sum);
    }
    v128.store(to + at, sum);
  }
}

/** Bytes of a picture's plane, of a field, and from one plane of pictures to the next row of entries. */
export function planeBytes(): usize {
  return (<usize>word(PICTURE_ENTRIES)) << 4;
}

export function fieldBytes(): usize {
  return (<usize>word(FIELD_ENTRIES)) << 5;
}

/** Writes fractions and offsets at `to`: records of 2^shift bytes, x in 0..columns - 1 and y in 0..rows - 1. */
function place(x: v128, y: v128, columns: i32, rows: i32, shift: i32, to: usize): void {
  // A NaN stays in the fractions; its index is 0.
  const zero = f32x4.splat(0);
  const heldX = atMost(atLeast(x, zero), f32x4.splat(<f32>(columns - 1)));
  const heldY = atMost(atLeast(y, zero), f32x4.splat(<f32>(rows - 1)));
  const left = f32x4.floor(heldX);
  const top = f32x4.floor(heldY);
  v128.store(to, f32x4.sub(heldX, left));
  v128.store(to, f32x4.sub(heldY, top), 16);
  const line = i32x4.mul(i32x4.trunc_sat_f32x4_s(top), i32x4.splat(columns + 1));
  v128.store(to, i32x4.shl(i32x4.add(line, i32x4.trunc_sat_f32x4_s(left)), shift), 32);
}

/** 1 where 0 <= x <= last, else 0. */
export function inside(x: v128, last: i32): v128 {
  const outside = v128.or(f32x4.lt(x, f32x4.splat(0)), f32x4.gt(x, f32x4.splat(<f32>last)));
  return v128.andnot(f32x4.splat(1), outside);
}

/**
 * The value interpolated between an entry and its neighbours, whose records of four lie at `base` plus the offsets of
 * the place `at`.
 */
export function interpolate(base: usize, at: usize): v128 {
  const a = v128.load(base + load<u32>(at, 32));
  const b = v128.load(base + load<u32>(at, 36));
  const c = v128.load(base + load<u32>(at, 40));
  const d = v128.load(base + load<u32>(at, 44));
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const abNext = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cdNext = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  const across = v128.load(at);
  const first = v128.shuffle<i32>(ab, cd, 0, 1, 4, 5);
  const above = madd(across, f32x4.sub(v128.shuffle<i32>(ab, cd, 2, 3, 6, 7), first), first);
  const third = v128.shuffle<i32>(abNext, cdNext, 0, 1, 4, 5);
  const below = madd(across, f32x4.sub(v128.shuffle<i32>(abNext, cdNext, 2, 3, 6, 7), third), third);
  return madd(v128.load(at, 16), f32x4.sub(below, above), above);
}

/** The same, written to SEEN with the slopes across and down from entry to entry. */
export function interpolateSloped(base: usize, at: usize): void {
  const a = v128.load(base + load<u32>(at, 32));
  const b = v128.load(base + load<u32>(at, 36));
  const c = v128.load(base + load<u32>(at, 40));
  const d = v128.load(base + load<u32>(at, 44));
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const abNext = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cdNext = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  const across = v128.load(at);
  const down = v128.load(at, 16);
  const first = v128.shuffle<i32>(ab, cd, 0, 1, 4, 5);
  const right = f32x4.sub(v128.shuffle<i32>(ab, cd, 2, 3, 6, 7), first);
  const third = v128.shuffle<i32>(abNext, cdNext, 0, 1, 4, 5);
  const rightBelow = f32x4.sub(v128.shuffle<i32>(abNext, cdNext, 2, 3, 6, 7), third);
  const above = madd(across, right, first);
  const fall = f32x4.sub(madd(across, rightBelow, third), above);
  v128.store(scratch + SEEN, madd(down, fall, above));
  v128.store(scratch + SEEN, madd(down, f32x4.sub(rightBelow, right), right), 16);
  v128.store(scratch + SEEN, fall, 32);
}

/**
 * Finds four pixels of the open row from byte offset `pixel` of the coordinates on; writes SLOPES where `withSlopes`.
 */
export function locate(pixel: usize, withSlopes: bool): void {
  const values = scratch;
  const dx = f32x4.sub(v128.load(address(XS) + pixel), v128.load32_splat(theta, 4));
  const dy = f32x4.sub(v128.load(address(YS) + pixel), v128.load32_splat(theta, 8));
  const c = f32x4.splat(cos);
  const s = f32x4.splat(sin);
  let u = f32x4.sub(f32x4.mul(c, dx), f32x4.mul(s, dy));
  let v = madd(s, dx, f32x4.mul(c, dy));
  v128.store(values + X, u);
  v128.store(values + Y, v);
  const field = scratch + VALUES;
  const grid = word(GRID);
  const half = f32x4.splat(<f32>0.5 * <f32>(grid - 1));
  if (word(CONTENTS) > 0) {
    const across = madd(u, half, half);
    const down = madd(v, half, half);
    place(across, down, grid, grid, 5, values + CONTROL);
    if (withSlopes) {
      const scaleX = f32x4.mul(half, inside(across, grid - 1));
      const scaleY = f32x4.mul(half, inside(down, grid - 1));
      const one = f32x4.splat(1);
      interpolateSloped(field, values + CONTROL);
      u = f32x4.add(u, v128.load(values + SEEN));
      v128.store(values + SLOPES, madd(scaleX, v128.load(values + SEEN, 16), one));
      v128.store(values + SLOPES, f32x4.mul(scaleY, v128.load(values + SEEN, 32)), 16);
      interpolateSloped(field + 16, values + CONTROL);
      v = f32x4.add(v, v128.load(values + SEEN));
      v128.store(values + SLOPES, f32x4.mul(scaleX, v128.load(values + SEEN, 16)), 32);
      v128.store(values + SLOPES, madd(scaleY, v128.load(values + SEEN, 32), one), 48);
    } else {
      u = f32x4.add(u, interpolate(field, values + CONTROL));
      v = f32x4.add(v, interpolate(field + 16, values + CONTROL));
    }
  } else if (withSlopes) {
    v128.store(values + SLOPES, f32x4.splat(1));
    v128.store(values + SLOPES, f32x4.splat(0), 16);
    v128.store(values + SLOPES, f32x4.splat(0), 32);
    v128.store(values + SLOPES, f32x4.splat(1), 48);
  }
  const width = word(WIDTH);
  const height = word(HEIGHT);
  u = madd(u, f32x4.splat(<f32>0.5 * <f32>width), f32x4.splat(<f32>0.5 * <f32>(width - 1)));
  v = madd(v, f32x4.splat(<f32>0.5 * <f32>height), f32x4.splat(<f32>0.5 * <f32>(height - 1)));
  v128.store(values + U, u);
  v128.store(values + V, v);
  place(u, v, width, height, 4, values + PLACE);
}

/** The sum of the four. */
export function total(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** First and last row of a piece of work. */
export function firstOf(piece: i32): i32 {
  return piece * word(PIECE_ROWS);
}

export function endOf(piece: i32): i32 {
  return min(firstOf(piece) + word(PIECE_ROWS), word(ROWS));
}
