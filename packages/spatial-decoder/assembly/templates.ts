/** Deformable templates: drawn pixels, squared errors and the sums of a Gauss-Newton step. */
import {
  BLOCK_POINTS,
  CONTENTS,
  DRAWN,
  ERRORS,
  FIELD,
  GRADIENT,
  HESSIAN,
  JACOBIAN_ROWS,
  LIVE,
  PADDED_POINTS,
  PLANES,
  POINTS,
  SLOT,
  TARGETS,
  VALUES,
  WIDTH,
} from '../src/wasm/templateLayout';
import { address, scratch, stillHere, word } from './job';
import { madd } from './simd';
import {
  CONTROL,
  cos,
  endOf,
  fieldBytes,
  firstOf,
  interpolate,
  locate,
  openRow,
  PLACE,
  picture,
  planeBytes,
  SEEN,
  SLOPES,
  sin,
  total,
  X,
  Y,
} from './templatePlace';

export function drawRows(piece: i32): void {
  const points = (<usize>word(POINTS)) << 2;
  const padded = (<usize>word(PADDED_POINTS)) << 2;
  const planes = word(PLANES);
  const plane = planeBytes();
  for (let row = firstOf(piece); row < endOf(piece); row++) {
    openRow(row);
    const drawn = address(DRAWN) + <usize>(row * planes) * points;
    for (let pixel: usize = 0; pixel < padded; pixel += 16) {
      locate(pixel, false);
      for (let k = 0; k < planes; k++) {
        const value = interpolate(picture + <usize>k * plane, scratch + PLACE);
        const to = drawn + <usize>k * points + pixel;
        if (pixel + 16 <= points) v128.store(to, value);
        else {
          v128.store(scratch + SEEN, value);
          memory.copy(to, scratch + SEEN, points - pixel);
        }
      }
    }
    stillHere();
  }
}

/** The pixels of a row's image. */
function targetsOf(row: i32): usize {
  const slot = load<u32>(address(SLOT) + ((<usize>row) << 2));
  return address(TARGETS) + ((<usize>slot * <usize>(word(PLANES) * word(PADDED_POINTS))) << 2);
}

export function squaredErrorRows(piece: i32): void {
  const padded = (<usize>word(PADDED_POINTS)) << 2;
  const planes = word(PLANES);
  const plane = planeBytes();
  for (let row = firstOf(piece); row < endOf(piece); row++) {
    openRow(row);
    const targets = targetsOf(row);
    let sum = f32x4.splat(0);
    for (let pixel: usize = 0; pixel < padded; pixel += 16) {
      locate(pixel, false);
      const live = v128.load(address(LIVE) + pixel);
      for (let k = 0; k < planes; k++) {
        const value = interpolate(picture + <usize>k * plane, scratch + PLACE);
        const residual = f32x4.sub(value, v128.load(targets + <usize>k * padded + pixel));
        sum = madd(f32x4.mul(residual, live), residual, sum);
      }
    }
    store<f32>(address(ERRORS) + ((<usize>row) << 2), total(sum));
    stillHere();
  }
}

export function normalEquationRows(piece: i32): void {
  const size = 3 + word(CONTENTS);
  const rows = word(JACOBIAN_ROWS);
  const padded = (<usize>word(PADDED_POINTS)) << 2;
  const block = (<usize>word(BLOCK_POINTS)) << 2;
  const stride = block * <usize>word(PLANES);
  const jacobian = scratch + VALUES + fieldBytes();
  const sums = jacobian + <usize>rows * stride;
  const line = (<usize>rows) << 2;
  memory.fill(jacobian, 0, <usize>rows * stride);
  for (let row = firstOf(piece); row < endOf(piece); row++) {
    openRow(row);
    const targets = targetsOf(row);
    memory.fill(sums, 0, <usize>rows * line);
    for (let first: usize = 0; first < padded; first += block) {
      const count = min(block, padded - first);
      for (let at: usize = 0; at < count; at += 16) jacobianAt(first + at, targets, jacobian + at, count, stride);
      const used = count * <usize>word(PLANES);
      for (let i = 0; i < rows; i += 4) {
        for (let j = 0; j < i + 4; j += 2) {
          const left = jacobian + <usize>i * stride;
          addProducts(
            left,
            jacobian + <usize>j * stride,
            stride,
            used,
            sums + <usize>i * line + ((<usize>j) << 2),
            line,
          );
        }
      }
    }
    writeEquations(row, size, sums, line);
    stillHere();
  }
}

function writeEquations(row: i32, size: i32, sums: usize, line: usize): void {
  const last = sums + <usize>size * line;
  store<f32>(address(ERRORS) + ((<usize>row) << 2), load<f32>(last + ((<usize>size) << 2)));
  const gradient = address(GRADIENT) + ((<usize>(row * size)) << 2);
  memory.copy(gradient, last, (<usize>size) << 2);
  const hessian = address(HESSIAN) + ((<usize>(row * size * size)) << 2);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b <= a; b++) {
      const value = load<f32>(sums + <usize>a * line + ((<usize>b) << 2));
      store<f32>(hessian + ((<usize>(a * size + b)) << 2), value);
      store<f32>(hessian + ((<usize>(b * size + a)) << 2), value);
    }
  }
}

/** Writes four columns of the Jacobian and of the residual below it, for each channel `channelBytes` further. */
function jacobianAt(pixel: usize, targets: usize, to: usize, channelBytes: usize, stride: usize): void {
  const values = scratch;
  const padded = (<usize>word(PADDED_POINTS)) << 2;
  const contents = word(CONTENTS);
  locate(pixel, true);
  const live = v128.load(address(LIVE) + pixel);
  for (let k = 0; k < word(PLANES); k++, to += channelBytes) {
    seePicture(picture + <usize>k * planeBytes());
    const gx = f32x4.mul(v128.load(values + SEEN, 16), live);
    const gy = f32x4.mul(v128.load(values + SEEN, 32), live);
    const sx = madd(gx, v128.load(values + SLOPES), f32x4.mul(gy, v128.load(values + SLOPES, 32)));
    const sy = madd(gx, v128.load(values + SLOPES, 16), f32x4.mul(gy, v128.load(values + SLOPES, 48)));
    const c = f32x4.splat(cos);
    const s = f32x4.splat(sin);
    v128.store(to, f32x4.sub(f32x4.mul(sy, v128.load(values + X)), f32x4.mul(sx, v128.load(values + Y))));
    v128.store(to + stride, f32x4.neg(madd(sx, c, f32x4.mul(sy, s))));
    v128.store(to + 2 * stride, f32x4.sub(f32x4.mul(sx, s), f32x4.mul(sy, c)));
    let into = to + 3 * stride;
    let field = address(FIELD);
    for (let l = 0; l < contents; l++, into += stride, field += fieldBytes()) {
      const moveX = interpolate(field, values + CONTROL);
      v128.store(into, madd(gx, moveX, f32x4.mul(gy, interpolate(field + 16, values + CONTROL))));
    }
    const target = v128.load(targets + <usize>k * padded + pixel);
    v128.store(into, f32x4.mul(f32x4.sub(v128.load(values + SEEN), target), live));
  }
}

/** A picture's value and slopes, interpolated, at SEEN. */
function seePicture(plane: usize): void {
  const at = scratch + PLACE;
  const below = plane + ((<usize>(word(WIDTH) + 1)) << 4);
  for (let lane: usize = 0; lane < 16; lane += 4) {
    const across = v128.load32_splat(at + lane);
    const offset = load<u32>(at + lane, 32);
    const first = v128.load(plane + offset);
    const third = v128.load(below + offset);
    const high = madd(across, f32x4.sub(v128.load(plane + offset, 16), first), first);
    const low = madd(across, f32x4.sub(v128.load(below + offset, 16), third), third);
    v128.store(scratch + SEEN + (lane << 2), madd(v128.load32_splat(at + lane, 16), f32x4.sub(low, high), high));
  }
  const a = v128.load(scratch + SEEN);
  const b = v128.load(scratch + SEEN, 16);
  const c = v128.load(scratch + SEEN, 32);
  const d = v128.load(scratch + SEEN, 48);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const last = v128.shuffle<i32>(v128.shuffle<i32>(a, b, 2, 6, 3, 7), v128.shuffle<i32>(c, d, 2, 6, 3, 7), 0, 1, 4, 5);
  v128.store(scratch + SEEN, v128.shuffle<i32>(ab, cd, 0, 1, 4, 5));
  v128.store(scratch + SEEN, v128.shuffle<i32>(ab, cd, 2, 3, 6, 7), 16);
  v128.store(scratch + SEEN, last, 32);
}

/**
 * Adds the products of four rows from `left` on with two from `right` on, over `bytes`, to `sums`, whose lines are
 * `line` bytes apart.
 */
function addProducts(left: usize, right: usize, stride: usize, bytes: usize, sums: usize, line: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const second = left + stride;
  const third = second + stride;
  const fourth = third + stride;
  const other = right + stride;
  for (let at: usize = 0; at < bytes; at += 16) {
    const y0 = v128.load(right + at);
    const y1 = v128.load(other + at);
    const x0 = v128.load(left + at);
    c00 = madd(x0, y0, c00);
    c01 = madd(x0, y1, c01);
    const x1 = v128.load(second + at);
    c10 = madd(x1, y0, c10);
    c11 = madd(x1, y1, c11);
    const x2 = v128.load(third + at);
    c20 = madd(x2, y0, c20);
    c21 = madd(x2, y1, c21);
    const x3 = v128.load(fourth + at);
    c30 = madd(x3, y0, c30);
    c31 = madd(x3, y1, c31);
  }
  addPair(sums, c00, c01);
  addPair(sums + line, c10, c11);
  addPair(sums + 2 * line, c20, c21);
  addPair(sums + 3 * line, c30, c31);
}

function addPair(to: usize, a: v128, b: v128): void {
  store<f32>(to, load<f32>(to) + total(a));
  store<f32>(to, load<f32>(to, 4) + total(b), 4);
}
