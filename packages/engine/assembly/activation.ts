/** What follows a dense layer's product: bias and tanh, and back. Matrices are row major. */
import { tanh } from './functions';

/** Adds a row of `columns` numbers to each of the `rows` at `y`. */
export function addRow(y: usize, row: usize, rows: i32, columns: i32): void {
  const bytes = (<usize>columns) << 2;
  const whole = bytes & ~15;
  for (const end = y + <usize>rows * bytes; y < end; y += bytes) {
    for (let at: usize = 0; at < whole; at += 16) {
      v128.store(y + at, f32x4.add(v128.load(y + at), v128.load(row + at)));
    }
    for (let at = whole; at < bytes; at += 4) store<f32>(y + at, load<f32>(y + at) + load<f32>(row + at));
  }
}

/** Rows whose sums are added to those of all: fewer digits are lost than in one long sum. */
const STRETCH: i32 = 256;

/** The sum of the `rows` at `x`, `columns` numbers, to `sums`; `part` has room for as many. */
export function sumRows(x: usize, rows: i32, columns: i32, sums: usize, part: usize): void {
  const bytes = (<usize>columns) << 2;
  memory.fill(sums, 0, bytes);
  for (let r = 0; r < rows; r += STRETCH) {
    memory.fill(part, 0, bytes);
    for (const end = x + <usize>min(STRETCH, rows - r) * bytes; x < end; x += bytes) addRow(part, x, 1, columns);
    addRow(sums, part, 1, columns);
  }
}

/** y = tanh(x + bias), the bias of `columns` numbers added to each of the `rows`. */
export function biasTanh(x: usize, bias: usize, rows: i32, columns: i32, y: usize): void {
  const row = (<usize>columns) << 2;
  const whole = row & ~15;
  for (const end = x + <usize>rows * row; x < end; x += row, y += row) {
    for (let at: usize = 0; at < whole; at += 16) {
      v128.store(y + at, tanh(f32x4.add(v128.load(x + at), v128.load(bias + at))));
    }
    for (let at = whole; at < row; at += 4) {
      v128.store_lane<f32>(y + at, tanh(f32x4.splat(load<f32>(x + at) + load<f32>(bias + at))), 0);
    }
  }
}

/** The slope along x, upstream times 1 - y^2, and its sum over the rows, which is the slope along the bias. */
export function biasTanhSlope(y: usize, upstream: usize, rows: i32, columns: i32, slope: usize, sums: usize): void {
  const row = (<usize>columns) << 2;
  const whole = row & ~15;
  const one = f32x4.splat(1);
  memory.fill(sums, 0, row);
  for (const end = y + <usize>rows * row; y < end; y += row, upstream += row, slope += row) {
    for (let at: usize = 0; at < whole; at += 16) {
      const value = v128.load(y + at);
      const s = f32x4.mul(v128.load(upstream + at), f32x4.sub(one, f32x4.mul(value, value)));
      v128.store(slope + at, s);
      v128.store(sums + at, f32x4.add(v128.load(sums + at), s));
    }
    for (let at = whole; at < row; at += 4) {
      const value = load<f32>(y + at);
      const s = load<f32>(upstream + at) * (1 - value * value);
      store<f32>(slope + at, s);
      store<f32>(sums + at, load<f32>(sums + at) + s);
    }
  }
}

/** y = x + bias where that is above 0, `below` times it elsewhere; `below` is from 0 to 1. */
export function biasLeakyRelu(x: usize, bias: usize, rows: i32, columns: i32, below: f32, y: usize): void {
  const row = (<usize>columns) << 2;
  const whole = row & ~15;
  const factor = f32x4.splat(below);
  for (const end = x + <usize>rows * row; x < end; x += row, y += row) {
    for (let at: usize = 0; at < whole; at += 16) {
      const sum = f32x4.add(v128.load(x + at), v128.load(bias + at));
      v128.store(y + at, f32x4.pmax(sum, f32x4.mul(sum, factor)));
    }
    for (let at = whole; at < row; at += 4) {
      const sum = load<f32>(x + at) + load<f32>(bias + at);
      store<f32>(y + at, sum < 0 ? sum * below : sum);
    }
  }
}

/** The slope along x of `count` numbers y: the upstream gradient where y is above 0, `below` times it elsewhere. */
export function leakyReluSlope(y: usize, upstream: usize, count: i32, below: f32, slope: usize): void {
  const bytes = (<usize>count) << 2;
  const whole = bytes & ~15;
  const factor = f32x4.splat(below);
  const zero = f32x4.splat(0);
  for (let at: usize = 0; at < whole; at += 16) {
    const up = v128.load(upstream + at);
    v128.store(slope + at, v128.bitselect(up, f32x4.mul(up, factor), f32x4.gt(v128.load(y + at), zero)));
  }
  for (let at = whole; at < bytes; at += 4) {
    const up = load<f32>(upstream + at);
    store<f32>(slope + at, load<f32>(y + at) > 0 ? up : up * below);
  }
}
