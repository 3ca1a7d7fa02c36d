/** Regions with classes in GeoJSON, as QuPath and napari write them. */
import { readFileSync } from 'node:fs';
import { DataError } from 'pyroved-ts';
import { labelIn } from './centres.js';
import type { LabelMark } from './labels.js';

type Ring = readonly (readonly [number, number])[];

/**
 * The labelled regions of a file: polygons and points whose class is `properties.classification.name` (QuPath), or `properties.label`, `class` or `name`.
 * Coordinates are those of QuPath and ImageJ, where the outer corner of the first pixel is at 0. Regions without a class are not used.
 * @param micrograph its name, where `properties.file` does not say it
 * @throws {DataError} when it is no GeoJSON.
 */
export function readRegions(path: string, micrograph?: string): LabelMark[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new DataError(`"${path}" is no GeoJSON: ${(cause as Error).message}.`, [], { cause });
  }
  const features = Array.isArray(content) ? content : isRecord(content) ? (content.features ?? [content]) : [];
  if (!Array.isArray(features)) throw new DataError(`"${path}" is no GeoJSON: its features are no list.`);
  return features.flatMap((feature: unknown, i): LabelMark[] => {
    if (!isRecord(feature) || !isRecord(feature.geometry) || !isRecord(feature.properties)) return [];
    const { geometry, properties } = feature;
    const label = labelIn(classOf(properties));
    if (label === undefined) return [];
    const file = typeof properties.file === 'string' ? properties.file : micrograph;
    const angle = Number(properties.label_angle ?? Number.NaN);
    const about = {
      ...{ label, source: `${path}, region ${i + 1}` },
      ...(file !== undefined && { file }),
      ...(Number.isFinite(angle) && { angle }),
    };
    return marksIn(geometry).map((mark) => ({ ...about, ...mark }));
  });
}

type Json = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function classOf({ classification, label, class: name, name: other }: Json): string | undefined {
  const named = isRecord(classification) ? classification.name : undefined;
  return [named, label, name, other].find((value): value is string => typeof value === 'string');
}

function marksIn({ type, coordinates }: Json): Pick<LabelMark, 'x' | 'y' | 'contains'>[] {
  if (type === 'Point' && isPoint(coordinates)) return [{ x: coordinates[0] - 0.5, y: coordinates[1] - 0.5 }];
  if (type === 'MultiPoint' && Array.isArray(coordinates))
    return coordinates.filter(isPoint).map(([x, y]) => ({ x: x - 0.5, y: y - 0.5 }));
  const polygons: unknown[] =
    type === 'Polygon' ? [coordinates] : type === 'MultiPolygon' && Array.isArray(coordinates) ? coordinates : [];
  return polygons.flatMap((rings) => {
    if (!Array.isArray(rings) || !rings.every(isRing) || rings.length === 0) return [];
    const [outline] = rings;
    const mean = (axis: 0 | 1) => outline.reduce((sum, point) => sum + point[axis], 0) / outline.length - 0.5;
    const [left, right, top, bottom] = boundsOf(outline);
    const contains = (x: number, y: number) =>
      x + 0.5 >= left && x + 0.5 <= right && y + 0.5 >= top && y + 0.5 <= bottom && isWithin(rings, x + 0.5, y + 0.5);
    return [{ x: mean(0), y: mean(1), contains }];
  });
}

const isPoint = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length >= 2 && Number.isFinite(value[0]) && Number.isFinite(value[1]);
const isRing = (value: unknown): value is Ring => Array.isArray(value) && value.length >= 3 && value.every(isPoint);

const boundsOf = (ring: Ring): [left: number, right: number, top: number, bottom: number] =>
  ring.reduce<[number, number, number, number]>(
    ([left, right, top, bottom], [x, y]) => [
      Math.min(left, x),
      Math.max(right, x),
      Math.min(top, y),
      Math.max(bottom, y),
    ],
    [Infinity, -Infinity, Infinity, -Infinity],
  );

/** Whether a point is inside the outline and outside of the holes: a ray crosses the rings an odd number of times. */
function isWithin(rings: readonly Ring[], x: number, y: number): boolean {
  let isInside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [[xi, yi], [xj, yj]] = [ring[i], ring[j]];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) isInside = !isInside;
    }
  }
  return isInside;
}
