/** Cuts patches of one object each out of a micrograph or one of its tiles. */
import type { FileProblem } from 'pyroved-ts';
import { type Plane, resize } from '../images/resize.js';
import { removeScanLines, withoutBackground } from './background.js';
import type { Segmented } from './objects.js';
import type { ReadMicrograph } from './read.js';

/** A place in pixels of the resampled micrograph, and in those of its file. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly inFile: { readonly x: number; readonly y: number; readonly area: number };
  readonly label?: string;
  /** Degrees counter-clockwise by which the object is rotated; its patch is rotated back. @default 0 */
  readonly angle?: number;
}

/** A patch. */
export interface Cut {
  /** `file@x,y` in whole pixels of the file. */
  readonly name: string;
  readonly place: Place;
  /** Channel by channel. */
  readonly pixels: Float32Array;
}

/** How patches are cut. */
export interface CutOptions {
  /** Side in pixels of the resampled micrograph. */
  readonly patch: number;
  /** Side to which patches are resized. */
  readonly size: number;
  /** Cut patches that reach beyond the micrograph, too. */
  readonly pad: boolean;
  /** The planes are without background, which is 0. */
  readonly flatten: boolean;
  /** Number of the region of each pixel: those of other objects are replaced by background. @default other objects are shown */
  readonly regions?: Int32Array;
}

interface Located {
  readonly x: number;
  readonly y: number;
  readonly area?: number;
  readonly label?: string;
  readonly angle?: number;
}

/**
 * The places of objects that belong to a tile. Pixel centres are at whole numbers, in the file as in the resampled micrograph.
 * @param inTile the objects' coordinates are pixels of the tile, and not of the file
 */
export function placesOf(objects: readonly Located[], part: ReadMicrograph, inTile = false): Place[] {
  const { scale, window, core } = part;
  return objects.flatMap((object): Place[] => {
    const file = inTile
      ? {
          x: (object.x + 0.5) / scale.x - 0.5 + window.left,
          y: (object.y + 0.5) / scale.y - 0.5 + window.top,
          area: (object.area ?? Number.NaN) / (scale.x * scale.y),
        }
      : { x: object.x, y: object.y, area: Number.NaN };
    // The centre of a pixel is half a pixel from its border.
    const isOwn =
      file.x + 0.5 >= core.left &&
      file.y + 0.5 >= core.top &&
      file.x + 0.5 < core.left + core.width &&
      file.y + 0.5 < core.top + core.height;
    if (!isOwn && !(isAtBorder(part) && !inTile)) return [];
    const [x, y] = inTile
      ? [object.x, object.y]
      : [(object.x - window.left + 0.5) * scale.x - 0.5, (object.y - window.top + 0.5) * scale.y - 0.5];
    const { label, angle } = inTile ? { label: undefined, angle: undefined } : object;
    return [{ x, y, inFile: file, ...(label !== undefined && { label }), ...(angle !== undefined && { angle }) }];
  });
}

/** A micrograph that is one tile takes every place, to report those outside it. */
const isAtBorder = ({ window, whole }: ReadMicrograph): boolean =>
  window.height === whole.height && window.width === whole.width;

/** The micrograph with each channel less its background. */
export function flattened(part: ReadMicrograph, { flat, mask, block }: Segmented): ReadMicrograph {
  const { planes } = part;
  const [{ height, width }] = planes;
  if (planes.length === 1) return { ...part, planes: [{ pixels: flat, height, width }] };
  return {
    ...part,
    planes: planes.map((plane) => {
      const pixels = withoutBackground(plane, block, mask);
      removeScanLines(pixels, height, width, mask);
      return { pixels, height, width };
    }),
  };
}

/** The patches around places. Those that reach beyond the micrograph are added to `problems` unless `pad` is set. */
export function cutPatches(
  part: ReadMicrograph,
  places: readonly Place[],
  { patch, size, pad, flatten, regions }: CutOptions,
  problems: FileProblem[],
): Cut[] {
  const { name, planes } = part;
  const [{ height, width }] = planes;
  return places.flatMap((place): Cut[] => {
    // The nearest whole pixels; of two as near the lower ones, so that whole numbers from patch / 2 to width - patch / 2 all fit.
    const left = Math.ceil(place.x - patch / 2);
    const top = Math.ceil(place.y - patch / 2);
    const shownName = `${name}@${Math.round(place.inFile.x)},${Math.round(place.inFile.y)}`;
    const isInside = left >= 0 && top >= 0 && left + patch <= width && top + patch <= height;
    const isSeen = place.x >= -0.5 && place.y >= -0.5 && place.x < width && place.y < height;
    if (!isInside && !(pad && isSeen)) {
      problems.push({
        file: shownName,
        why: isSeen ? 'its patch reaches beyond the micrograph' : 'it is outside the micrograph',
      });
      return [];
    }
    const pixels = new Float32Array(planes.length * size * size);
    const own = regions && isolated({ left, top, patch }, place, regions, { height, width });
    planes.forEach((plane, c) => {
      const cut = () =>
        place.angle
          ? upright(plane, { x: left + (patch - 1) / 2, y: top + (patch - 1) / 2 }, patch, place.angle, flatten)
          : window(plane, left, top, patch, flatten);
      pixels.set(resize(own ? own(plane, cut) : cut(), size, size).pixels, c * size * size);
    });
    return [{ name: shownName, place, pixels }];
  });
}

/**
 * The patches around the objects of a part, one after the other, as they are in the micrograph: labelled objects are not rotated upright.
 * @returns the pixels, and the indices of the objects whose patch could be cut
 */
export function patchesAround(
  part: ReadMicrograph,
  segments: Segmented,
  objects: readonly Located[],
  how: Omit<CutOptions, 'regions'> & { readonly isolate: boolean },
): { readonly pixels: Float32Array; readonly kept: readonly number[] } {
  const micrograph = how.flatten ? flattened(part, segments) : part;
  const cutting = { ...how, ...(how.isolate && { regions: segments.labels }) };
  const cuts = objects.flatMap(({ x, y }, i) =>
    cutPatches(micrograph, placesOf([{ x, y }], micrograph), cutting, []).map(({ pixels }) => ({ i, pixels })),
  );
  const each = part.planes.length * how.size ** 2;
  const pixels = new Float32Array(cuts.length * each);
  cuts.forEach((cut, k) => {
    pixels.set(cut.pixels, k * each);
  });
  return { pixels, kept: cuts.map(({ i }) => i) };
}

/** Pixels as near as this to an object show its blurred border. */
const BORDER = 2;

/**
 * Runs an action on a plane without the other objects in and around a patch: each of their pixels gets the value at the opposite side of the patch if that is background, which has
 * the same noise, else 0.
 */
function isolated(
  { left, top, patch }: { readonly left: number; readonly top: number; readonly patch: number },
  { x, y }: Place,
  regions: Int32Array,
  { height, width }: Pick<Plane, 'height' | 'width'>,
): (<T>(plane: Plane, action: () => T) => T) | undefined {
  const regionAt = (column: number, row: number) =>
    column < 0 || row < 0 || column >= width || row >= height ? 0 : regions[row * width + column];
  const own = regionAt(Math.round(x), Math.round(y));
  if (own === 0) return undefined;
  // A patch that is rotated shows pixels up to its diagonal.
  const reach = Math.ceil(patch * Math.SQRT1_2) + 1;
  const [middleX, middleY] = [left + (patch - 1) / 2, top + (patch - 1) / 2];
  const others: number[] = [];
  const each = (action: (column: number, row: number) => void) => {
    for (let row = Math.max(0, Math.floor(middleY - reach)); row <= Math.min(height - 1, middleY + reach); row++)
      for (let c = Math.max(0, Math.floor(middleX - reach)); c <= Math.min(width - 1, middleX + reach); c++)
        action(c, row);
  };
  const near = (column: number, row: number, is: (region: number) => boolean) => {
    for (let dy = -BORDER; dy <= BORDER; dy++)
      for (let dx = -BORDER; dx <= BORDER; dx++) if (is(regionAt(column + dx, row + dy))) return true;
    return false;
  };
  const isOther = (region: number) => region !== 0 && region !== own;
  const belongsToOther = (column: number, row: number) => {
    const region = regionAt(column, row);
    if (region !== 0) return region !== own;
    return near(column, row, isOther) && !near(column, row, (found) => found === own);
  };
  each((column, row) => {
    if (belongsToOther(column, row)) others.push(row * width + column);
  });
  if (others.length === 0) return undefined;
  const replaced = new Set(others);
  const opposites = others.map((i) => {
    const [column, row] = [Math.round(2 * middleX - (i % width)), Math.round(2 * middleY - Math.floor(i / width))];
    const opposite = row * width + column;
    const isInside = column >= 0 && row >= 0 && column < width && row < height;
    return isInside && !replaced.has(opposite) && !near(column, row, (region) => region !== 0) ? opposite : -1;
  });
  return ({ pixels }, action) => {
    const kept = others.map((i) => pixels[i]);
    others.forEach((i, k) => {
      pixels[i] = opposites[k] < 0 ? 0 : pixels[opposites[k]];
    });
    const result = action();
    others.forEach((i, k) => {
      pixels[i] = kept[k];
    });
    return result;
  };
}

/** A square part of the plane; beyond the border the nearest pixels, or 0 where the background is 0. */
function window(plane: Plane, left: number, top: number, side: number, isFlat: boolean): Plane {
  const pixels = new Float32Array(side * side);
  for (let r = 0; r < side; r++)
    for (let c = 0; c < side; c++) pixels[r * side + c] = at(plane, left + c, top + r, isFlat);
  return { pixels, height: side, width: side };
}

/** A square around `middle` in which an object that is rotated by `degrees` (counter-clockwise) is upright, interpolated linearly. */
function upright(
  plane: Plane,
  middle: { x: number; y: number },
  side: number,
  degrees: number,
  isFlat: boolean,
): Plane {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const pixels = new Float32Array(side * side);
  for (let r = 0; r < side; r++) {
    for (let c = 0; c < side; c++) {
      const [u, v] = [c - (side - 1) / 2, r - (side - 1) / 2];
      // y points down, so that counter-clockwise takes (1, 0) to (cos, -sin).
      const [x, y] = [middle.x + u * cos + v * sin, middle.y - u * sin + v * cos];
      const [x0, y0] = [Math.floor(x), Math.floor(y)];
      const [fx, fy] = [x - x0, y - y0];
      pixels[r * side + c] =
        (1 - fy) * ((1 - fx) * at(plane, x0, y0, isFlat) + fx * at(plane, x0 + 1, y0, isFlat)) +
        fy * ((1 - fx) * at(plane, x0, y0 + 1, isFlat) + fx * at(plane, x0 + 1, y0 + 1, isFlat));
    }
  }
  return { pixels, height: side, width: side };
}

function at({ pixels, height, width }: Plane, x: number, y: number, isFlat: boolean): number {
  if (isFlat && (x < 0 || y < 0 || x >= width || y >= height)) return 0;
  return pixels[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))];
}
