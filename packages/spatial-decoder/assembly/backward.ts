/** The gradients of one tile, from the output layer back to the coordinate layer, added to the chunk's and the unit's sums. */
import {
  ACTIVATION,
  BIAS_GRAD,
  CHANNELS,
  DIMS,
  FIRST_ACTIVATION,
  GRID,
  LAYERS,
  PADDED,
  TRANSPOSED,
  WEIGHT,
  WEIGHT_GRAD,
  ZEROS,
} from '../src/wasm/layout';
import { timesSlope } from './activation';
import { address, layer, layerAddress, word } from './job';
import { accumulate, addOuter, multiplyPanel } from './product';
import { madd } from './simd';
import { activationsAt, clearPadding, deltaAt, firstPixel, pixels, slopesAt, stride } from './tile';

/** Backward pass of the open tile: `upstream` is its [pixels, C], `sums` the chunk's weight gradients, `poseGrad` the unit's [d + 1][padded H0]. */
export function backwardTile(upstream: usize, sums: usize, poseGrad: usize): void {
  const last = word(LAYERS);
  let delta = deltaAt(0);
  let spare = deltaAt(1);
  outputBackward(upstream, sums, delta);
  for (let l = last; l > 0; l--) {
    applySlope(delta, l, word(ACTIVATION));
    weightGradients(delta, l, sums);
    const width = layer(l, PADDED);
    const panelBytes = (<usize>width) << 5;
    let panel = layerAddress(l, TRANSPOSED);
    const end = spare + <usize>(layer(l - 1, PADDED) >> 2) * stride;
    for (let z = spare; z < end; z += stride << 1, panel += panelBytes) {
      multiplyPanel(delta, panel, address(ZEROS), z, stride, width);
    }
    const swap = delta;
    delta = spare;
    spare = swap;
  }
  applySlope(delta, 0, word(FIRST_ACTIVATION));
  poseGradients(delta, poseGrad);
}

function applySlope(delta: usize, l: i32, kind: i32): void {
  timesSlope(kind, delta, activationsAt(l), slopesAt(l), <usize>(layer(l, PADDED) >> 2) * stride);
  clearPadding(delta, l);
}

/** The output layer's own gradients, and delta[p, h] = sum_c upstream[p, c] * weight[h, c]; zero for pixels beyond the last. */
function outputBackward(upstream: usize, sums: usize, delta: usize): void {
  const channels = word(CHANNELS);
  const l = word(LAYERS);
  const padded = layer(l, PADDED);
  const step = (<usize>channels) << 2;
  const end = upstream + <usize>pixels * step;
  const weights = layerAddress(l + 1, WEIGHT);
  const gradients = sums + (layerAddress(l + 1, WEIGHT_GRAD) << 2);
  const biasGradients = sums + (layerAddress(l + 1, BIAS_GRAD) << 2);
  memory.fill(delta, 0, <usize>(padded >> 2) * stride);
  for (let c = 0; c < channels; c++) {
    const first = upstream + ((<usize>c) << 2);
    let total: f32 = 0;
    for (let u = first; u < end; u += step) total += load<f32>(u);
    const biasAt = biasGradients + ((<usize>c) << 2);
    store<f32>(biasAt, load<f32>(biasAt) + total);
    let a = activationsAt(l);
    let d = delta;
    for (let h = 0; h < padded; h += 8, a += stride << 1, d += stride << 1) {
      const at = (<usize>(c * padded + h)) << 2;
      const w0 = v128.load(weights + at);
      const w1 = v128.load(weights + at, 16);
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let offset: usize = 0;
      for (let u = first; u < end; u += step, offset += 16) {
        const y = v128.load32_splat(u);
        s0 = madd(v128.load(a + offset), y, s0);
        s1 = madd(v128.load(a + offset + stride), y, s1);
        v128.store(d + offset, madd(y, w0, v128.load(d + offset)));
        v128.store(d + offset + stride, madd(y, w1, v128.load(d + offset + stride)));
      }
      accumulate(gradients + at, s0);
      accumulate(gradients + at + 16, s1);
    }
  }
}

/** Adds the gradients of the weight and the bias of hidden layer `l`. */
function weightGradients(delta: usize, l: i32, sums: usize): void {
  const inputs = layer(l - 1, PADDED);
  const a = activationsAt(l - 1);
  let block = sums + (layerAddress(l, WEIGHT_GRAD) << 2);
  let bias = sums + (layerAddress(l, BIAS_GRAD) << 2);
  const end = delta + <usize>(layer(l, PADDED) >> 2) * stride;
  const run = (<usize>pixels) << 4;
  for (let d = delta; d < end; d += stride << 1, bias += 32) {
    const lastQuad = a + <usize>(inputs >> 2) * stride;
    for (let quad = a; quad < lastQuad; quad += stride, block += 128) addOuter(quad, d, block, stride, pixels);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    for (let p = d; p < d + run; p += 16) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p + stride));
    }
    accumulate(bias, s0);
    accumulate(bias + 16, s1);
  }
}

/** Adds the gradients of the row's pose, sum_p delta[p, h] * grid[p, d], and of its code, sum_p delta[p, h]. */
function poseGradients(delta: usize, poseGrad: usize): void {
  const dims = word(DIMS);
  const step = (<usize>dims) << 2;
  const grid = address(GRID) + <usize>firstPixel * step;
  const row = (<usize>layer(0, PADDED)) << 2;
  const run = (<usize>pixels) << 4;
  for (let at = poseGrad; at < poseGrad + row; at += 16, delta += stride) {
    let code = f32x4.splat(0);
    for (let p = delta; p < delta + run; p += 16) code = f32x4.add(code, v128.load(p));
    accumulate(at + <usize>dims * row, code);
    for (let d = 0; d < dims; d++) {
      let pose = f32x4.splat(0);
      let g = grid + ((<usize>d) << 2);
      for (let p = delta; p < delta + run; p += 16, g += step) pose = madd(v128.load(p), v128.load32_splat(g), pose);
      accumulate(at + <usize>d * row, pose);
    }
  }
}
