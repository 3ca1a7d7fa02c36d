/** Reads image files: checks them one by one and against each other, crops and resizes them to one size. */
import { readFile } from 'node:fs/promises';
import { OptionError } from 'pyro-ts';
import { DataError, type FileProblem, type ImageSet, imageSet } from 'pyroved-ts';
import { defined, listProblems } from 'pyroved-ts/internal';
import { limitsFor, type ReadLimits } from 'pyroved-ts/node';
import { type Defaults, LIMIT_DEFAULTS } from '../options.js';
import { type DecodedImage, decodeImages, luminance } from './decode.js';
import { centreSquare, resize } from './resize.js';

/** How image files are read. */
export interface ReadOptions extends ReadLimits {
  /** Height and width in pixels to which images are resized. */
  readonly size: number;
  /** `square` keeps the largest centred square; `none` stretches the whole image to the square. @default square */
  readonly crop?: 'square' | 'none';
  /** 1 converts colour to luminance; 3 keeps colour and repeats grey three times. @default 1 */
  readonly channels?: 1 | 3;
  /** Skip files that cannot be used and list them, or throw. @default skip */
  readonly onBadFile?: 'skip' | 'fail';
  /** Called after each file. */
  readonly onProgress?: (done: number, total: number) => void;
}

export const READ_DEFAULTS = {
  size: undefined,
  crop: 'square',
  channels: 1,
  onBadFile: 'skip',
  onProgress: undefined,
  ...LIMIT_DEFAULTS,
} as const satisfies Defaults<ReadOptions>;

/** An image as read from its file, resized but not yet normalised. */
export interface FoundImage {
  /** Name of the file as the user would write it; pages of a stack are `file#1`, `file#2`, ... */
  readonly name: string;
  /** 0 in a file with one image, else counted from 1. */
  readonly page: number;
  /** Position in the list of files. */
  readonly file: number;
  readonly pixels: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly floating: boolean;
}

/** A file and the name that messages use for it. */
export interface FileToRead {
  readonly path: string;
  readonly name: string;
}

/**
 * A side this many times larger or smaller than the median, or a shape this many times more elongated, is taken for a
 * stray file.
 */
const ODD_SIDE = 4;
const ODD_ASPECT = 2;

/** Reads `files` one after the other; files that cannot be used are added to `problems`. */
export async function* eachImage(
  files: readonly FileToRead[],
  options: ReadOptions,
  problems: FileProblem[],
): AsyncGenerator<FoundImage> {
  checkReadOptions(options);
  limitsFor(0, options);
  for (let i = 0; i < files.length; i++) {
    const { path, name } = files[i];
    let decoded: DecodedImage[] = [];
    try {
      decoded = decodeImages(await readFile(path), options);
    } catch (error) {
      problems.push({ file: name, why: error instanceof Error ? error.message : String(error) });
    }
    for (const [k, image] of decoded.entries()) {
      const page = decoded.length > 1 ? k + 1 : 0;
      const shownName = page > 0 ? `${name}#${page}` : name;
      const why = whyUseless(image);
      if (why) problems.push({ file: shownName, why });
      else yield { ...fitted(image, options), name: shownName, page, file: i };
    }
    options.onProgress?.(i + 1, files.length);
  }
}

/**
 * Reads `files` in order. Files that cannot be used, or are very unlike the others, are listed in `problems`.
 * @throws {DataError} listing them all, when `onBadFile` is `fail` and there are any.
 */
export async function readImageFiles(
  files: readonly FileToRead[],
  options: ReadOptions,
): Promise<{ images: FoundImage[]; problems: FileProblem[] }> {
  const found: FoundImage[] = [];
  const problems: FileProblem[] = [];
  for await (const image of eachImage(files, options, problems)) found.push(image);
  const images = withoutStrays(found, problems);
  rejectProblems(problems, files.length, options);
  return { images, problems };
}

/** @throws {DataError} listing the problems, when there are any and `onBadFile` is `fail`. */
export function rejectProblems(problems: readonly FileProblem[], files: number, { onBadFile }: ReadOptions): void {
  if (onBadFile !== 'fail' || problems.length === 0) return;
  throw new DataError(
    `${problems.length} of ${files} files cannot be used:\n${listProblems(problems)}\n` +
      'Remove or repair them, or skip bad files (onBadFile: "skip").',
    problems,
  );
}

function checkReadOptions({ size, ...options }: ReadOptions): void {
  const { crop, channels, onBadFile } = { ...READ_DEFAULTS, ...defined(options) };
  if (!(Number.isInteger(size) && size >= 8 && size <= 1024)) {
    throw new OptionError(`size is the side of the resized images in pixels, an integer from 8 to 1024; got ${size}.`);
  }
  if (crop !== 'square' && crop !== 'none') throw new OptionError(`crop must be "square" or "none"; got "${crop}".`);
  if (channels !== 1 && channels !== 3) throw new OptionError(`channels must be 1 or 3; got ${channels}.`);
  if (onBadFile !== 'skip' && onBadFile !== 'fail') {
    throw new OptionError(`onBadFile must be "skip" or "fail"; got "${onBadFile}".`);
  }
}

/** Why a decoded image holds no information; undefined where it does. */
function whyUseless(image: DecodedImage): string | undefined {
  const notFinite = nonFinitePixels(image);
  if (notFinite !== undefined) return notFinite;
  const [{ planes }, first] = [image, image.planes[0][0]];
  return planes.every((plane) => plane.every((v) => v === first)) ? 'all its pixels have the same value' : undefined;
}

/** How many pixels are NaN or infinite, and where the first one is; undefined where there is none. */
export function nonFinitePixels({ planes, width }: Pick<DecodedImage, 'planes' | 'width'>): string | undefined {
  let count = 0;
  let first: string | undefined;
  for (const plane of planes) {
    plane.forEach((v, i) => {
      if (Number.isFinite(v)) return;
      count += 1;
      first ??= `${v} in column ${i % width} of row ${Math.floor(i / width)}, counted from 0`;
    });
  }
  return first && `${count} pixel value(s) are NaN or infinite, the first one ${first}`;
}

function fitted(image: DecodedImage, options: ReadOptions) {
  const { size, crop = READ_DEFAULTS.crop, channels = READ_DEFAULTS.channels } = options;
  const { height, width, floating } = image;
  const planes =
    channels === 1 ? [luminance(image)] : image.planes.length === 3 ? image.planes : Array(3).fill(image.planes[0]);
  const pixels = new Float32Array(channels * size * size);
  planes.forEach((plane, c) => {
    const whole = { pixels: plane, height, width };
    pixels.set(resize(crop === 'square' ? centreSquare(whole) : whole, size, size).pixels, c * size * size);
  });
  return { pixels, height, width, floating };
}

/** The images whose size and shape are like the others'; the rest goes to `problems`. */
function withoutStrays(images: readonly FoundImage[], problems: FileProblem[]): FoundImage[] {
  const side = median(images.map((i) => Math.sqrt(i.height * i.width)));
  const aspect = median(images.map((i) => Math.log(i.width / i.height)));
  return images.filter(({ name, height, width }) => {
    const ratio = Math.sqrt(height * width) / side;
    const odd =
      Math.max(ratio, 1 / ratio) > ODD_SIDE
        ? 'a size'
        : Math.abs(Math.log(width / height) - aspect) > Math.log(ODD_ASPECT)
          ? 'a shape'
          : undefined;
    if (odd)
      problems.push({ file: name, why: `${width} x ${height} pixels, ${odd} very different from the other images'` });
    return !odd;
  });
}

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The images as one set, not yet normalised. */
export function assemble(
  images: readonly FoundImage[],
  { size, channels = READ_DEFAULTS.channels }: Pick<ReadOptions, 'size' | 'channels'>,
  labelling: Pick<ImageSet, 'labels' | 'classNames'> = {},
): ImageSet {
  const values = new Float32Array(images.length * channels * size * size);
  images.forEach(({ pixels }, i) => {
    values.set(pixels, i * pixels.length);
  });
  return imageSet({ images: values, shape: [size, size], channels, names: images.map((i) => i.name), ...labelling });
}
