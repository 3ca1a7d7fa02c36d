/** Divides a call of the encoder into pieces of work. They depend on its sizes only, so that the order of every sum is the same for any number of threads. */
import { type EncoderProblem, type MapSize, mapsOf } from '../encoder/problem.js';
import { DENSE_PIECE } from './encoderLayout.js';
import { roundUp } from './plan.js';

/** The input map of a block. Sizes in floats. */
export interface PaddedMap extends MapSize {
  /** Floats of a pixel: the images' channels, else those of the block before rounded up to a multiple of 8. */
  readonly pitch: number;
  /** Zeros on each side. */
  readonly half: number;
  readonly row: number;
  readonly floats: number;
}

export interface BlockPlan {
  readonly side: number;
  readonly run: number;
  readonly turnedRun: number;
  /** [row of the filter][run] */
  readonly taps: number;
  /** Offsets into an image's padded inputs and its maps, and into a chunk's gradients. */
  readonly inputAt: number;
  readonly mapAt: number;
  readonly filterGrad: number;
  readonly gainGrad: number;
  readonly biasGrad: number;
}

export interface EncoderPlan {
  readonly problem: EncoderProblem;
  /** Before each block, then after the last. */
  readonly maps: readonly PaddedMap[];
  readonly blocks: readonly BlockPlan[];
  readonly features: number;
  readonly denseInputs: number;
  readonly inputFloats: number;
  readonly widestMap: number;
  readonly widestPadded: number;
  /** Of one image: its maps, then mean and 1 / deviation of each. */
  readonly imageFloats: number;
  readonly statisticsAt: number;
  readonly sumFloats: number;
  readonly scratchFloats: number;
  readonly group: number;
  readonly chunk: number;
  /** Number of images in memory at a time. */
  readonly batch: number;
}

/** Part of a core's second-level cache that a group of images may use. */
const GROUP_FLOATS = (384 * 1024) / 4;
const CHUNK = 8;
const BATCH_FLOATS = 2 ** 24;
const MOST_IMAGES = 1024;
/** Of the gradients of all chunks together. */
const SUM_FLOATS = 2 ** 24;

export function encoderPlanOf(problem: EncoderProblem): EncoderPlan {
  const { blocks } = problem;
  const maps = mapsOf(problem).map((map, l): PaddedMap => {
    const pitch = l === 0 ? map.channels : roundUp(map.channels, 8);
    const half = l < blocks.length ? (blocks[l].side - 1) / 2 : 0;
    const row = (map.width + 2 * half) * pitch;
    return { ...map, pitch, half, row, floats: roundUp(row * (map.height + 2 * half) + 8, 16) };
  });
  let [inputFloats, mapFloats, sumFloats] = [0, 0, 0];
  let [widestMap, widestPadded] = [0, 0];
  const plans = blocks.map(({ side }, l): BlockPlan => {
    const { pitch } = maps[l + 1];
    const run = side * maps[l].pitch;
    const gainGrad = sumFloats + roundUp(side * run, 4) * pitch;
    const size = roundUp(maps[l + 1].height * maps[l + 1].width * pitch, 16);
    const plan = {
      ...{ side, run, turnedRun: roundUp(run, 8), taps: side * run, inputAt: inputFloats, mapAt: mapFloats },
      ...{ filterGrad: sumFloats, gainGrad, biasGrad: gainGrad + pitch },
    };
    inputFloats += maps[l].floats;
    mapFloats += size;
    sumFloats = gainGrad + 2 * pitch;
    widestMap = Math.max(widestMap, size);
    widestPadded = Math.max(widestPadded, maps[l].floats);
    return plan;
  });
  sumFloats = roundUp(sumFloats, 16);
  const last = maps[blocks.length];
  const denseInputs = last.height * last.width * last.pitch;
  const features = roundUp(problem.features, 8);
  const imageFloats = mapFloats + roundUp(2 * blocks.length, 16);
  const perImage = inputFloats + widestMap + widestPadded;
  const all = imageFloats + 2 * (denseInputs + features) + maps[0].floats;
  const batch = Math.min(MOST_IMAGES, Math.max(CHUNK, CHUNK * Math.floor(BATCH_FLOATS / all / CHUNK)));
  const present = Math.min(batch, problem.images);
  let chunk = CHUNK;
  while (chunk < present && Math.ceil(present / chunk) * sumFloats > SUM_FLOATS) chunk *= 2;
  const most = Math.max(1, Math.min(CHUNK, Math.floor(GROUP_FLOATS / perImage)));
  const group = Math.ceil(CHUNK / Math.ceil(CHUNK / most));
  return {
    ...{ problem, maps, blocks: plans, features, denseInputs, inputFloats, widestMap, widestPadded, imageFloats },
    ...{ statisticsAt: mapFloats, sumFloats, group, chunk, batch },
    scratchFloats: Math.max(group * perImage, inputFloats + imageFloats, present * DENSE_PIECE, 8 * features),
  };
}

/** Floats kept for `images` images: features before and after the dense layer, and maps. */
export const keptFloats = ({ denseInputs, features, imageFloats }: EncoderPlan, images: number): number =>
  images * (denseInputs + features + imageFloats);
