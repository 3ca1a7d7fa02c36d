/** The images of an archive, whatever its format. */
import type { ReadLimits } from 'pyroved-ts/node';

export interface ArchiveOptions extends ReadLimits {
  /** Name of the array in a file that has several. @default the only one */
  readonly dataset?: string;
  /** Shape of the model's images: images are resized to a square, and must have any other shape. */
  readonly shape: readonly number[];
  /** Channels of the model. */
  readonly channels: number;
  /** As in `ReadOptions`, for listed files. @default square */
  readonly crop?: 'square' | 'none';
}

/** An image of an archive. */
export interface ArchivedImage {
  /** Index of its entry in the archive. */
  readonly entry: number;
  /** File, with page or item, e.g. `scan.npy[17]`. */
  readonly name: string;
  /** Its values, channel by channel, not normalised; absent if it cannot be used. */
  readonly pixels?: Float32Array;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** An open archive. */
export interface ImageArchive {
  /** Number of entries: images of an array or a stack, or listed files, each of which may have several images. */
  readonly count: number;
  /** The images of the entries from `start` to before `end`. */
  read(start: number, end: number): Promise<ArchivedImage[]>;
  close(): void;
}

/** An image with its values, or with the reason why it cannot be used. */
export function checkedImage(entry: number, name: string, pixels: Float32Array): ArchivedImage {
  if (!pixels.every(Number.isFinite)) return { entry, name, problem: 'some of its values are NaN or infinite' };
  if (pixels.every((v) => v === pixels[0])) return { entry, name, problem: 'all its values are the same' };
  return { entry, name, pixels };
}

/** The side to which square images are resized. */
export const sideOf = ({ shape }: Pick<ArchiveOptions, 'shape'>): number | undefined =>
  shape.length === 2 && shape[0] === shape[1] ? shape[0] : undefined;
