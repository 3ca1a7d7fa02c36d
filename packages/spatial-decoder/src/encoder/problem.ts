/** The sizes of a call of the convolutional encoder, its operands as arrays, and what a kernel that computes it provides. */
import type { Saved } from '../hostKernel.js';

/** One convolution: a filter of side x side, stride 2, `outputs` channels. */
export interface EncoderBlock {
  /** Odd. */
  readonly side: number;
  readonly outputs: number;
}

/** The sizes of one call. */
export interface EncoderProblem {
  /** n: images, or rotated views of images. */
  readonly images: number;
  readonly height: number;
  readonly width: number;
  /** C of the images. */
  readonly channels: number;
  /** At least one. */
  readonly blocks: readonly EncoderBlock[];
  /** F: outputs of the dense layer. */
  readonly features: number;
}

/** A feature map: the input of a block, or the output of the last. */
export interface MapSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The size of the images, then of each block's output. */
export function mapsOf({ height, width, channels, blocks }: Omit<EncoderProblem, 'images' | 'features'>): MapSize[] {
  const maps = [{ height, width, channels }];
  for (const { outputs } of blocks) {
    const before = maps[maps.length - 1];
    maps.push({ height: halfOf(before.height), width: halfOf(before.width), channels: outputs });
  }
  return maps;
}

const halfOf = (size: number): number => Math.ceil(size / 2);

/** Numbers of one map. */
export const mapLength = ({ height, width, channels }: MapSize): number => height * width * channels;

/** Row-major float32 operands. */
export interface EncoderOperands {
  /** [n, H, W, C] */
  readonly images: Float32Array;
  /** Of each block [side, side, in, out]. */
  readonly filters: readonly Float32Array[];
  /** Of each block [out]. */
  readonly gains: readonly Float32Array[];
  /** Of each block [out]. */
  readonly biases: readonly Float32Array[];
  /** [in, F], inputs in the order height, width, channel. */
  readonly dense: Float32Array;
  /** [F] */
  readonly denseBias: Float32Array;
}

/** Gradients of a scalar loss, shaped as the operands they belong to; those of the images only if requested. */
export interface EncoderGradients extends Omit<EncoderOperands, 'images'> {
  readonly images?: Float32Array;
}

/** The convolutional encoder on a kernel. */
export interface EncoderKernel {
  /** Features [n, F], written to `to` if present. `saved` is present if `keep` is true and the budget allows it. */
  forward(
    problem: EncoderProblem,
    operands: EncoderOperands,
    keep: boolean,
    to?: Float32Array,
  ): { output: Float32Array; saved?: Saved };
  /** Gradients for `upstream` [n, F], those of the images if `withImages`. Recomputes the activations if `saved` is absent. */
  backward(
    problem: EncoderProblem,
    operands: EncoderOperands,
    upstream: Float32Array,
    withImages: boolean,
    saved?: Saved,
  ): EncoderGradients;
}

/** Added to the variance of a map before taking the square root. */
export const EPSILON = 1e-5;

/** All sizes of a problem as text, to distinguish problems. */
export const encoderSizes = ({ images, height, width, channels, features, blocks }: EncoderProblem): string =>
  [images, height, width, channels, features, ...blocks.flatMap((b) => [b.side, b.outputs])].join();
