/** What a thread does: claim units (forward), chunks of units (backward) or slices (reduce) until none is left. */
import {
  CHUNK_IMAGES,
  COUNT,
  DENSE_INPUTS,
  DENSE_PIECE,
  DENSE_TILE,
  ENCODER_BLOCKS,
  ENCODER_BLOCKS_BACK,
  ENCODER_DENSE,
  ENCODER_DENSE_BACK,
} from '../src/wasm/encoderLayout';
import {
  BACKWARD,
  CHANNELS,
  CHUNKS,
  DIMS,
  FORWARD,
  NEXT,
  OUTPUT,
  PADDED,
  PARTIAL_FLOATS,
  PARTIALS,
  PIXELS,
  POSE_GRAD,
  REDUCE,
  SLICE,
  UNITS,
  UPSTREAM,
} from '../src/wasm/layout';
import {
  PIECE_ROWS,
  ROWS,
  TEMPLATE_BACK,
  TEMPLATE_DRAW,
  TEMPLATE_EQUATIONS,
  TEMPLATE_ERRORS,
} from '../src/wasm/templateLayout';
import { backwardTile } from './backward';
import { blocksBackward, blocksForward } from './encoder';
import { denseBackward, denseForward } from './encoderDense';
import { address, claim, layer, open, stillHere, word } from './job';
import { accumulate } from './product';
import { drawBackwardRows } from './templateBackward';
import { drawRows, normalEquationRows, squaredErrorRows } from './templates';
import {
  coordinateLayer,
  firstPixel,
  hiddenLayers,
  isKept,
  openTile,
  openUnit,
  outputLayer,
  row,
  unit,
  unitEnd,
} from './tile';

/** Works on the current job as thread number `thread` (0 is the main thread) until nothing is left to claim. */
export function run(kind: i32, thread: i32): void {
  open(thread);
  if (kind === FORWARD) {
    for (let u = claim(NEXT); u < word(UNITS); u = claim(NEXT)) forwardUnit(u);
  } else if (kind === BACKWARD) {
    for (let c = claim(NEXT); c < word(CHUNKS); c = claim(NEXT)) backwardChunk(c);
  } else if (kind === REDUCE) {
    const slices = (word(PARTIAL_FLOATS) + SLICE - 1) / SLICE;
    for (let s = claim(NEXT); s < slices; s = claim(NEXT)) reduceSlice(s);
  } else if (kind < TEMPLATE_DRAW) runEncoder(kind);
  else runTemplates(kind);
}

/** The kinds of work of the convolutional encoder. */
function runEncoder(kind: i32): void {
  if (kind === ENCODER_BLOCKS) {
    const chunks = parts(word(COUNT), word(CHUNK_IMAGES));
    for (let c = claim(NEXT); c < chunks; c = claim(NEXT)) blocksForward(c);
  } else if (kind === ENCODER_DENSE) {
    const tiles = parts(word(COUNT), DENSE_TILE);
    for (let t = claim(NEXT); t < tiles; t = claim(NEXT)) denseForward(t);
  } else if (kind === ENCODER_DENSE_BACK) {
    const pieces = parts(word(DENSE_INPUTS), DENSE_PIECE);
    for (let p = claim(NEXT); p < pieces; p = claim(NEXT)) denseBackward(p);
  } else if (kind === ENCODER_BLOCKS_BACK) {
    const chunks = parts(word(COUNT), word(CHUNK_IMAGES));
    for (let c = claim(NEXT); c < chunks; c = claim(NEXT)) blocksBackward(c);
  }
}

/** The kinds of work of deformable templates, in pieces of rows. */
function runTemplates(kind: i32): void {
  const pieces = parts(word(ROWS), word(PIECE_ROWS));
  for (let p = claim(NEXT); p < pieces; p = claim(NEXT)) {
    if (kind === TEMPLATE_DRAW) drawRows(p);
    else if (kind === TEMPLATE_ERRORS) squaredErrorRows(p);
    else if (kind === TEMPLATE_EQUATIONS) normalEquationRows(p);
    else if (kind === TEMPLATE_BACK) drawBackwardRows(p);
  }
}

function parts(all: i32, part: i32): i32 {
  return (all + part - 1) / part;
}

function forwardUnit(index: i32): void {
  openUnit(index);
  let next = firstPixel;
  while (next < unitEnd) {
    next = openTile(next);
    coordinateLayer();
    hiddenLayers();
    outputLayer(pixelAt(OUTPUT));
    stillHere();
  }
}

/** A chunk adds its units in order to sums of its own, so that the result does not depend on which thread took it. */
function backwardChunk(chunk: i32): void {
  const units = word(UNITS);
  const chunks = word(CHUNKS);
  const sums = address(PARTIALS) + ((<usize>chunk * address(PARTIAL_FLOATS)) << 2);
  memory.fill(sums, 0, address(PARTIAL_FLOATS) << 2);
  const end = boundary(chunk + 1, units, chunks);
  for (let u = boundary(chunk, units, chunks); u < end; u++) backwardUnit(u, sums);
}

/** First unit of a chunk, for chunks of nearly equal size. */
function boundary(chunk: i32, units: i32, chunks: i32): i32 {
  return <i32>((<i64>chunk * <i64>units) / <i64>chunks);
}

function backwardUnit(index: i32, sums: usize): void {
  openUnit(index);
  const poseBytes = (<usize>((word(DIMS) + 1) * layer(0, PADDED))) << 2;
  const poseGrad = address(POSE_GRAD) + <usize>unit * poseBytes;
  memory.fill(poseGrad, 0, poseBytes);
  let next = firstPixel;
  while (next < unitEnd) {
    next = openTile(next);
    coordinateLayer();
    if (!isKept()) hiddenLayers();
    backwardTile(pixelAt(UPSTREAM), sums, poseGrad);
    stillHere();
  }
}

/** Where the open tile begins in an array [R, P, C]. */
function pixelAt(array: i32): usize {
  return address(array) + ((<usize>((row * word(PIXELS) + firstPixel) * word(CHANNELS))) << 2);
}

/** Adds a slice of the sums of all chunks to those of the first, in the order of the chunks. */
function reduceSlice(slice: i32): void {
  const size = address(PARTIAL_FLOATS) << 2;
  const first = address(PARTIALS);
  const from = <usize>slice * (SLICE << 2);
  const to = min(from + (SLICE << 2), size);
  for (let c = 1; c < word(CHUNKS); c++) {
    const sums = first + <usize>c * size;
    for (let at = from; at < to; at += 16) accumulate(first + at, v128.load(sums + at));
  }
  stillHere();
}
