/** What follows a convolution: the map normalised by its mean and variance, a gain and a bias per channel, ReLU; and the way back. */
import {
  BIAS_OF_MAP,
  BIAS_OF_MAP_GRAD,
  GAIN,
  GAIN_GRAD,
  LIVE,
  NUMBERS,
  OUT_HEIGHT,
  OUT_PADDED_ROW,
  OUT_PITCH,
  OUT_WIDTH,
} from '../src/wasm/encoderLayout';
import { block, blockAddress } from './encoderJob';
import { accumulate } from './product';
import { madd } from './simd';

function total(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** Writes mean and 1 / deviation of `z`, the map after block l. */
export function measure(l: i32, z: usize, statistics: usize): void {
  const pitch = (<usize>block(l, OUT_PITCH)) << 2;
  const size = <usize>(block(l, OUT_HEIGHT) * block(l, OUT_WIDTH)) * pitch;
  const count = <f32>block(l, NUMBERS);
  let even = f32x4.splat(0);
  let odd = even;
  // The pitch is a multiple of 8.
  for (let at: usize = 0; at < size; at += 32) {
    even = f32x4.add(even, v128.load(z + at));
    odd = f32x4.add(odd, v128.load(z + at, 16));
  }
  const mean = total(f32x4.add(even, odd)) / count;
  const centre = f32x4.splat(mean);
  const live = blockAddress(l, LIVE);
  let squares: f32 = 0;
  for (let c: usize = 0; c < pitch; c += 32) {
    const liveEven = v128.load(live + c);
    const liveOdd = v128.load(live + c, 16);
    even = f32x4.splat(0);
    odd = even;
    for (let at = c; at < size; at += pitch) {
      const x = f32x4.mul(f32x4.sub(v128.load(z + at), centre), liveEven);
      const y = f32x4.mul(f32x4.sub(v128.load(z + at, 16), centre), liveOdd);
      even = madd(x, x, even);
      odd = madd(y, y, odd);
    }
    squares += total(f32x4.add(even, odd));
  }
  store<f32>(statistics, mean);
  store<f32>(statistics, 1 / sqrt<f32>(squares / count + 1e-5), 4);
}

/** relu(gain (z - mean) / deviation + bias); `out` is the first pixel, its rows OUT_PADDED_ROW bytes apart. */
export function activateMap(l: i32, z: usize, statistics: usize, out: usize): void {
  const pitch = (<usize>block(l, OUT_PITCH)) << 2;
  const row = pitch * <usize>block(l, OUT_WIDTH);
  const height = block(l, OUT_HEIGHT);
  const outRow = <usize>block(l, OUT_PADDED_ROW);
  const gain = blockAddress(l, GAIN);
  const bias = blockAddress(l, BIAS_OF_MAP);
  const centre = v128.load32_splat(statistics);
  const rate = v128.load32_splat(statistics, 4);
  const zero = f32x4.splat(0);
  for (let c: usize = 0; c < pitch; c += 16) {
    const scale = f32x4.mul(v128.load(gain + c), rate);
    const offset = v128.load(bias + c);
    let from = z + c;
    let to = out + c;
    for (let i = 0; i < height; i++, to += outRow - row) {
      for (const end = from + row; from < end; from += pitch, to += pitch) {
        v128.store(to, f32x4.max(madd(f32x4.sub(v128.load(from), centre), scale, offset), zero));
      }
    }
  }
}

/** From the gradient of what activateMap wrote to that of `z`, at `delta` [pixels][OUT_PITCH]; adds those of gain and bias to `sums`. */
export function deactivateMap(l: i32, z: usize, statistics: usize, upstream: usize, delta: usize, sums: usize): void {
  const pitch = (<usize>block(l, OUT_PITCH)) << 2;
  const row = pitch * <usize>block(l, OUT_WIDTH);
  const height = block(l, OUT_HEIGHT);
  const upRow = <usize>block(l, OUT_PADDED_ROW);
  const gainAt = blockAddress(l, GAIN);
  const biasAt = blockAddress(l, BIAS_OF_MAP);
  const gainSums = sums + (blockAddress(l, GAIN_GRAD) << 2);
  const biasSums = sums + (blockAddress(l, BIAS_OF_MAP_GRAD) << 2);
  const centre = v128.load32_splat(statistics);
  const rate = v128.load32_splat(statistics, 4);
  const zero = f32x4.splat(0);
  // Of gain * the gradient of the normalised map: its sum, and that of its product with the map.
  let plain: f32 = 0;
  let along: f32 = 0;
  for (let c: usize = 0; c < pitch; c += 16) {
    const gain = v128.load(gainAt + c);
    const bias = v128.load(biasAt + c);
    let biases = zero;
    let gains = zero;
    let from = z + c;
    let to = delta + c;
    let up = upstream + c;
    for (let i = 0; i < height; i++, up += upRow - row) {
      for (const end = from + row; from < end; from += pitch, to += pitch, up += pitch) {
        const x = f32x4.mul(f32x4.sub(v128.load(from), centre), rate);
        const y = madd(x, gain, bias);
        // A NaN is not below zero, so that it meets the sums.
        const d = v128.andnot(f32x4.add(v128.load(up), nanOf(y)), f32x4.le(y, zero));
        biases = f32x4.add(biases, d);
        gains = madd(d, x, gains);
        v128.store(to, f32x4.mul(d, gain));
      }
    }
    accumulate(biasSums + c, biases);
    accumulate(gainSums + c, gains);
    plain += total(f32x4.mul(biases, gain));
    along += total(f32x4.mul(gains, gain));
  }
  const count = <f32>block(l, NUMBERS);
  const shift = f32x4.splat(plain / count);
  const slope = f32x4.splat(along / count);
  const live = blockAddress(l, LIVE);
  const size = row * <usize>height;
  for (let c: usize = 0; c < pitch; c += 16) {
    const scale = f32x4.mul(rate, v128.load(live + c));
    for (let at = c; at < size; at += pitch) {
      const x = f32x4.mul(f32x4.sub(v128.load(z + at), centre), rate);
      const centred = f32x4.sub(f32x4.sub(v128.load(delta + at), shift), f32x4.mul(x, slope));
      v128.store(delta + at, f32x4.mul(centred, scale));
    }
  }
}

/** 0, or NaN where `y` is NaN or infinite. */
function nanOf(y: v128): v128 {
  return f32x4.sub(y, y);
}
