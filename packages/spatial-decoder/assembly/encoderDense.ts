/** The dense layer of the convolutional encoder, forward and back. */
import {
  COUNT,
  DENSE,
  DENSE_BIAS,
  DENSE_GRAD,
  DENSE_IMAGES,
  DENSE_INPUTS,
  DENSE_PIECE,
  DENSE_TILE,
  FEATURES,
  INPUT_GRADS,
  INPUT_ROWS,
  OUTPUT_GRADS,
  OUTPUT_ROWS,
  ZERO_ROW,
} from '../src/wasm/encoderLayout';
import { addPoints, multiplyFour } from './encoderProducts';
import { address, scratch, stillHere, word } from './job';

/** relu(inputs weight + bias) of a tile of images. */
export function denseForward(tile: i32): void {
  const count = word(COUNT);
  const inputs = (<usize>word(DENSE_INPUTS)) << 2;
  const features = (<usize>word(FEATURES)) << 2;
  const first = tile * DENSE_TILE;
  const end = min(first + DENSE_TILE, count);
  const x = address(INPUT_ROWS);
  const y = address(OUTPUT_ROWS);
  const last = <usize>(end - 1);
  let w = address(DENSE);
  for (let f: usize = 0; f < features; f += 32, w += inputs << 3) {
    for (let n = <usize>first; n <= last; n += 4) {
      const n1 = min(n + 1, last);
      const n2 = min(n + 2, last);
      const n3 = min(n + 3, last);
      multiplyFour(
        x + n * inputs,
        x + n1 * inputs,
        x + n2 * inputs,
        x + n3 * inputs,
        inputs,
        1,
        0,
        w,
        address(DENSE_BIAS) + f,
        y + n * features + f,
        y + n1 * features + f,
        y + n2 * features + f,
        y + n3 * features + f,
      );
    }
  }
  const zero = f32x4.splat(0);
  for (let at = y + <usize>first * features; at < y + <usize>end * features; at += 16)
    v128.store(at, f32x4.max(v128.load(at), zero));
  stillHere();
}

/** For a piece of the inputs: the gradient of their weights over all images, and their own. */
export function denseBackward(piece: i32): void {
  const count = word(COUNT);
  const features = (<usize>word(FEATURES)) << 2;
  const from = piece * DENSE_PIECE;
  const width = (<usize>min(DENSE_PIECE, word(DENSE_INPUTS) - from)) << 2;
  const inputs = (<usize>word(DENSE_INPUTS)) << 2;
  const delta = address(OUTPUT_GRADS);
  const at = (<usize>from) << 2;
  for (let n: usize = 0; n < <usize>count; n++)
    memory.copy(scratch + n * width, address(INPUT_ROWS) + n * inputs + at, width);
  const sums = address(DENSE_GRAD) + <usize>from * features;
  memory.fill(sums, 0, (width >> 2) * features);
  for (let n = 0; n < count; n += DENSE_IMAGES) {
    const images = min(DENSE_IMAGES, count - n);
    const x = scratch + <usize>n * width;
    const d = delta + <usize>n * features;
    for (let k: usize = 0; k < width; k += 16) {
      for (let f: usize = 0; f < features; f += 32) {
        const a = x + k;
        const to = sums + (k >> 2) * features + f;
        addPoints(a, a + 4, a + 8, a + 12, d + f, width, 0, 0, features, 0, images, 1, 1, to, features);
      }
    }
  }
  stillHere();
  const last = <usize>(count - 1);
  const turned = scratch;
  for (let k: usize = 0; k < width; k += 32) {
    turn(from + <i32>(k >> 2), turned);
    const out = address(INPUT_GRADS) + at + k;
    for (let n: usize = 0; n <= last; n += 4) {
      const n1 = min(n + 1, last);
      const n2 = min(n + 2, last);
      const n3 = min(n + 3, last);
      multiplyFour(
        delta + n * features,
        delta + n1 * features,
        delta + n2 * features,
        delta + n3 * features,
        features,
        1,
        0,
        turned,
        address(ZERO_ROW),
        out + n * inputs,
        out + n1 * inputs,
        out + n2 * inputs,
        out + n3 * inputs,
      );
    }
  }
  stillHere();
}

/** The weights of eight inputs from `first` on, as [FEATURES][8]. */
function turn(first: i32, to: usize): void {
  const inputs = <usize>word(DENSE_INPUTS);
  const features = <usize>word(FEATURES);
  let panel = address(DENSE) + ((<usize>first) << 5);
  for (let f: usize = 0; f < features; f += 8, panel += inputs << 5, to += 256) {
    for (let i: usize = 0; i < 8; i++) {
      for (let j: usize = 0; j < 8; j++) {
        store<f32>(to + ((j * 8 + i) << 2), load<f32>(panel + ((i * 8 + j) << 2)));
      }
    }
  }
}
