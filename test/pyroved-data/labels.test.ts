/** Labels of objects from tables, regions, folders and images, and labels that contradict each other. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { loadMicrographs } from 'pyroved-data';
import { DataError, imageAt } from 'pyroved-ts';
import { afterAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'labels-'));
const at = (...path: string[]) => join(root, ...path);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SIDE = 128;
const DISCS = [
  [30, 30],
  [90, 32],
  [34, 92],
  [88, 96],
] as const;
const grey = (value: (x: number, y: number) => number): Uint8Array =>
  encode({
    ...{ width: SIDE, height: SIDE, channels: 1, depth: 8 },
    data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => value(i % SIDE, Math.floor(i / SIDE))),
  });
const isDisc = (k: number, x: number, y: number) => Math.hypot(x - DISCS[k][0], y - DISCS[k][1]) < 8;
const image = grey((x, y) => (DISCS.some((_, k) => isDisc(k, x, y)) ? 200 : 40) + ((x * 7 + y * 13) % 5));
writeFileSync(at('a.png'), image);
const write = (name: string, content: string | Uint8Array) => {
  mkdirSync(join(root, name, '..'), { recursive: true });
  writeFileSync(at(name), content);
  return at(name);
};

/** Labels of the objects in the order of `DISCS`. */
async function labelsWith(labels: string | readonly string[], objects?: string) {
  const { set, problems } = await loadMicrographs(at('a.png'), { patch: 28, labels, ...(objects && { objects }) });
  const found = DISCS.map(([x, y]) => {
    const i = Array.from({ length: set.count }, (_, k) => k).find(
      (k) => Math.hypot((set.factors?.x[k] ?? 0) - x, (set.factors?.y[k] ?? 0) - y) < 3,
    );
    return set.classNames?.[set.labels?.[i ?? -1] ?? -1];
  });
  return { found, problems };
}

const polygon = (k: number) => {
  const [x, y] = [DISCS[k][0] + 0.5, DISCS[k][1] + 0.5];
  const ring = [
    [-10, -10],
    [10, -10],
    [10, 10],
    [-10, 10],
    [-10, -10],
  ].map(([u, v]) => [x + u, y + v]);
  return { type: 'Polygon', coordinates: [ring] };
};
const feature = (geometry: object, properties: object) => ({ type: 'Feature', geometry, properties });

describe('labels of found objects', () => {
  it('from a table, at the nearest object; others stay unlabelled, and labels without an object are listed', async () => {
    const table = write('t.csv', 'x,y,label\n31,29,big\n88,33,small\n35,90,unknown\n60,64,big\n');
    const { found, problems } = await labelsWith(table);
    expect(found).toEqual(['big', 'small', undefined, undefined]);
    expect(problems).toEqual([{ file: `${table}, line 5`, why: 'no object is at 60, 64 to be labelled "big"' }]);
  });

  it('from GeoJSON regions of QuPath and napari: polygons with holes, and points', async () => {
    const features = [
      feature(polygon(0), { objectType: 'annotation', classification: { name: 'big', color: [1, 2, 3] } }),
      feature({ type: 'MultiPolygon', coordinates: [polygon(3).coordinates] }, { label: 'small' }),
      feature({ type: 'Point', coordinates: [34.5, 92.5] }, { class: 'small' }),
      feature(polygon(1), {}),
    ];
    const path = write('regions.geojson', JSON.stringify({ type: 'FeatureCollection', features }));
    expect((await labelsWith(path)).found).toEqual(['big', undefined, 'small', 'small']);
    const [hole] = polygon(0).coordinates;
    const far = [
      [0, 0],
      [127, 0],
      [127, 127],
      [0, 127],
      [0, 0],
    ];
    const around = feature({ type: 'Polygon', coordinates: [far, hole] }, { name: 'rest' });
    write('folder/a.geojson', JSON.stringify([around]));
    expect((await labelsWith(at('folder'))).found).toEqual([undefined, 'rest', 'rest', 'rest']);
    await expect(labelsWith(write('bad.geojson', '{'))).rejects.toThrow(DataError);
  });

  it('from a folder per class of images named by their place, and from an image of labels', async () => {
    write('classes/big/a.png@30,31.png', image);
    write('classes/small/a.png@90,30.png', image);
    expect((await labelsWith(at('classes'))).found).toEqual(['big', 'small', undefined, undefined]);
    write(
      'masks/a.png',
      grey((x, y) => (isDisc(1, x, y) ? 1 : isDisc(2, x, y) ? 2 : 0)),
    );
    expect((await labelsWith(at('masks'))).found).toEqual([undefined, '1', '2', undefined]);
    const instances = write(
      'instances.png',
      grey((x, y) => x + (y % 2)),
    );
    await expect(labelsWith(instances)).rejects.toThrow('this seems to number the objects');
    const damaged = labelsWith(write('damaged.png', image.subarray(0, 40)));
    await expect(damaged).rejects.toThrow(DataError);
    await expect(damaged).rejects.toThrow(`Could not read the image of labels ${at('damaged.png')}: damaged`);
  });

  it('two sources that agree are fine; where they do not, both are named', async () => {
    const objects = write(
      'o.csv',
      `x,y,label\n${DISCS.map(([x, y], k) => `${x},${y},${k === 1 ? 'small' : ''}`).join('\n')}\n`,
    );
    const same = write('same.csv', 'x,y,label\n90,32,small\n30,30,big\n');
    expect((await labelsWith(same, objects)).found).toEqual(['big', 'small', undefined, undefined]);
    const other = write('other.geojson', JSON.stringify(feature(polygon(1), { label: 'big' })));
    await expect(labelsWith([same, other], objects)).rejects.toThrow(
      `a.png at 90, 32: "small" (${same}, line 2), but "big" (${other}, region 1)`,
    );
    await expect(labelsWith(at('missing.csv'))).rejects.toThrow('There are no labels');
  });

  it('must say of which micrograph they are, where there are several', async () => {
    mkdirSync(at('two'));
    for (const name of ['b.png', 'c.png']) writeFileSync(at('two', name), image);
    await expect(loadMicrographs(at('two'), { patch: 28, objects: at('o.csv') })).rejects.toThrow(
      'There are 2 micrographs, and 4 object(s) or label(s) do not say of which.',
    );
  });
});

it('a labelled object that is not upright is cut out upright', async () => {
  // An arrow to the right, rotated by 90 degrees counter-clockwise: it points up.
  const arrow = (u: number, v: number) => (Math.abs(v) < 2 && Math.abs(u) < 10) || (u > 4 && u + Math.abs(v) < 12);
  write(
    'arrows.png',
    grey((x, y) => (arrow(x - 40, y - 64) || arrow(64 - y, 90 - x) ? 220 : 30)),
  );
  const objects = write('arrows.csv', 'x,y,label,label_angle\n40,64,right,\n90,64,up,90\n');
  const { set } = await loadMicrographs(at('arrows.png'), { patch: 33, objects, normalisation: { low: 0, high: 1 } });
  const [right, up] = [imageAt(set, 0), imageAt(set, 1)];
  expect(right.reduce((sum, v, i) => sum + Math.abs(v - up[i]), 0) / right.length).toBeLessThan(0.01);
});

it('patches are flat, and padded, where that is wanted', async () => {
  const { set } = await loadMicrographs(at('a.png'), { patch: 28, flatten: true, normalisation: { low: 0, high: 1 } });
  for (let i = 0; i < set.count; i++) {
    const patch = imageAt(set, i);
    expect(Math.abs(patch[0])).toBeLessThan(0.02);
    expect(patch[14 * 28 + 14]).toBeCloseTo(160 / 255, 1);
  }
  const objects = [{ x: 2, y: 30 }];
  const { problems } = await loadMicrographs(at('a.png'), { patch: 28, objects: [...objects, { x: 30, y: 30 }] });
  expect(problems).toHaveLength(1);
  const padded = await loadMicrographs(at('a.png'), {
    ...{ patch: 28, objects, flatten: true, pad: true, normalisation: { low: 0, high: 1 } },
  });
  expect(padded.set.count).toBe(1);
  expect(imageAt(padded.set, 0)[0]).toBe(0);
});

it('patches are without their neighbours, where that is wanted', async () => {
  // A disc, and another one that reaches into its patch.
  write(
    'near.png',
    grey(
      (x, y) => (Math.hypot(x - 50, y - 60) < 8 || Math.hypot(x - 68, y - 60) < 8 ? 200 : 40) + ((x * 7 + y * 13) % 5),
    ),
  );
  const options = { patch: 30, flatten: true, normalisation: { low: 0, high: 1 } };
  const patches = async (isolate: boolean) => (await loadMicrographs(at('near.png'), { ...options, isolate })).set;
  const [both, alone] = [await patches(false), await patches(true)];
  const bright = (set: typeof both, i: number) => imageAt(set, i).filter((v) => v > 0.3).length;
  const disc = Math.PI * 64;
  expect(both.count).toBe(2);
  for (const i of [0, 1]) {
    expect(bright(both, i)).toBeGreaterThan(1.1 * disc);
    expect(bright(alone, i)).toBeGreaterThan(0.9 * disc);
    expect(bright(alone, i)).toBeLessThan(1.05 * disc);
  }
  // Background in its place has noise, too.
  const row = imageAt(alone, 0).slice(15 * 30 + 26, 16 * 30);
  expect(new Set(row).size).toBeGreaterThan(1);
});
