/**
 * Draws the pictures of docs/guides/generated-data.md: samples of each generated source, and of each field condition.
 *   node docs/guides/generated-data.mjs [FOLDER]
 * writes PNG files to FOLDER, docs/pictures by default.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { cards, digits, glyphs, nanoparticles } from 'pyroved-data';
import { imageAt } from 'pyroved-ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = process.argv[2] ?? join(root, 'docs', 'pictures');
const GAP = 2;

/** Rows of images as one picture, each pixel `zoom` pixels wide. Values from the least to the greatest of an image become black to white. */
function write(name, rows, side, zoom = 2) {
  const [width, height] = [Math.max(...rows.map((row) => row.length)), rows.length].map((n) => n * (side + GAP) + GAP);
  const data = new Uint8Array(width * height * zoom * zoom).fill(160);
  rows.forEach((row, r) => {
    row.forEach((image, c) => {
      const [low, high] = [Math.min(0, ...image), Math.max(1, ...image)];
      const [left, top] = [GAP + c * (side + GAP), GAP + r * (side + GAP)].map((n) => n * zoom);
      for (let y = 0; y < side * zoom; y++) {
        for (let x = 0; x < side * zoom; x++) {
          const value = image[Math.floor(y / zoom) * side + Math.floor(x / zoom)];
          data[(top + y) * width * zoom + left + x] = Math.round((255 * (value - low)) / (high - low));
        }
      }
    });
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${name}.png`),
    encode({ width: width * zoom, height: height * zoom, channels: 1, depth: 8, data }),
  );
}

/** The first images of each class: `each` of every class, in the order of the classes. */
function firsts(set, each) {
  const perClass = set.count / set.classNames.length;
  return set.classNames.flatMap((_, k) => Array.from({ length: each }, (_, i) => imageAt(set, k * perClass + i)));
}

const few = { labelledPerClass: 4, unlabelledPerClass: 1, validationPerClass: 4 };
const field = { noise: 0.1, background: 0.4, contrast: 0.4, blur: 1.2, clutter: 0.7 };

/** Labelled images, validation images, and the same validation images with field conditions. */
function source(name, make, each, side) {
  const { labelled, validation } = make({});
  write(
    `generated-${name}`,
    [firsts(labelled, each), firsts(validation, each), firsts(make(field).validation, each)],
    side,
  );
}

source('cards', (more) => cards({ ...few, angle: 180, axes: 'both', ...more }), 3, 48);
source('glyphs', (more) => glyphs({ ...few, ...more }), 1, 40);
source('digits', (more) => digits({ ...few, angle: 45, ...more }), 1, 28);
source(
  'particles',
  (more) => nanoparticles({ labelledPerClass: 4, validationPerClass: 4, ...more, noise: 0.05 }),
  3,
  48,
);

const conditions = [{}, { noise: 0.2 }, { background: 0.5 }, { contrast: 0.6 }, { blur: 2 }, { clutter: 1.5 }, field];
write(
  'field-conditions',
  conditions.map((condition) => firsts(glyphs({ ...few, ...condition }).validation, 1)),
  40,
);
