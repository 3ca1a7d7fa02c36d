/**
 * Divides a call into pieces of work. They depend on the sizes of the problem only, so that the order of every sum is the same for any number
 * of threads.
 */
import type { Problem } from '../hostKernel.js';
import { LAYER_TABLE, LAYER_WORDS } from './layout.js';

/** Offsets in floats of one layer's gradients within a chunk. */
interface GradOffsets {
  readonly weight: number;
  readonly bias: number;
}

export interface Plan {
  readonly problem: Problem;
  /** Each width rounded up to a multiple of 8. */
  readonly padded: readonly number[];
  readonly widest: number;
  readonly parts: number;
  readonly partPixels: number;
  readonly tile: number;
  readonly units: number;
  readonly chunks: number;
  /** Gradients of the hidden layers in order, then of the output layer. */
  readonly grads: readonly GradOffsets[];
  readonly partialFloats: number;
  /** Bytes of one unit's activations, if kept. */
  readonly keptBytes: number;
  /** Bytes of working memory for one thread. */
  readonly scratchBytes: number;
  readonly jobWords: number;
}

const MAX_CHUNKS = 64;
const MIN_CHUNKS = 8;
/** Minimum number of pixels of a chunk with its own gradients. */
const CHUNK_PIXELS = 1024;
const PARTIAL_BYTES = 64 * 2 ** 20;
/** Floats of one layer's activations in a tile: with the layers above and below and the weights they stay in a core's second-level cache. */
const TILE_FLOATS = 8192;

export const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

export function planOf(problem: Problem): Plan {
  const { rows, pixels, dims, channels, widths } = problem;
  const padded = widths.map((w) => roundUp(w, 8));
  const widest = Math.max(...padded);
  const tile = Math.min(192, Math.max(16, roundUp(TILE_FLOATS / widest, 4)));
  const wanted = Math.min(MAX_CHUNKS, Math.ceil((rows * pixels) / CHUNK_PIXELS));
  const partPixels = partSize(pixels, Math.ceil(wanted / rows), tile);
  const parts = Math.ceil(pixels / partPixels);
  const units = rows * parts;

  const grads: GradOffsets[] = [];
  let at = 0;
  const place = (weight: number, bias: number) => {
    grads.push({ weight: at, bias: at + weight });
    at += weight + roundUp(bias, 8);
  };
  for (let l = 1; l < padded.length; l++) place(padded[l - 1] * padded[l], padded[l]);
  place(padded[padded.length - 1] * channels, channels);

  const affordable = Math.max(MIN_CHUNKS, Math.floor(PARTIAL_BYTES / (4 * at)));
  const copies = problem.activation === 'gelu' ? 2 : 1;
  const hidden = padded.slice(1).reduce((sum, w) => sum + w, 0);
  return {
    ...{ problem, padded, widest, parts, partPixels, tile: Math.min(tile, evenTile(partPixels, tile)), units, grads },
    chunks: Math.min(units, wanted, affordable),
    partialFloats: at,
    keptBytes: 4 * roundUp(partPixels, 4) * hidden * copies,
    scratchBytes: roundUp(4 * ((dims + 1) * padded[0] + (2 + 2 * padded.length) * widest * tile), 64),
    jobWords: LAYER_TABLE + LAYER_WORDS * (widths.length + 1),
  };
}

/** Pixels of a part if each row is divided into about `parts`: a multiple of 4, and at least a tile unless the row is smaller. */
const partSize = (pixels: number, parts: number, tile: number): number =>
  Math.max(Math.min(roundUp(pixels, 4), tile), roundUp(pixels / parts, 4));

/** The tile size that divides a part into nearly equal tiles. */
const evenTile = (pixels: number, tile: number): number => roundUp(pixels / Math.ceil(pixels / tile), 4);
