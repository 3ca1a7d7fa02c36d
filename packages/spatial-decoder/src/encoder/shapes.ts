/** The weights of a convolutional encoder and their shapes, for packages that create and initialise them. */
import { describeValue } from '@pyro-ts/engine/internal';
import { SpatialDecoderError } from '../errors.js';
import { type EncoderBlock, mapLength, mapsOf } from './problem.js';

/** Filters 5, 3 and 3 wide with 16, 32 and 64 outputs. */
export const defaultBlocks: readonly EncoderBlock[] = [
  { side: 5, outputs: 16 },
  { side: 3, outputs: 32 },
  { side: 3, outputs: 64 },
];

export const DEFAULT_FEATURES = 128;

export interface ConvEncoderSize {
  /** Height and width of the images. */
  readonly shape: readonly [height: number, width: number];
  /** @default 1 */
  readonly channels?: number;
  /** @default filters 5, 3 and 3 wide with 16, 32 and 64 outputs */
  readonly blocks?: readonly EncoderBlock[];
  /** @default 128 */
  readonly features?: number;
}

export interface ConvEncoderShapes {
  readonly blocks: readonly {
    readonly filter: [side: number, side: number, inputs: number, outputs: number];
    readonly gain: [outputs: number];
    readonly bias: [outputs: number];
  }[];
  readonly dense: { readonly weight: [inputs: number, features: number]; readonly bias: [features: number] };
}

/**
 * The shapes of the weights that `convEncoder` takes for images of a size.
 * @throws {SpatialDecoderError} when a size is not a positive integer, or the side of a filter is even.
 * @example convEncoderShapes({ shape: [28, 28] }).dense.weight // [1024, 128]: maps of 14, 7 and 4
 */
export function convEncoderShapes(size: ConvEncoderSize): ConvEncoderShapes {
  const { shape, channels = 1, blocks = defaultBlocks, features = DEFAULT_FEATURES } = size;
  const positive = (name: string, value: unknown) => {
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return;
    throw new SpatialDecoderError(
      `convEncoderShapes: ${name} must be a positive integer; got ${describeValue(value)}.`,
    );
  };
  positive('shape[0]', shape[0]);
  positive('shape[1]', shape[1]);
  positive('channels', channels);
  positive('features', features);
  if (blocks.length === 0) throw new SpatialDecoderError('convEncoderShapes: blocks is empty; give at least one.');
  blocks.forEach(({ side, outputs }, i) => {
    positive(`blocks[${i}].side`, side);
    positive(`blocks[${i}].outputs`, outputs);
    if (side % 2 === 0) throw new SpatialDecoderError(`convEncoderShapes: blocks[${i}].side must be odd; got ${side}.`);
  });
  const maps = mapsOf({ height: shape[0], width: shape[1], channels, blocks });
  return {
    blocks: blocks.map(({ side, outputs }, i) => ({
      filter: [side, side, maps[i].channels, outputs],
      gain: [outputs],
      bias: [outputs],
    })),
    dense: { weight: [mapLength(maps[maps.length - 1]), features], bias: [features] },
  };
}
