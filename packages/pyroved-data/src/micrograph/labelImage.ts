/** Images of labels: each value is a class, 0 is none. */
import { readFileSync } from 'node:fs';
import { DataError } from 'pyroved-ts';
import { type DecodedImage, decodeImages } from '../images/decode.js';
import type { LabelMark } from './labels.js';
import { labelRegions, regionsOf } from './regions.js';

/** Images with more values than this number their objects. */
const MOST_CLASSES = 64;

/**
 * One mark per connected region of each value but 0, named by the value.
 * @param micrograph the micrograph that the image is of
 * @throws {DataError} when it is no image, or has too many values to be classes.
 */
export function readLabelImage(path: string, micrograph: string): LabelMark[] {
  const { height, width, ...image } = decoded(path);
  const values = wholeValues(image);
  const classes = [...new Set(values)].filter((v) => v > 0).sort((a, b) => a - b);
  if (classes.length > MOST_CLASSES)
    throw new DataError(
      `${path} has ${classes.length} different values. In an image of labels each value is a class; this seems to number the objects. Use a table, or regions.`,
    );
  /** Number of the region of each pixel, over all classes. */
  const regions = new Int32Array(values.length);
  let before = 0;
  return classes.flatMap((value) => {
    const { labels, count } = labelRegions(
      Uint8Array.from(values, (v) => (v === value ? 1 : 0)),
      height,
      width,
    );
    const first = before + 1;
    before += count;
    for (let i = 0; i < labels.length; i++) if (labels[i] > 0) regions[i] = first - 1 + labels[i];
    return regionsOf(labels, count, width).map(
      ({ x, y }, k): LabelMark => ({
        ...{ label: String(value), x, y, file: micrograph, source: `${path}, value ${value}` },
        contains: (px, py) => {
          const [column, row] = [Math.round(px), Math.round(py)];
          const isInside = column >= 0 && row >= 0 && column < width && row < height;
          return isInside && regions[row * width + column] === first + k;
        },
      }),
    );
  });
}

function decoded(path: string): DecodedImage {
  try {
    return decodeImages(readFileSync(path))[0];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`Could not read the image of labels ${path}: ${why}.`, [{ file: path, why }], { cause });
  }
}

/** The values of the pixels. Whole-number formats are decoded as fractions of white, which is 255 or 65,535. */
function wholeValues({ planes: [values], floating }: Pick<DecodedImage, 'planes' | 'floating'>): Int32Array {
  const isEightBit = values.every((v) => Math.abs(v * 255 - Math.round(v * 255)) < 1e-3);
  const white = floating ? 1 : isEightBit ? 255 : 65_535;
  return Int32Array.from(values, (v) => Math.round(v * white));
}
