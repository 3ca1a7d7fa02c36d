/** What a run chooses where the labelled images of a class lie in any direction, and where they are upright. */
import { join } from 'node:path';
import { glyphs, loadMicrographs, nanoparticles, simulatedMicrograph } from 'pyroved-data';
import { type RecognitionOptions, uprightFraction } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';
import { directionsLine } from '../../../packages/pyroved/dist/kinds/directions.js';
import { modelConfigFor } from '../../../packages/pyroved/dist/kinds/index.js';
import { remove, temporaryFolder } from '../../e2e/helpers.js';
import { writeMrc } from '../micrographs/mrc.js';

const setsOf = ({ labelled, unlabelled }: ReturnType<typeof glyphs>) => ({
  ...{ labelled, unlabelled, classNames: labelled.classNames ?? [], notes: [], problems: [] },
});
const particles = setsOf(nanoparticles({ size: 24, counts: [17, 17, 17, 17] }));
const letters = setsOf(glyphs({ size: 24, labelledPerClass: 5, unlabelledPerClass: 1, validationPerClass: 1 }));

function chosen(sets: typeof particles, recognition?: RecognitionOptions) {
  const given = recognition ? { recognition } : {};
  const config = modelConfigFor(sets, given, 1);
  if (config.kind !== 'ssiVAE') throw new Error(`a ${config.kind}`);
  return { ...config.recognition, line: directionsLine(config, given) };
}

describe('objects in any direction', () => {
  test('get few views and mirror images, and a line that says so', () => {
    const { views, ranges, line } = chosen(particles);
    expect(views).toBe(3);
    expect(ranges).toEqual({ mirror: true });
    expect(line).toBe(
      'The labelled images of a class have arbitrary orientations: 3 views (change with --views), mirror images included.',
    );
  });

  test('what is given stays', () => {
    const { views, ranges, line } = chosen(particles, { views: 8, ranges: { mirror: false, shift: 0.1 } });
    expect(views).toBe(8);
    expect(ranges).toEqual({ mirror: false, shift: 0.1 });
    expect(line).toBeUndefined();
  });

  test('in a range of angles keep the views that cover it', () => {
    expect(chosen(particles, { ranges: { angle: 1 } })).toEqual({ ranges: { angle: 1 }, line: undefined });
  });
});

test('upright letters keep the defaults', () => {
  expect(chosen(letters)).toEqual({ line: undefined });
});

test('upright objects that look the same at other rotations, too', async () => {
  // Rods and triangles in noise, half of them at one and half at another of the rotations that leave them as they look.
  const { image, objects, classNames } = simulatedMicrograph({ seed: 1, size: 768, objects: 100, touching: 0 });
  const folder = temporaryFolder();
  writeMrc(join(folder, 'a.mrc'), image);
  const centres = objects
    .filter(({ isCut, label }) => !isCut && classNames[label] !== 'drop')
    .map(({ x, y, label, angle }) => ({ x, y, label: classNames[label], angle }));
  const load = (angled: boolean) =>
    loadMicrographs(join(folder, 'a.mrc'), {
      ...{ patch: 44, flatten: true },
      objects: angled ? centres : centres.map(({ angle: _, ...centre }) => centre),
    });
  const [upright, arbitrary] = [(await load(true)).set, (await load(false)).set];
  remove(folder);
  expect(uprightFraction(upright, 2)).toBeGreaterThan(0.7);
  expect(uprightFraction(arbitrary, 2)).toBeLessThan(0.5);
});
