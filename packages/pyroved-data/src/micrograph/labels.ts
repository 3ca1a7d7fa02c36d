/** Labels of objects that exist already: tables, folders per class, regions (GeoJSON), and images of labels. */
import { basename, join } from 'node:path';
import { DataError } from 'pyroved-ts';
import { entryAt, listFiles } from '../images/folder.js';
import { type Centre, readCentres } from './centres.js';
import { readRegions } from './geoJson.js';
import { readLabelImage } from './labelImage.js';

/** A label at a place: of the object that is nearest, or of the objects within an area. */
export interface LabelMark {
  readonly label: string;
  /** In pixels, the first pixel's centre being at 0. */
  readonly x: number;
  readonly y: number;
  /** The micrograph; undefined where a source does not say. */
  readonly file?: string;
  /** Degrees counter-clockwise from the upright pose of the class. */
  readonly angle?: number;
  /** Where it comes from, for messages. */
  readonly source: string;
  /** Whether a place is in the area of the label; undefined for a point. */
  readonly contains?: (x: number, y: number) => boolean;
}

/**
 * Reads labels from a source:
 * - a table with the columns x, y and label, and optionally file and label_angle;
 * - a GeoJSON file of regions, as QuPath and napari write them, or a folder of them named like the micrographs;
 * - a folder with one folder per class of images named `micrograph@x,y.png`;
 * - an image whose values are classes (0: none), named like its micrograph, or a folder of them.
 * @throws {DataError} when the source cannot be read or has no labels.
 */
export function readLabelMarks(path: string): LabelMark[] {
  const stats = entryAt(path);
  if (!stats) throw new DataError(`There are no labels "${path}".`);
  const marks = stats.isDirectory()
    ? listFiles(path).flatMap((name) => marksOfFile(path, name))
    : marksOfFile(path, undefined);
  if (marks.length === 0)
    throw new DataError(
      `"${path}" has no labels. Expected a table with x, y and label; GeoJSON regions with a class; images named "micrograph@x,y.png" in a folder per class; or an image whose values are classes.`,
    );
  return marks;
}

/** The marks of one file: at `path`, or with this name in the folder `path`, where it is named like its micrograph. */
function marksOfFile(path: string, name: string | undefined): LabelMark[] {
  const file = name === undefined ? path : join(path, name);
  const micrograph = name === undefined ? undefined : name.replace(/\.(geojson|json|png|tiff?|bmp)$/i, '');
  if (/\.(geojson|json)$/i.test(file)) return readRegions(file, micrograph);
  const place = /^(?:.*\/)?([^/]+)\/([^/]+@-?\d+,-?\d+)\.[a-z]+$/i.exec(name ?? '');
  if (place) return [markOfName(place[1], place[2], file)];
  if (/\.(png|tiff?|bmp)$/i.test(file)) return readLabelImage(file, micrograph ?? stem(file));
  if (/\.(csv|tsv|txt)$/i.test(file)) return tableMarks(readCentres(file));
  return [];
}

const stem = (file: string): string => basename(file).replace(/\.[a-z]+$/i, '');

const tableMarks = (centres: readonly Centre[]): LabelMark[] =>
  centres.flatMap(({ label, source = 'a table', ...place }) =>
    label === undefined ? [] : [{ ...place, label, source }],
  );

/** `rod/a.tif@120,85.png`: the object of class "rod" at 120, 85 in a.tif. */
function markOfName(label: string, name: string, source: string): LabelMark {
  const [file, place] = [name.slice(0, name.lastIndexOf('@')), name.slice(name.lastIndexOf('@') + 1)];
  const [x, y] = place.split(',').map(Number);
  return { label, x, y, file, source };
}

/** A place that may get a label. */
interface Labelled {
  readonly x: number;
  readonly y: number;
  readonly label?: string;
  readonly angle?: number;
  readonly source?: string;
}

/**
 * Gives objects of one micrograph the labels of the marks of that micrograph. A point labels the nearest object within `near` pixels.
 * @param used receives the marks that label an object
 * @throws {DataError} when an object has two different labels, naming both sources.
 */
export function withLabels<T extends Labelled>(
  objects: readonly T[],
  marks: readonly LabelMark[],
  { near, name, used }: { readonly near: number; readonly name: string; readonly used: Set<LabelMark> },
): T[] {
  const labelled = [...objects];
  const conflicts: string[] = [];
  for (const mark of marks) {
    for (const i of labelledBy(mark, objects, near)) {
      used.add(mark);
      const { label, source = 'the table of objects', x, y } = labelled[i];
      if (label !== undefined && label !== mark.label)
        conflicts.push(
          `${name} at ${Math.round(x)}, ${Math.round(y)}: "${label}" (${source}), but "${mark.label}" (${mark.source})`,
        );
      const angle = mark.angle ?? labelled[i].angle;
      labelled[i] = { ...labelled[i], label: mark.label, source: mark.source, ...(angle !== undefined && { angle }) };
    }
  }
  if (conflicts.length === 0) return labelled;
  const shown = conflicts.slice(0, 10).join('\n  ');
  throw new DataError(
    `${conflicts.length} object(s) have two different labels:\n  ${shown}${conflicts.length > 10 ? `\n  and ${conflicts.length - 10} more` : ''}\nKeep one of the two.`,
  );
}

/** Indices of the objects that a mark labels. */
function labelledBy(mark: LabelMark, objects: readonly Labelled[], near: number): number[] {
  const { contains } = mark;
  if (contains) return objects.flatMap(({ x, y }, i) => (contains(x, y) ? [i] : []));
  const distances = objects.map(({ x, y }) => Math.hypot(x - mark.x, y - mark.y));
  const nearest = distances.reduce((best, distance, i) => (distance < distances[best] ? i : best), 0);
  return distances[nearest] <= near ? [nearest] : [];
}

/** The marks of a micrograph: those that name it, with or without frame and extension, and those that name none. */
export function marksOf(marks: readonly LabelMark[], name: string): LabelMark[] {
  const file = name.replace(/#\d+$/, '');
  const names = new Set([name, file, basename(file), file.replace(/\.[^./]+$/, ''), stem(file)]);
  return marks.filter((mark) => mark.file === undefined || names.has(mark.file));
}
