/** Finds the objects in a micrograph: what stands out from the background, one connected region each, with touching ones split. */
import { OptionError } from 'pyro-ts';
import type { Plane } from '../images/resize.js';
import { type Defaults, withDefaults } from '../options.js';
import { blur } from '../simulated/blur.js';
import { backgroundNoise, countBelow, removeScanLines, sampleOf, withoutBackground } from './background.js';
import { fillHoles, labelRegions, type Region, regionsOf } from './regions.js';
import { splitTouching } from './split.js';

/** How `findObjects` finds objects. */
export interface FindOptions {
  /** Side in pixels of the square that holds one object with some of its surroundings. @default chosen from the sizes of the objects */
  readonly patch?: number;
  /** Whether objects are brighter or darker than the background, or either. @default bright or dark, whichever stands out more */
  readonly polarity?: 'bright' | 'dark' | 'either';
  /** Split touching objects where a narrow neck connects them. @default true */
  readonly split?: boolean;
  /** Smallest area of an object in pixels. @default (patch / 10)², or a fifth of the typical area if `patch` is omitted */
  readonly minArea?: number;
  /** Largest area of an object in pixels. @default half the patch, or eight typical areas if `patch` is omitted */
  readonly maxArea?: number;
}

export const FIND_DEFAULTS = {
  patch: undefined,
  polarity: undefined,
  split: true,
  minArea: undefined,
  maxArea: undefined,
} as const satisfies Defaults<FindOptions>;

/** An object that was found. Coordinates are in pixels (x right, y down), the first pixel's centre being at 0. */
export interface FoundObject {
  /** Middle of its pixels. */
  readonly x: number;
  readonly y: number;
  /** Sides of its bounding box. */
  readonly width: number;
  readonly height: number;
  /** Number of its pixels. */
  readonly area: number;
  /** Direction of its long axis in degrees counter-clockwise, above -90 and up to 90. */
  readonly angle: number;
  /** Its patch reaches beyond the border of the micrograph. */
  readonly atEdge: boolean;
  /** Its patch shows the middle of another object. */
  readonly isCrowded: boolean;
}

/** What `findObjects` decided, by the options or from the image. */
export interface FindValues {
  readonly polarity: 'bright' | 'dark' | 'either';
  /** Diameter in pixels of a disc with the area of a typical object. */
  readonly diameter: number;
  /** How far objects stand out from the background at least, on either side. */
  readonly contrast: { readonly bright: number; readonly dark: number };
  /** Smallest and largest area of an object in pixels. */
  readonly minArea: number;
  readonly maxArea: number;
}

/** The objects of a micrograph by rows from the top, and the side of the square that holds one. */
export interface FoundObjects {
  readonly objects: readonly FoundObject[];
  /** Pixels, an even number if it was chosen. */
  readonly patch: number;
  readonly values: FindValues;
}

/** Objects are smoothed over this fraction of their diameter before they are separated from the background. */
const SMOOTHING = 1 / 30;
/** An object stands out by so many standard deviations of the smoothed background. */
const SIGNIFICANT = 5;
/** Regions of fewer pixels are specks of noise. */
const SPECK = 9;
/** A patch is so much wider than most objects are long. */
const ROOM = 1.3;
/** The fraction of objects that fit into a patch. */
const FIT = 0.95;
const SMALLEST_PATCH = 8;

/**
 * Finds the objects in an image. The uneven background and the offsets of scan lines are subtracted, the rest is smoothed a little, and pixels that
 * stand out by more than half of what objects typically do are connected to regions. Regions that a narrow neck divides are split.
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { objects, patch } = findObjects({ pixels, height: 1024, width: 1024 });
 * const whole = objects.filter(({ atEdge, isCrowded }) => !atEdge && !isCrowded);
 */
export function findObjects(image: Plane, options: FindOptions = {}): FoundObjects {
  return segmented(image, options).found;
}

/** The objects of an image, and the image without its background. */
export interface Segmented {
  readonly found: FoundObjects;
  /** The image without its uneven background and the offsets of its scan lines: about 0 where no object is. */
  readonly flat: Float32Array;
  /** 1 where an object is. */
  readonly mask: Uint8Array;
  /** Number of the region of each pixel, with touching objects split; 0 for background. */
  readonly labels: Int32Array;
  /** Side in pixels of the blocks whose medians are the background. */
  readonly block: number;
}

/**
 * `findObjects`, with what it computes on the way.
 * @param known values found in another part of the same micrograph, to use instead of those of this part
 */
export function segmented(image: Plane, options: FindOptions = {}, known?: FindValues): Segmented {
  const { patch, polarity, split, minArea, maxArea } = withDefaults('findObjects', options, FIND_DEFAULTS);
  if (polarity !== undefined && !['bright', 'dark', 'either'].includes(polarity)) {
    throw new OptionError(`polarity must be "bright", "dark" or "either"; got "${polarity}".`);
  }
  if (patch !== undefined && !(patch >= SMALLEST_PATCH)) {
    throw new OptionError(`patch must be a side of at least ${SMALLEST_PATCH} pixels; got ${patch}.`);
  }
  const limits = patch === undefined ? undefined : { least: (patch / 10) ** 2, most: patch ** 2 / 2 };
  const { mask, flat, block, ...separated } = separate(image, { patch, polarity, known });
  const { height, width } = image;
  const labelled = split ? splitTouching(mask, height, width) : labelRegions(mask, height, width);
  const regions = regionsOf(labelled.labels, labelled.count, width).filter(({ area }) => area >= SPECK);
  const typical = typicalArea(regions);
  const least = minArea ?? known?.minArea ?? limits?.least ?? typical / 5;
  const most = maxArea ?? known?.maxArea ?? limits?.most ?? typical * 8;
  const kept = regions.filter(({ area }) => area >= least && area <= most).sort((a, b) => a.y - b.y || a.x - b.x);
  const side = patch ?? patchFor(kept, separated.diameter);
  const objects = described(kept, side, image);
  const found = { objects, patch: side, values: { ...separated, minArea: least, maxArea: most } };
  return { found, flat, mask, labels: labelled.labels, block };
}

interface Separation extends Omit<FindValues, 'minArea' | 'maxArea'> {
  readonly mask: Uint8Array;
  readonly flat: Float32Array;
  readonly block: number;
}

/** Separates objects from the background, several times: once the objects are known, the background is known better. */
function separate(
  image: Plane,
  { patch, polarity, known }: { patch?: number; polarity: FindOptions['polarity']; known?: FindValues },
): Separation {
  const { height, width } = image;
  let diameter = known?.diameter ?? (patch === undefined ? 24 : patch / 2);
  let block = patch === undefined ? Math.max(16, Math.min(height, width) / 8) : 2 * patch;
  if (known) block = Math.max(16, Math.min(block, 6 * diameter));
  let found: Separation | undefined;
  // Where sizes are known, the second pass knows all that a third one would.
  for (let pass = 0; pass < (known ? 2 : 3); pass++) {
    const flat = withoutBackground(image, block, found?.mask);
    if (found) removeScanLines(flat, height, width, found.mask);
    const values = flat.slice();
    blur(values, [height, width], Math.max(0.6, SMOOTHING * diameter));
    const { mask, ...sides } = standingOut(values, known?.polarity ?? polarity, known?.contrast);
    fillHoles(mask, height, width);
    found = { ...sides, mask, flat, block, diameter };
    if (patch !== undefined || known) continue;
    const { labels, count } = labelRegions(mask, height, width);
    const typical = typicalArea(regionsOf(labels, count, width).filter(({ area }) => area >= SPECK));
    if (typical === 0) continue;
    diameter = 2 * Math.sqrt(typical / Math.PI);
    block = Math.max(16, Math.min(block, 6 * diameter));
    found = { ...found, diameter };
  }
  return found as Separation;
}

/** 1 where values stand out from the background on the side of `polarity`. */
function standingOut(
  values: Float32Array,
  polarity: FindOptions['polarity'],
  known?: FindValues['contrast'],
): Pick<Separation, 'mask' | 'polarity' | 'contrast'> {
  const sorted = sampleOf(values).sort();
  const [bright, dark] = ([1, -1] as const).map((sign) =>
    sideOf(sorted, sign, sign === 1 ? known?.bright : known?.dark),
  );
  const chosen = polarity ?? (bright.mass >= dark.mass ? 'bright' : 'dark');
  const mask = new Uint8Array(values.length);
  for (const { sign, threshold } of chosen === 'either' ? [bright, dark] : [chosen === 'bright' ? bright : dark]) {
    for (let i = 0; i < mask.length; i++) if (values[i] * sign > threshold) mask[i] = 1;
  }
  return { mask, polarity: chosen, contrast: { bright: bright.contrast, dark: dark.contrast } };
}

/** The threshold of objects on one side of the background, from an ascending sample, and by how much they stand out in all. */
function sideOf(sorted: Float32Array, sign: 1 | -1, known?: number) {
  const { level, sigma } = backgroundNoise(sorted, sign);
  const base = level * sign;
  const least = base + SIGNIFICANT * sigma;
  const above =
    sign === 1 ? sorted.subarray(countBelow(sorted, least, true)) : sorted.subarray(0, countBelow(sorted, -least));
  const mass = above.reduce((sum, v) => sum + v * sign - least, 0);
  const typical = above.length > 0 ? above[above.length >> 1] * sign : Number.POSITIVE_INFINITY;
  const threshold = Math.max(least, known === undefined ? (base + typical) / 2 : base + known);
  return { sign, mass, threshold, contrast: threshold - base };
}

/** The area of the region in which the middle pixel of all regions lies: specks weigh little. */
function typicalArea(regions: readonly Region[]): number {
  const areas = regions.map(({ area }) => area).sort((a, b) => a - b);
  let left = areas.reduce((sum, area) => sum + area, 0) / 2;
  return (
    areas.find((area) => {
      left -= area;
      return left <= 0;
    }) ?? 0
  );
}

function patchFor(regions: readonly Region[], diameter: number): number {
  const lengths = regions.map(({ reach }) => 2 * reach).sort((a, b) => a - b);
  const long = lengths[Math.floor(FIT * (lengths.length - 1))] ?? diameter;
  return Math.max(SMALLEST_PATCH, 2 * Math.ceil((ROOM * long) / 2));
}

/** The objects of regions, which are ordered by rows from the top. */
function described(regions: readonly Region[], patch: number, image: Plane): FoundObject[] {
  const half = patch / 2;
  const isCrowded = new Uint8Array(regions.length);
  for (let i = 0; i < regions.length; i++) {
    for (let j = i + 1; j < regions.length && regions[j].y - regions[i].y < half; j++) {
      if (Math.abs(regions[j].x - regions[i].x) < half) isCrowded[i] = isCrowded[j] = 1;
    }
  }
  return regions.map(({ x, y, area, angle, left, right, top, bottom }, i) => {
    const atEdge =
      Math.ceil(x - half) < 0 ||
      Math.ceil(y - half) < 0 ||
      Math.ceil(x - half) + patch > image.width ||
      Math.ceil(y - half) + patch > image.height;
    const size = { width: right - left + 1, height: bottom - top + 1 };
    return { x, y, ...size, area, angle, atEdge, isCrowded: isCrowded[i] === 1 };
  });
}
