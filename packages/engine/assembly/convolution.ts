/**
 * Convolutions of images that have zeros around them, channels last: what a filter sees of one of its rows is then one run of memory, so that a
 * place is a row of a matrix without having been copied out.
 */
import { addPart, DEPTH, multiplyBlocks, pack, putRow, ROWS } from './multiply';
import { madd } from './simd';

/** Images [batch, height, width, channels] with `top` rows of zeros above and below, and `left` columns on both sides. */
export function padImages(
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  to: usize,
): void {
  const place = (<usize>channels) << 2;
  const row = <usize>width * place;
  const pitch = <usize>(width + 2 * left) * place;
  memory.fill(to, 0, <usize>batch * <usize>(height + 2 * top) * pitch);
  to += <usize>top * pitch + <usize>left * place;
  for (let b = 0; b < batch; b++, to += <usize>(2 * top) * pitch) {
    for (let i = 0; i < height; i++, x += row, to += pitch) memory.copy(to, x, row);
  }
}

/**
 * The filter [height, width, inputs, outputs] in panels of 8 outputs, as `convolve` reads it. `turned`: upside down, its rows backwards, inputs and
 * outputs in each other's place, which is the filter of the gradient to the images.
 */
export function packFilter(
  filter: usize,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  turned: bool,
  to: usize,
): void {
  const places = height * width;
  const block = (<usize>(inputs * outputs)) << 2;
  const row = (<usize>outputs) << 2;
  if (!turned) {
    const depth = places * inputs;
    pack(filter, 4, row, outputs, depth, 8, to, (<usize>depth) << 5);
    return;
  }
  const panel = (<usize>(places * outputs)) << 5;
  filter += <usize>(places - 1) * block;
  for (let k = 0; k < places; k++, filter -= block, to += (<usize>outputs) << 5) {
    pack(filter, row, 4, inputs, outputs, 8, to, panel);
  }
}

/**
 * y [batch, height, width, outputs] from padded images `x` [batch, height + filterHeight - 1, width + filterWidth - 1, inputs] and a packed filter.
 * `tile` has room for 32 floats.
 */
export function convolve(
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  inputs: i32,
  filter: usize,
  filterHeight: i32,
  filterWidth: i32,
  outputs: i32,
  y: usize,
  tile: usize,
): void {
  const place = (<usize>inputs) << 2;
  const pitch = <usize>(width + filterWidth - 1) * place;
  const image = <usize>(height + filterHeight - 1) * pitch;
  const run = <usize>filterWidth * place;
  const panel = (<usize>(filterHeight * filterWidth * inputs)) << 5;
  const yRow = (<usize>outputs) << 2;
  const places = height * width;
  for (let b = 0; b < batch; b++, x += image, y += <usize>places * yRow) {
    let w = filter;
    for (let o = 0; o < outputs; o += 8, w += panel) {
      let j = 0;
      let at = x;
      for (let n = 0; n < places; n += 4) {
        const a0 = at;
        let a1 = at;
        let a2 = at;
        let a3 = at;
        // The next three places, and the one that the next tile begins with; those that the image lacks are the last again.
        for (let k = 1; k <= 4 && n + k < places; k++) {
          at += place;
          if (++j === width) {
            j = 0;
            at += pitch - <usize>width * place;
          }
          if (k === 1) a1 = at;
          if (k <= 2) a2 = at;
          if (k <= 3) a3 = at;
        }
        const rows = min(4, places - n);
        const to = y + <usize>n * yRow + ((<usize>o) << 2);
        if (rows === 4 && o + 8 <= outputs) {
          convolveTile(a0, a1, a2, a3, run, pitch, w, filterHeight, to, yRow);
        } else {
          convolveTile(a0, a1, a2, a3, run, pitch, w, filterHeight, tile, 32);
          addPart(tile, to, rows, min(8, outputs - o), yRow, false);
        }
      }
    }
  }
}

/** 4 places and 8 outputs: `rows` runs of `run` bytes each, from one to the next it is `pitch` bytes. */
function convolveTile(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  run: usize,
  pitch: usize,
  w: usize,
  rows: i32,
  to: usize,
  toRow: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const next = pitch - run;
  for (let u = 0; u < rows; u++, a0 += next, a1 += next, a2 += next, a3 += next) {
    for (const end = a0 + run; a0 < end; a0 += 4, a1 += 4, a2 += 4, a3 += 4, w += 32) {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const x0 = v128.load32_splat(a0);
      c00 = madd(x0, w0, c00);
      c01 = madd(x0, w1, c01);
      const x1 = v128.load32_splat(a1);
      c10 = madd(x1, w0, c10);
      c11 = madd(x1, w1, c11);
      const x2 = v128.load32_splat(a2);
      c20 = madd(x2, w0, c20);
      c21 = madd(x2, w1, c21);
      const x3 = v128.load32_splat(a3);
      c30 = madd(x3, w0, c30);
      c31 = madd(x3, w1, c31);
    }
  }
  putRow(to, c00, c01, false);
  putRow(to + toRow, c10, c11, false);
  putRow(to + 2 * toRow, c20, c21, false);
  putRow(to + 3 * toRow, c30, c31, false);
}

/**
 * The gradient to the filter: the sum over all places of padded images `x` times `dy`, for each offset. Blocks of whole image rows are packed; `scratch` has
 * room for (ROWS + outputs rounded up to 8) times the places of a block (DEPTH, or one row where that is longer), and a tile of 32 floats.
 */
export function filterGradient(
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  inputs: i32,
  dy: usize,
  outputs: i32,
  filterHeight: i32,
  filterWidth: i32,
  gradient: usize,
  scratch: usize,
): void {
  const place = (<usize>inputs) << 2;
  const pitch = <usize>(width + filterWidth - 1) * place;
  const up = (<usize>outputs) << 2;
  const lines = filterWidth * inputs;
  const most = max(1, DEPTH / width);
  const packed = scratch + ((<usize>(most * width * ROWS)) << 2);
  const tile = packed + ((<usize>(most * width) * <usize>((outputs + 7) & ~7)) << 2);
  const rows = batch * height;
  for (let r = 0; r < rows; r += most) {
    const count = min(most, rows - r);
    const depth = count * width;
    pack(dy + <usize>(r * width) * up, 4, up, outputs, depth, 8, packed, (<usize>depth) << 5);
    for (let u = 0; u < filterHeight; u++) {
      for (let first = 0; first < lines; first += ROWS) {
        const used = min(ROWS, lines - first);
        const start = x + <usize>u * pitch + ((<usize>first) << 2);
        for (let k = 0; k < count; k++) {
          const padded = r + k + ((r + k) / height) * (filterHeight - 1);
          const to = scratch + ((<usize>(k * width)) << 4);
          pack(start + <usize>padded * pitch, 4, place, used, width, 4, to, (<usize>depth) << 4);
        }
        const to = gradient + <usize>(u * lines + first) * up;
        multiplyBlocks(scratch, packed, to, used, depth, outputs, up, r > 0, tile);
      }
    }
  }
}
