/** What every reader of instrument formats returns: stacks of images with a pixel size, read window by window. */
import type { PixelSize } from './pixelSize.js';

/** A rectangle of pixels. */
export interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** One array of a file as a stack of images of one size. */
export interface ImageStack {
  /** Name of the array in its file; empty where a file has only one. */
  readonly name: string;
  /** Images of the stack. */
  readonly frames: number;
  /** Channels of each image. */
  readonly channels: number;
  /** One name per channel, where the file gives names. */
  readonly channelNames?: readonly string[];
  /** The channels are red, green and blue, and perhaps alpha. @default false */
  readonly isColour?: boolean;
  /** Pixels. */
  readonly height: number;
  readonly width: number;
  /** The values of black and white, in formats of pictures. @default 0 and unknown */
  readonly black?: number;
  readonly white?: number;
  /** Undefined where neither the file nor the options state one: lengths are then in pixels. */
  readonly pixelSize?: PixelSize;
  /** The values of a window in row-major order. */
  readonly read: (frame: number, channel: number, window: Window) => Float32Array | Promise<Float32Array>;
}

/** An open file. */
export interface ImageFile {
  /** Name of the format, for messages. */
  readonly format: string;
  readonly stacks: readonly ImageStack[];
  readonly close: () => void;
}

/** Shape of a stack, for messages: frames and channels are omitted where there is one. */
export function stackShape({ frames, channels, height, width }: ImageStack): string {
  const sizes = [...(frames > 1 ? [frames] : []), ...(channels > 1 ? [channels] : []), height, width];
  return `[${sizes.join(', ')}]`;
}
