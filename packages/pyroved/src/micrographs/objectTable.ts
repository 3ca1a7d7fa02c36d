/** The table of objects: positions and sizes in pixels of the file, and in units of length where pixel sizes are known. */
import type { LocatedObject, PixelSize } from 'pyroved-data';
import { pixelRatio } from 'pyroved-data/internal';
import type { Cell, Column } from './tableFile.js';

/** An object as it is stored, with numbers that are not known as null. */
export interface ObjectRecord {
  readonly x: number;
  readonly y: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly area: number | null;
  readonly angle: number | null;
  readonly atEdge: boolean;
  readonly isCrowded: boolean;
  readonly label?: string;
  readonly labelAngle?: number;
}

export function recordOf({ width, height, area, angle, ...rest }: LocatedObject): ObjectRecord {
  const known = (value: number) => (Number.isFinite(value) ? value : null);
  const { x, y, atEdge, isCrowded, label, labelAngle } = rest;
  return {
    ...{ x, y, width: known(width), height: known(height), area: known(area), angle: known(angle), atEdge, isCrowded },
    ...(label !== undefined && { label }),
    ...(labelAngle !== undefined && { labelAngle }),
  };
}

/** The unit of a table's lengths. */
export interface Lengths {
  readonly unit: string;
  /** Units per pixel along x and y; NaN for a size in other units, or for none. */
  readonly perPixel: (size: PixelSize | undefined) => { readonly x: number; readonly y: number };
}

export const lengthsIn = (unit: string): Lengths => ({
  unit,
  perPixel: (size) => (size ? pixelRatio(size, { x: 1, y: 1, unit }) : { x: Number.NaN, y: Number.NaN }),
});

/** Columns in pixels, and the same in units, named e.g. `x_nm` and `area_nm2`. */
export function objectColumns(lengths: Lengths | undefined): Column[] {
  const inPixels: Column[] = [
    { name: 'file', type: 'text' },
    ...['x', 'y', 'width', 'height', 'area', 'angle'].map((name): Column => ({ name, type: 'number', decimals: 1 })),
    { name: 'at_edge', type: 'truth' },
    { name: 'crowded', type: 'truth' },
    { name: 'label', type: 'text' },
    { name: 'label_angle', type: 'number' },
  ];
  return [...inPixels, ...(lengths ? unitColumns(lengths) : [])];
}

export function unitColumns({ unit }: Lengths): Column[] {
  const suffix = unit.replace('/', 'per_');
  return [
    ...['x', 'y', 'width', 'height'].map((name): Column => ({ name: `${name}_${suffix}`, type: 'number' })),
    { name: `area_${suffix}2`, type: 'number' },
  ];
}

export function objectCells(
  file: string,
  object: ObjectRecord,
  lengths: Lengths | undefined,
  size: PixelSize | undefined,
): Cell[] {
  const { x, y, width, height, area, angle, atEdge, isCrowded, label = null, labelAngle = null } = object;
  return [
    ...[file, x, y, width, height, area, angle, atEdge, isCrowded, label, labelAngle],
    ...(lengths ? unitCells(object, lengths, size) : []),
  ];
}

/** The lengths of an object in units. A position is measured from the outer corner of the first pixel. */
export function unitCells(
  { x, y, width, height, area }: Pick<ObjectRecord, 'x' | 'y' | 'width' | 'height' | 'area'>,
  { perPixel }: Lengths,
  size: PixelSize | undefined,
): Cell[] {
  const per = perPixel(size);
  const times = (value: number | null, factor: number) => (value === null ? null : value * factor);
  return [
    ...[(x + 0.5) * per.x, (y + 0.5) * per.y],
    ...[times(width, per.x), times(height, per.y), times(area, per.x * per.y)],
  ];
}
