/** One tile: up to TILE pixels of one row through every layer. Its activations lie in quads, in scratch or where the backward pass finds them. */
import {
  ACTIVATION,
  BIAS,
  CHANNELS,
  CODE,
  DIMS,
  FIRST_ACTIVATION,
  GELU,
  GRID,
  KEPT,
  KEPT_BYTES,
  KEPT_UNITS,
  LAYERS,
  PADDED,
  PART_PIXELS,
  PARTS,
  PIXELS,
  POSE,
  TILE,
  WEIGHT,
  WIDEST,
  WIDTH,
} from '../src/wasm/layout';
import { activate } from './activation';
import { address, layer, layerAddress, scratch, word } from './job';
import { multiplyPanel } from './product';
import { madd } from './simd';

/** The unit and the tile that this thread is at. */
export let unit: i32 = 0;
export let row: i32 = 0;
/** First pixel of the tile, its number of pixels, and the bytes of one quad (the pixels rounded up to a multiple of 4). */
export let firstPixel: i32 = 0;
export let pixels: i32 = 0;
export let stride: usize = 0;

/** Pixels of the unit: from `unitFirst` to `unitEnd`. */
export let unitFirst: i32 = 0;
export let unitEnd: i32 = 0;

/** Scratch: pose and code of the row as vectors, two deltas, then activations (and slopes) of each layer. */
function poseAt(d: i32): usize {
  return scratch + ((<usize>(d * layer(0, PADDED))) << 2);
}

export function deltaAt(which: i32): usize {
  return poseAt(word(DIMS) + 1) + <usize>which * deltaBytes();
}

function deltaBytes(): usize {
  return (<usize>(word(WIDEST) * word(TILE))) << 2;
}

/** Where the activations of layer `l` lie. */
export function activationsAt(l: i32): usize {
  if (l > 0 && isKept()) return keptAt(l);
  return deltaAt(2) + <usize>(2 * l) * deltaBytes();
}

/** Where gelu's slopes of layer `l` lie; of no meaning for other activations. */
export function slopesAt(l: i32): usize {
  if (l > 0 && isKept()) return keptAt(l) + <usize>layer(l, PADDED) * (stride >> 2);
  return deltaAt(2) + <usize>(2 * l + 1) * deltaBytes();
}

/** Whether the unit's hidden activations are kept from the forward to the backward pass. */
export function isKept(): bool {
  return unit < word(KEPT_UNITS);
}

function keptAt(l: i32): usize {
  const copies = word(ACTIVATION) === GELU ? 2 : 1;
  let before: i32 = 0;
  let all: i32 = 0;
  for (let k = 1; k <= word(LAYERS); k++) {
    if (k < l) before += layer(k, PADDED) * copies;
    all += layer(k, PADDED) * copies;
  }
  const tile = <usize>(firstPixel - unitFirst) * <usize>all * 4;
  return address(KEPT) + <usize>unit * address(KEPT_BYTES) + tile + <usize>before * (stride >> 2);
}

/** Turns to a unit: its row, its pixels, and the row's pose and code as vectors padded with zeros. */
export function openUnit(index: i32): void {
  unit = index;
  const parts = word(PARTS);
  row = index / parts;
  unitFirst = (index % parts) * word(PART_PIXELS);
  unitEnd = min(unitFirst + word(PART_PIXELS), word(PIXELS));
  firstPixel = unitFirst;
  const dims = word(DIMS);
  const width = layer(0, WIDTH);
  const padded = layer(0, PADDED);
  memory.fill(scratch, 0, (<usize>padded * (dims + 1)) << 2);
  const pose = address(POSE) + ((<usize>(row * width * dims)) << 2);
  for (let d = 0; d < dims; d++) {
    const to = poseAt(d);
    for (let h = 0; h < width; h++) store<f32>(to + (h << 2), load<f32>(pose + ((h * dims + d) << 2)));
  }
  memory.copy(poseAt(dims), address(CODE) + ((<usize>(row * width)) << 2), (<usize>width) << 2);
}

/** Turns to the tile that starts at `first`; returns where the next one starts. */
export function openTile(first: i32): i32 {
  firstPixel = first;
  pixels = min(word(TILE), unitEnd - first);
  stride = (<usize>((pixels + 3) & ~3)) << 4;
  return first + pixels;
}

/** The coordinate layer: act(sum_d pose[h, d] * grid[p, d] + code[h]). Pixels beyond the last repeat it. */
export function coordinateLayer(): void {
  const dims = word(DIMS);
  const kind = word(FIRST_ACTIVATION);
  const step = (<usize>dims) << 2;
  const grid = address(GRID) + <usize>firstPixel * step;
  const end = grid + <usize>pixels * step;
  let z = activationsAt(0);
  let slope = slopesAt(0);
  for (let h = 0; h < layer(0, PADDED); h += 4, z += stride, slope += stride) {
    const code = v128.load(poseAt(dims) + ((<usize>h) << 2));
    const first = v128.load(poseAt(0) + ((<usize>h) << 2));
    let at = z;
    for (let g = grid; g < end; g += step, at += 16) v128.store(at, madd(v128.load32_splat(g), first, code));
    for (let d = 1; d < dims; d++) {
      const along = v128.load(poseAt(d) + ((<usize>h) << 2));
      at = z;
      for (let g = grid + ((<usize>d) << 2); g < end; g += step, at += 16) {
        v128.store(at, madd(v128.load32_splat(g), along, v128.load(at)));
      }
    }
    const last = v128.load(at - 16);
    for (; at < z + stride; at += 16) v128.store(at, last);
    activate(kind, z, slope, stride);
  }
  clearPadding(activationsAt(0), 0);
}

/** Hidden layers 1 to L. */
export function hiddenLayers(): void {
  const kind = word(ACTIVATION);
  for (let l = 1; l <= word(LAYERS); l++) {
    const inputs = layer(l - 1, PADDED);
    const panelBytes = (<usize>inputs) << 5;
    const a = activationsAt(l - 1);
    let panel = layerAddress(l, WEIGHT);
    let bias = layerAddress(l, BIAS);
    let z = activationsAt(l);
    let slope = slopesAt(l);
    const end = z + <usize>(layer(l, PADDED) >> 2) * stride;
    for (; z < end; z += stride << 1, slope += stride << 1, panel += panelBytes, bias += 32) {
      multiplyPanel(a, panel, bias, z, stride, inputs);
      activate(kind, z, slope, stride << 1);
    }
    clearPadding(activationsAt(l), l);
  }
}

/** Sets the lanes beyond the width of layer `l` to zero, whatever the activation made of them. */
export function clearPadding(at: usize, l: i32): void {
  const width = layer(l, WIDTH);
  for (let h = width & ~3; h < layer(l, PADDED); h += 4) {
    const live = width - h;
    const mask = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(live));
    const quad = at + <usize>(h >> 2) * stride;
    for (let p = quad; p < quad + stride; p += 16) v128.store(p, v128.and(v128.load(p), mask));
  }
}

/** The output layer, [pixels, C] floats to `to`. */
export function outputLayer(to: usize): void {
  const channels = word(CHANNELS);
  const l = word(LAYERS);
  const quads = layer(l, PADDED) >> 2;
  const weights = layerAddress(l + 1, WEIGHT);
  const bias = layerAddress(l + 1, BIAS);
  const a = activationsAt(l);
  for (let c = 0; c < channels; c++) {
    const from = weights + ((<usize>(c * quads)) << 4);
    const b = f32x4.splat(load<f32>(bias + ((<usize>c) << 2)));
    for (let p = 0; p < pixels; p += 4) {
      let at = a + ((<usize>p) << 4);
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (let w = from; w < from + ((<usize>quads) << 4); w += 16, at += stride) {
        const x = v128.load(w);
        s0 = madd(v128.load(at), x, s0);
        s1 = madd(v128.load(at, 16), x, s1);
        s2 = madd(v128.load(at, 32), x, s2);
        s3 = madd(v128.load(at, 48), x, s3);
      }
      const y = f32x4.add(b, sumOfEach(s0, s1, s2, s3));
      const out = to + ((<usize>(p * channels + c)) << 2);
      const step = (<usize>channels) << 2;
      const live = pixels - p;
      store<f32>(out, f32x4.extract_lane(y, 0));
      if (live > 1) store<f32>(out + step, f32x4.extract_lane(y, 1));
      if (live > 2) store<f32>(out + 2 * step, f32x4.extract_lane(y, 2));
      if (live > 3) store<f32>(out + 3 * step, f32x4.extract_lane(y, 3));
    }
  }
}

/** The sum of the lanes of each of four vectors. */
function sumOfEach(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 2, 6), v128.shuffle<f32>(a, b, 1, 5, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 2, 6), v128.shuffle<f32>(c, d, 1, 5, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}
