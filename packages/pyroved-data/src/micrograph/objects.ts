/** Finds the objects in a micrograph: what stands out from the background, one connected region each, with touching ones split. */
import { OptionError } from 'pyro-ts';
import type { Plane } from '../images/resize.js';
import { type Defaults, withDefaults } from '../options.js';
import { blur } from '../simulated/blur.js';
import { backgroundNoise, median, removeScanLines, sampleOf, withoutBackground } from './background.js';
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

/** The objects of a micrograph by rows from the top, and the side of the square that holds one. */
export interface FoundObjects {
  readonly objects: readonly FoundObject[];
  /** Pixels, an even number if it was chosen. */
  readonly patch: number;
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
  const { patch, polarity, split, minArea, maxArea } = withDefaults('findObjects', options, FIND_DEFAULTS);
  if (polarity !== undefined && !['bright', 'dark', 'either'].includes(polarity)) {
    throw new OptionError(`polarity must be "bright", "dark" or "either"; got "${polarity}".`);
  }
  if (patch !== undefined && !(patch >= SMALLEST_PATCH)) {
    throw new OptionError(`patch must be a side of at least ${SMALLEST_PATCH} pixels; got ${patch}.`);
  }
  const limits = patch === undefined ? undefined : { least: (patch / 10) ** 2, most: patch ** 2 / 2 };
  const { mask, diameter } = objectMask(image, patch, polarity);
  const { height, width } = image;
  const labelled = split ? splitTouching(mask, height, width) : labelRegions(mask, height, width);
  const regions = regionsOf(labelled.labels, labelled.count, width).filter(({ area }) => area >= SPECK);
  const typical = typicalArea(regions);
  const least = minArea ?? limits?.least ?? typical / 5;
  const most = maxArea ?? limits?.most ?? typical * 8;
  const kept = regions.filter(({ area }) => area >= least && area <= most).sort((a, b) => a.y - b.y || a.x - b.x);
  const side = patch ?? patchFor(kept, diameter);
  return { objects: kept.map((region) => described(region, kept, side, image)), patch: side };
}

/** 1 where an object is, and the typical diameter of objects. Found twice: once the objects are known, the background is known better. */
function objectMask(image: Plane, patch: number | undefined, polarity: FindOptions['polarity']) {
  const { height, width } = image;
  let block = patch === undefined ? Math.max(16, Math.min(height, width) / 8) : 2 * patch;
  let diameter = patch === undefined ? 24 : patch / 2;
  let mask: Uint8Array | undefined;
  for (let pass = 0; pass < 3; pass++) {
    const values = withoutBackground(image, block, mask);
    if (mask) removeScanLines(values, height, width, mask);
    blur(values, [height, width], Math.max(0.6, SMOOTHING * diameter));
    mask = standingOut(values, polarity);
    fillHoles(mask, height, width);
    const { labels, count } = labelRegions(mask, height, width);
    const typical = typicalArea(regionsOf(labels, count, width).filter(({ area }) => area >= SPECK));
    if (patch === undefined && typical > 0) {
      diameter = 2 * Math.sqrt(typical / Math.PI);
      block = Math.max(16, Math.min(block, 6 * diameter));
    }
  }
  return { mask: mask ?? new Uint8Array(height * width), diameter };
}

/** 1 where values stand out from the background on the side of `polarity`. */
function standingOut(values: Float32Array, polarity: FindOptions['polarity']): Uint8Array {
  const sides = ([1, -1] as const).map((sign) => sideOf(values, sign));
  const [bright, dark] = sides;
  const chosen =
    polarity === 'either'
      ? sides
      : [polarity === 'bright' || (polarity === undefined && bright.mass >= dark.mass) ? bright : dark];
  const mask = new Uint8Array(values.length);
  for (const { sign, threshold } of chosen) {
    for (let i = 0; i < mask.length; i++) if (values[i] * sign > threshold) mask[i] = 1;
  }
  return mask;
}

/** The threshold of objects on one side of the background, and by how much they stand out in all. */
function sideOf(values: Float32Array, sign: 1 | -1) {
  const { level, sigma } = backgroundNoise(values, sign);
  const least = level * sign + SIGNIFICANT * sigma;
  const above = sampleOf(values).filter((v) => v * sign > least);
  const mass = above.reduce((sum, v) => sum + v * sign - least, 0);
  const typical = above.length > 0 ? median(above) * sign : Number.POSITIVE_INFINITY;
  return { sign, mass, threshold: Math.max(least, (level * sign + typical) / 2) };
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

function described(region: Region, all: readonly Region[], patch: number, image: Plane): FoundObject {
  const { x, y, area, angle, left, right, top, bottom } = region;
  const half = patch / 2;
  const isCrowded = all.some(
    (other) => other !== region && Math.max(Math.abs(other.x - x), Math.abs(other.y - y)) < half,
  );
  const atEdge =
    Math.ceil(x - half) < 0 ||
    Math.ceil(y - half) < 0 ||
    Math.ceil(x - half) + patch > image.width ||
    Math.ceil(y - half) + patch > image.height;
  return { x, y, width: right - left + 1, height: bottom - top + 1, area, angle, atEdge, isCrowded };
}
