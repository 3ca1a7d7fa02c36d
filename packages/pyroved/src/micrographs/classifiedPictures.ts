/** The picture of a micrograph with its classified objects, and their regions. */
import fs from 'node:fs';
import path from 'node:path';
import type { LocatedMicrograph } from 'pyroved-data';
import { explained, writeFileAtomic } from '../storage/index.js';
import { CATEGORY_COLOURS } from '../viz/index.js';
import type { ClassifiedRecord } from './classifiedTable.js';
import { pictureName } from './find.js';
import { overlayPng } from './overlay.js';
import { regionsGeoJson } from './regions.js';

/** Writes the picture and the regions of a micrograph. */
export function writeMicrograph(
  folder: string,
  { name, preview, pixelSize, patch }: LocatedMicrograph,
  {
    objects,
    classNames,
    pictures,
  }: {
    readonly objects: readonly ClassifiedRecord[];
    readonly classNames: readonly string[];
    readonly pictures: boolean;
  },
): void {
  const colours = classNames.map((_, k) => CATEGORY_COLOURS[k % CATEGORY_COLOURS.length]);
  const write = (kind: string, extension: string, content: Uint8Array | string) => {
    const file = path.join(folder, kind, pictureName(name, extension));
    explained(`Could not create ${path.dirname(file)}`, () => fs.mkdirSync(path.dirname(file), { recursive: true }));
    writeFileAtomic(file, content);
  };
  const boxes = objects.map((object) => ({
    ...object,
    // Objects that no region covers have the box of their patch.
    width: object.width ?? patch.width,
    height: object.height ?? patch.height,
  }));
  write(
    'regions',
    'geojson',
    regionsGeoJson(
      name,
      boxes.map((box) => ({
        ...box,
        class: classNames[box.classIndex],
        colour: colours[box.classIndex],
        measurements: {
          probability: box.probabilities[box.classIndex],
          ...(box.angleDegrees !== undefined && { angle: Math.round(10 * box.angleDegrees) / 10 }),
          ...(box.outlierScore !== undefined && { outlier_score: box.outlierScore }),
        },
      })),
    ),
  );
  if (!pictures) return;
  const legend = classNames.map((text, k) => ({
    text: `${objects.filter(({ classIndex }) => classIndex === k).length} ${text}`,
    colour: colours[k],
  }));
  const drawn = boxes.map(({ x, y, width, height, classIndex, angleDegrees }) => ({
    ...{ x, y, width, height, kind: classIndex },
    ...(angleDegrees !== undefined && { angle: angleDegrees }),
  }));
  write('pictures', 'png', overlayPng({ preview, ...(pixelSize && { pixelSize }), objects: drawn, legend }));
}
