/** Images through the blocks of the convolutional encoder, forward and back. */
import {
  BLOCKS,
  CHUNK_IMAGES,
  COUNT,
  DENSE_INPUTS,
  FILTER,
  FILTER_GRAD,
  GROUP,
  HALF,
  HEIGHT,
  IMAGE_BYTES,
  IMAGE_GRADS,
  IMAGES,
  INPUT_AT,
  INPUT_BYTES,
  INPUT_GRADS,
  INPUT_ROWS,
  MAP_AT,
  MAPS,
  MAPS_BYTES,
  OUT_HALF,
  OUT_HEIGHT,
  OUT_PADDED_ROW,
  OUT_PITCH,
  OUT_WIDTH,
  PADDED_BYTES,
  PADDED_ROW,
  PITCH,
  PIXEL_OFFSETS,
  PIXELS_UP,
  RUN,
  SIDE,
  STATISTICS,
  TAP_OFFSETS,
  TAPS_UP,
  TURNED,
  TURNED_RUN,
  WIDEST_MAP,
  WIDEST_PADDED,
  WIDTH,
  ZERO_ROW,
} from '../src/wasm/encoderLayout';
import { PARTIAL_FLOATS, PARTIALS } from '../src/wasm/layout';
import { block, blockAddress } from './encoderJob';
import { activateMap, deactivateMap, measure } from './encoderNormalise';
import { addPoints, multiplyFour, spreadFour } from './encoderProducts';
import { address, scratch, stillHere, word } from './job';

/** The images of a chunk through all blocks. */
export function blocksForward(chunk: i32): void {
  const first = chunk * word(CHUNK_IMAGES);
  const end = min(first + word(CHUNK_IMAGES), word(COUNT));
  const last = word(BLOCKS) - 1;
  // The zeros around the maps stay; only what lies between is written.
  memory.fill(scratch, 0, address(INPUT_BYTES));
  for (let image = first; image < end; image++) {
    const maps = address(MAPS) === 0 ? scratch + address(INPUT_BYTES) : mapsOf(image);
    const statistics = maps + address(STATISTICS);
    placeImage(image, scratch + blockAddress(0, INPUT_AT));
    for (let l = 0; l <= last; l++) {
      const z = maps + blockAddress(l, MAP_AT);
      convolve(l, scratch + blockAddress(l, INPUT_AT), z);
      measure(l, z, statistics + (l << 3));
      const out = l === last ? inputRow(INPUT_ROWS, image) : scratch + blockAddress(l + 1, INPUT_AT);
      activateMap(l, z, statistics + (l << 3), middleAfter(l, out));
    }
    stillHere();
  }
}

/** A chunk adds its images, a group at a time, to sums of its own. */
export function blocksBackward(chunk: i32): void {
  const sums = address(PARTIALS) + ((<usize>chunk * address(PARTIAL_FLOATS)) << 2);
  memory.fill(sums, 0, address(PARTIAL_FLOATS) << 2);
  const first = chunk * word(CHUNK_IMAGES);
  const end = min(first + word(CHUNK_IMAGES), word(COUNT));
  for (let image = first; image < end; image += word(GROUP)) {
    groupBackward(image, min(end - image, word(GROUP)), sums);
    stillHere();
  }
}

function groupBackward(first: i32, count: i32, sums: usize): void {
  const last = word(BLOCKS) - 1;
  const deltas = scratch + <usize>count * address(INPUT_BYTES);
  const gradients = deltas + <usize>count * address(WIDEST_MAP);
  memory.fill(scratch, 0, <usize>count * address(INPUT_BYTES));
  for (let i = 0; i < count; i++) {
    const maps = mapsOf(first + i);
    const own = scratch + <usize>i * address(INPUT_BYTES);
    placeImage(first + i, own + blockAddress(0, INPUT_AT));
    for (let l = 0; l < last; l++) {
      const out = middleAfter(l, own + blockAddress(l + 1, INPUT_AT));
      activateMap(l, maps + blockAddress(l, MAP_AT), maps + address(STATISTICS) + (l << 3), out);
    }
  }
  for (let l = last; l >= 0; l--) {
    for (let i = 0; i < count; i++) {
      const maps = mapsOf(first + i);
      const up = l === last ? inputRow(INPUT_GRADS, first + i) : gradients + <usize>i * address(WIDEST_PADDED);
      const delta = deltas + <usize>i * address(WIDEST_MAP);
      const statistics = maps + address(STATISTICS) + (l << 3);
      deactivateMap(l, maps + blockAddress(l, MAP_AT), statistics, middleAfter(l, up), delta, sums);
    }
    filterGradient(l, count, deltas, sums);
    if (l === 0 && word(IMAGE_GRADS) === 0) return;
    for (let i = 0; i < count; i++) {
      const into = gradients + <usize>i * address(WIDEST_PADDED);
      inputGradient(l, deltas + <usize>i * address(WIDEST_MAP), into);
      if (l === 0) takeImage(first + i, into);
    }
  }
}

function mapsOf(image: i32): usize {
  return address(MAPS) + <usize>image * address(MAPS_BYTES);
}

function inputRow(array: i32, image: i32): usize {
  return address(array) + ((<usize>(image * word(DENSE_INPUTS))) << 2);
}

/** First pixel of a padded map that block l's output fills. */
function middleAfter(l: i32, padded: usize): usize {
  const half = <usize>block(l, OUT_HALF);
  return padded + half * blockAddress(l, OUT_PADDED_ROW) + ((half * <usize>block(l, OUT_PITCH)) << 2);
}

function middleOfImage(padded: usize): usize {
  const half = <usize>block(0, HALF);
  return padded + half * blockAddress(0, PADDED_ROW) + ((half * <usize>block(0, PITCH)) << 2);
}

/** Copies an image into the middle of its padded map. */
function placeImage(image: i32, padded: usize): void {
  const row = (<usize>(block(0, WIDTH) * block(0, PITCH))) << 2;
  let from = address(IMAGES) + <usize>image * address(IMAGE_BYTES);
  let to = middleOfImage(padded);
  for (let i = 0; i < block(0, HEIGHT); i++, from += row, to += blockAddress(0, PADDED_ROW)) memory.copy(to, from, row);
}

/** The reverse, for gradients. */
function takeImage(image: i32, padded: usize): void {
  const row = (<usize>(block(0, WIDTH) * block(0, PITCH))) << 2;
  let to = address(IMAGE_GRADS) + <usize>image * address(IMAGE_BYTES);
  let from = middleOfImage(padded);
  for (let i = 0; i < block(0, HEIGHT); i++, to += row, from += blockAddress(0, PADDED_ROW)) memory.copy(to, from, row);
}

/** The convolution of block l on one padded map. */
function convolve(l: i32, padded: usize, z: usize): void {
  const pitch = (<usize>block(l, OUT_PITCH)) << 2;
  const run = (<usize>block(l, RUN)) << 2;
  const side = block(l, SIDE);
  const gap = blockAddress(l, PADDED_ROW) - run;
  const last = <usize>(block(l, OUT_HEIGHT) * block(l, OUT_WIDTH) - 1);
  const panelBytes = (<usize>side * run) << 3;
  const offsets = blockAddress(l, PIXEL_OFFSETS);
  const end = offsets + ((<usize>block(l, PIXELS_UP)) << 2);
  const zeros = address(ZERO_ROW);
  let w = blockAddress(l, FILTER);
  for (let c: usize = 0; c < pitch; c += 32, w += panelBytes) {
    let p: usize = 0;
    for (let at = offsets; at < end; at += 16, p += 4) {
      multiplyFour(
        padded + load<u32>(at),
        padded + load<u32>(at, 4),
        padded + load<u32>(at, 8),
        padded + load<u32>(at, 12),
        run,
        side,
        gap,
        w,
        zeros,
        z + c + p * pitch,
        z + c + min(p + 1, last) * pitch,
        z + c + min(p + 2, last) * pitch,
        z + c + min(p + 3, last) * pitch,
      );
    }
  }
}

/** Bytes of the output's gradients that are summed over at a time: with the inputs beside them they stay in the first-level cache. */
const POINT_BYTES: usize = 16384;

/** Adds the gradient of block l's filter over a group of images: several small maps at a time, or some rows of a large one. */
function filterGradient(l: i32, count: i32, deltas: usize, sums: usize): void {
  const height = block(l, OUT_HEIGHT);
  const rowBytes = (<usize>(block(l, OUT_PITCH) * block(l, OUT_WIDTH))) << 2;
  const rows = max(1, min(height, <i32>(POINT_BYTES / rowBytes)));
  const maps = rows < height ? 1 : max(1, min(count, <i32>(POINT_BYTES / (rowBytes * <usize>height))));
  for (let i = 0; i < count; i += maps) {
    const inputs = scratch + <usize>i * address(INPUT_BYTES) + blockAddress(l, INPUT_AT);
    const own = deltas + <usize>i * address(WIDEST_MAP);
    for (let row = 0; row < height; row += rows) {
      const x = inputs + <usize>(2 * row) * blockAddress(l, PADDED_ROW);
      addFilter(l, x, own + <usize>row * rowBytes, min(rows, height - row), min(maps, count - i), sums);
    }
  }
}

/** Adds the gradient over `height` rows of `count` maps. */
function addFilter(l: i32, inputs: usize, deltas: usize, height: i32, count: i32, sums: usize): void {
  const pitch = (<usize>block(l, OUT_PITCH)) << 2;
  const width = block(l, OUT_WIDTH);
  const step = (<usize>block(l, PITCH)) << 3;
  const rowGap = 2 * blockAddress(l, PADDED_ROW) - <usize>width * step;
  const mapGap = address(INPUT_BYTES) - 2 * blockAddress(l, PADDED_ROW) * <usize>height;
  const deltaGap = address(WIDEST_MAP) - <usize>(width * height) * pitch;
  const taps = blockAddress(l, TAP_OFFSETS);
  const end = taps + ((<usize>block(l, TAPS_UP)) << 2);
  let to = sums + (blockAddress(l, FILTER_GRAD) << 2);
  for (let c: usize = 0; c < pitch; c += 32) {
    for (let tap = taps; tap < end; tap += 16, to += 128) {
      addPoints(
        inputs + load<u32>(tap),
        inputs + load<u32>(tap, 4),
        inputs + load<u32>(tap, 8),
        inputs + load<u32>(tap, 12),
        deltas + c,
        step,
        rowGap,
        mapGap,
        pitch,
        deltaGap,
        width,
        height,
        count,
        to,
        32,
      );
    }
  }
}

/** The gradient of block l's padded input from that of its output. */
function inputGradient(l: i32, delta: usize, into: usize): void {
  const pitch = (<usize>block(l, OUT_PITCH)) << 2;
  const turnedRun = (<usize>block(l, TURNED_RUN)) << 2;
  const pixels = <usize>(block(l, OUT_HEIGHT) * block(l, OUT_WIDTH));
  const offsets = blockAddress(l, PIXEL_OFFSETS);
  const end = offsets + ((<usize>block(l, PIXELS_UP)) << 2);
  const zeros = address(ZERO_ROW);
  let w = blockAddress(l, TURNED);
  memory.fill(into, 0, blockAddress(l, PADDED_BYTES));
  for (let u = 0; u < block(l, SIDE); u++, into += blockAddress(l, PADDED_ROW)) {
    for (let c: usize = 0; c < turnedRun; c += 32, w += pitch << 3) {
      const out = into + c;
      let p: usize = 0;
      for (let at = offsets; at < end; at += 16, p += 4) {
        const d = delta + p * pitch;
        spreadFour(
          d,
          p + 1 < pixels ? d + pitch : zeros,
          p + 2 < pixels ? d + 2 * pitch : zeros,
          p + 3 < pixels ? d + 3 * pitch : zeros,
          pitch,
          w,
          out + load<u32>(at),
          out + load<u32>(at, 4),
          out + load<u32>(at, 8),
          out + load<u32>(at, 12),
        );
      }
    }
  }
}
