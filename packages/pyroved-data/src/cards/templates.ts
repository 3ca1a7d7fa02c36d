/** Custom class images for generated data, from a JSON file or a folder of pictures. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { DataError } from 'pyroved-ts';
import { decodeImages, luminance } from '../images/decode.js';
import { entryAt, isHidden, naturalOrder } from '../images/folder.js';
import { centreSquare, type Plane, resize } from '../images/resize.js';
import type { Templates } from './suits.js';

/**
 * Reads class images, bright shapes on black: from a folder with one picture per class, named after the class; or
 * from a JSON file `{"names": ["clubs", ...], "templates": [[...], ...]}` with one square, row-major list of grey
 * values per class, 0 to 255 or 0 to 1.
 * @throws {DataError} when they cannot be read or are fewer than two.
 * @example
 * const { unlabelled } = cards({ templates: loadTemplates('shapes') });
 */
export function loadTemplates(path: string): Templates {
  const stats = entryAt(path);
  if (!stats) throw new DataError(`There is no file or folder "${path}" to read templates from.`);
  const found = stats.isDirectory() ? fromFolder(path) : fromJson(path);
  if (found.length < 2)
    throw new DataError(`"${path}" holds ${found.length} template(s); at least two classes are needed.`);
  const size = Math.max(...found.map(([, plane]) => plane.width));
  return {
    names: found.map(([name]) => name),
    images: found.map(([, plane]) => resize(plane, size, size).pixels),
    size,
  };
}

/** The templates with `size` pixels to a side. */
export const templatesForSize = (templates: Templates, size: number): Templates => ({
  names: templates.names,
  images: templates.images.map(
    (pixels) => resize({ pixels, height: templates.size, width: templates.size }, size, size).pixels,
  ),
  size,
});

type Named = readonly [name: string, plane: Plane];

function fromFolder(folder: string): Named[] {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !isHidden(entry.name))
    .map((entry) => entry.name)
    .sort(naturalOrder);
  return files.map((file) => {
    try {
      const [image] = decodeImages(readFileSync(join(folder, file)));
      const plane = { pixels: luminance(image), height: image.height, width: image.width };
      return [basename(file, extname(file)), centreSquare(plane)];
    } catch (cause) {
      throw new DataError(`Template "${join(folder, file)}" cannot be read: ${(cause as Error).message}.`, [], {
        cause,
      });
    }
  });
}

function fromJson(path: string): Named[] {
  const expected =
    'Expected {"names": ["clubs", ...], "templates": [[0, 0, 255, ...], ...]} with square, row-major images.';
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new DataError(`"${path}" is not a JSON file (${(cause as Error).message}). ${expected}`, [], { cause });
  }
  const { names, templates, cards } = (content ?? {}) as Record<string, unknown>;
  const images = templates ?? cards;
  if (!isList(names, (n) => typeof n === 'string') || !isList(images, (i) => isList(i, Number.isFinite))) {
    throw new DataError(`"${path}" does not hold templates. ${expected}`);
  }
  if (names.length !== images.length) {
    throw new DataError(`"${path}" has ${names.length} names for ${images.length} templates.`);
  }
  const white = images.some((image) => (image as number[]).some((v) => v > 1)) ? 255 : 1;
  return images.map((image, i): Named => {
    const side = Math.sqrt((image as number[]).length);
    if (!Number.isInteger(side) || side === 0) {
      throw new DataError(
        `Template "${names[i]}" in "${path}" has ${(image as number[]).length} values: not a square image.`,
      );
    }
    const pixels = Float32Array.from(image as number[], (v) => v / white);
    return [names[i] as string, { pixels, height: side, width: side }];
  });
}

const isList = (value: unknown, item: (x: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every(item);
