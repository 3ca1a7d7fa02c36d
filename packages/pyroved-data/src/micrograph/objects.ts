/** Finds the objects in a large micrograph: what stands out from its surroundings, one connected region each. */
import { OptionError } from 'pyro-ts';
import { type Plane, resize } from '../images/resize.js';
import type { Defaults } from '../options.js';
import { connectedRegions, gaussianBlur, otsuThreshold } from './regions.js';

/** How `findObjects` finds objects. */
export interface FindOptions {
  /** Side in pixels of the square that holds one object with some of its surroundings. */
  readonly patch: number;
  /** Whether objects are brighter or darker than the background. @default the side that covers less */
  readonly polarity?: 'bright' | 'dark';
  /** Regions of fewer pixels are noise. @default (patch / 10)² */
  readonly minArea?: number;
  /** Regions of more pixels are not single objects. @default half the patch */
  readonly maxArea?: number;
}

export const FIND_DEFAULTS = {
  patch: undefined,
  polarity: undefined,
  minArea: undefined,
  maxArea: undefined,
} as const satisfies Defaults<FindOptions>;

/** A region that was found. Coordinates are in pixels (x right, y down), the first pixel's centre being at 0. */
export interface FoundObject {
  readonly x: number;
  readonly y: number;
  /** Pixels. */
  readonly area: number;
}

/** Noise is smoothed over this share of a patch. */
const SMOOTHING = 1 / 48;

/**
 * The objects in an image by rows from the top. The uneven background (the median of blocks of two patches) is taken
 * off, the rest is smoothed and split by Otsu's threshold, and connected regions of a plausible size are kept; objects
 * that touch count as one. Of a darker and a brighter side, the one that covers less is taken for the objects unless
 * `polarity` says otherwise.
 * @throws {OptionError} for a polarity that does not exist.
 * @example
 * const places = findObjects({ pixels, height: 512, width: 512 }, { patch: 32 });
 */
export function findObjects(image: Plane, { patch, polarity, ...options }: FindOptions): FoundObject[] {
  if (polarity !== undefined && polarity !== 'bright' && polarity !== 'dark') {
    throw new OptionError(`polarity must be "bright" or "dark"; got "${polarity}".`);
  }
  const { minArea = (patch / 10) ** 2, maxArea = patch ** 2 / 2 } = options;
  const { height, width } = image;
  const values = toBytes(withoutBackground(image, 2 * patch));
  const smooth = gaussianBlur({ values, height, width }, Math.max(0.5, patch * SMOOTHING)).values;
  const threshold = otsuThreshold(smooth);
  const brighter = smooth.reduce((count, value) => count + (value > threshold ? 1 : 0), 0);
  const bright = polarity === undefined ? brighter <= smooth.length / 2 : polarity === 'bright';
  const mask = smooth.map((value) => (value > threshold === bright ? 1 : 0));
  return connectedRegions(mask, height, width)
    .filter(({ area }) => area >= minArea && area <= maxArea)
    .sort((a, b) => a.y - b.y || a.x - b.x);
}

/** The image less its background: the medians of square blocks, interpolated. */
function withoutBackground(image: Plane, block: number): Float32Array {
  const rows = Math.max(1, Math.round(image.height / block));
  const columns = Math.max(1, Math.round(image.width / block));
  const medians = new Float32Array(rows * columns);
  for (let b = 0; b < medians.length; b++) {
    const [r, c] = [Math.floor(b / columns), b % columns];
    const values: number[] = [];
    const bottom = Math.floor(((r + 1) * image.height) / rows);
    const right = Math.floor(((c + 1) * image.width) / columns);
    for (let y = Math.floor((r * image.height) / rows); y < bottom; y++) {
      for (let x = Math.floor((c * image.width) / columns); x < right; x++)
        values.push(image.pixels[y * image.width + x]);
    }
    medians[b] = Float32Array.from(values).sort()[values.length >> 1];
  }
  const background = resize({ pixels: medians, height: rows, width: columns }, image.height, image.width).pixels;
  return image.pixels.map((v, i) => v - background[i]);
}

/** Values stretched to 0..255, a thousandth at either end aside. */
function toBytes(values: Float32Array): Uint8Array {
  const sorted = Float32Array.from(values).sort();
  const low = sorted[Math.floor(0.001 * (sorted.length - 1))];
  const high = sorted[Math.ceil(0.999 * (sorted.length - 1))];
  const scale = high > low ? 255 / (high - low) : 0;
  return Uint8Array.from(values, (v) => Math.round(Math.min(255, Math.max(0, (v - low) * scale))));
}
