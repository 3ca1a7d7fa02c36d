/** Micrographs with pixel sizes and channels: resampled to a common size, channels chosen or used together. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError } from 'pyro-ts';
import { loadMicrographs } from 'pyroved-data';
import { DataError, imageAt } from 'pyroved-ts';
import { afterAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'magnifications-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Discs of radius 10 nm at these places, in nm. */
const DISCS = [
  [40, 40],
  [110, 50],
  [60, 120],
  [130, 130],
];
/** Side of the field in nm. */
const FIELD = 180;

/** An MRC file with 32-bit floats, of the discs seen with pixels of x by y nm; no pixel size is written if `isStated` is false. */
function writeMrc(path: string, x: number, y: number, isStated = true): void {
  const [width, height] = [Math.round(FIELD / x), Math.round(FIELD / y)];
  const bytes = new DataView(new ArrayBuffer(1024 + 4 * width * height));
  for (const [i, value] of [width, height, 1, 2].entries()) bytes.setInt32(4 * i, value, true);
  for (const [i, value] of [width, height, 1].entries()) bytes.setInt32(28 + 4 * i, value, true);
  const cell = isStated ? [10 * width * x, 10 * height * y, 1] : [];
  for (const [i, value] of cell.entries()) bytes.setFloat32(40 + 4 * i, value, true);
  for (const [i, byte] of new TextEncoder().encode('MAP ').entries()) bytes.setUint8(208 + i, byte);
  bytes.setUint8(212, 0x44);
  for (let i = 0; i < width * height; i++) {
    const [px, py] = [((i % width) + 0.5) * x, (Math.floor(i / width) + 0.5) * y];
    const inside = DISCS.some(([cx, cy]) => Math.hypot(px - cx, py - cy) < 10);
    bytes.setFloat32(1024 + 4 * i, (inside ? 1 : 0) + 0.01 * Math.sin(i * i), true);
  }
  writeFileSync(path, new Uint8Array(bytes.buffer));
}

function folder(name: string): string {
  mkdirSync(join(root, name));
  return join(root, name);
}

/** The middles of the discs that were found, in nm. */
const middles = (factors: Readonly<Record<string, Float32Array>> | undefined, from: number, to: number, size: number) =>
  Array.from({ length: to - from }, (_, k) => [
    ((factors?.x[from + k] ?? Number.NaN) + 0.5) * size,
    ((factors?.y[from + k] ?? Number.NaN) + 0.5) * size,
  ]);

describe('micrographs of two magnifications', () => {
  it('are resampled to the larger pixels; places stay those of the files', async () => {
    const path = folder('two');
    writeMrc(join(path, 'a.mrc'), 1, 1);
    writeMrc(join(path, 'b.mrc'), 0.5, 0.5);
    const { set, patch, pixelSize, notes } = await loadMicrographs(path, { patch: 30 });
    expect([set.count, patch]).toEqual([8, 30]);
    expect(pixelSize).toMatchObject({ unit: 'angstrom', x: expect.closeTo(10, 3) });
    expect(notes[0]).toContain('all are resampled to 10 angstrom');
    const expected = [...DISCS].sort((a, b) => a[1] - b[1]);
    for (const [found, size] of [
      [middles(set.factors, 0, 4, 1), 1],
      [middles(set.factors, 4, 8, 0.5), 0.5],
    ] as const) {
      found.forEach(([x, y], k) => {
        expect(Math.hypot(x - expected[k][0], y - expected[k][1])).toBeLessThan(1.5 * size + 0.5);
      });
    }
    // The same object looks the same, whichever file it is from.
    const [a, b] = [imageAt(set, 0), imageAt(set, 4)];
    const difference = a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length;
    expect(difference).toBeLessThan(0.05);
    expect(set.factors?.area[0]).toBeCloseTo(Math.PI * 100, -2);
    expect(set.factors?.area[4]).toBeCloseTo(Math.PI * 400, -2);
  });

  it('to a given size; without a pixel size among others that have one, it must be given', async () => {
    const path = folder('missing');
    writeMrc(join(path, 'a.mrc'), 1, 1);
    writeMrc(join(path, 'b.mrc'), 0.5, 0.5);
    const { pixelSize } = await loadMicrographs(path, { patch: 16, commonPixelSize: '2 nm' });
    expect(pixelSize).toEqual({ x: 2, y: 2, unit: 'nm' });
    writeMrc(join(path, 'c.mrc'), 1, 1, false);
    const { problems } = await loadMicrographs(path, { patch: 30 });
    expect(problems).toEqual([
      { file: 'c.mrc', why: 'c.mrc states no pixel size, and the others do: give one as pixelSize ("1.3 nm").' },
    ]);
    const given = await loadMicrographs(join(path, 'c.mrc'), { patch: 30, pixelSize: '1 nm' });
    expect(given.pixelSize).toEqual({ x: 1, y: 1, unit: 'nm' });
    expect((await loadMicrographs(join(path, 'c.mrc'), { patch: 30 })).pixelSize).toBeUndefined();
    await expect(loadMicrographs(path, { patch: 30, pixelSize: 'small' })).rejects.toThrow(OptionError);
  });

  it('with pixels that are not square become square', async () => {
    writeMrc(join(root, 'flat.mrc'), 1, 0.5);
    const { set, pixelSize } = await loadMicrographs(join(root, 'flat.mrc'), { patch: 30 });
    expect(pixelSize).toMatchObject({ x: expect.closeTo(10, 3), y: expect.closeTo(10, 3) });
    expect(set.count).toBe(4);
    // A disc is as high as it is wide.
    const patch = imageAt(set, 0);
    const row = patch.slice(15 * 30, 16 * 30).filter((v) => v > 0.5).length;
    const column = patch.filter((v, i) => i % 30 === 15 && v > 0.5).length;
    expect(Math.abs(row - column)).toBeLessThanOrEqual(1);
  });

  it('have a patch chosen from the sizes of the objects', async () => {
    writeMrc(join(root, 'auto.mrc'), 1, 1);
    const { patch, notes } = await loadMicrographs(join(root, 'auto.mrc'));
    // Discs are 20 pixels wide, and patches 1.3 times as wide.
    expect(patch).toBeGreaterThanOrEqual(24);
    expect(patch).toBeLessThanOrEqual(30);
    expect(notes[0]).toBe(`Patches are ${patch} x ${patch} pixels, chosen from the sizes of the objects.`);
  });
});

describe('several channels', () => {
  const store = join(root, 'channels.zarr');
  mkdirSync(join(store, '0'), { recursive: true });
  const shape = [2, 64, 64];
  const json = (name: string, value: object) => writeFileSync(join(store, name), JSON.stringify(value));
  json('.zgroup', { zarr_format: 2 });
  json('.zattrs', {
    multiscales: [{ version: '0.4', axes: ['c', 'y', 'x'].map((name) => ({ name })), datasets: [{ path: '0' }] }],
    omero: { channels: [{ label: 'BF' }, { label: 'HAADF' }] },
  });
  json('0/.zarray', {
    ...{
      zarr_format: 2,
      shape,
      chunks: shape,
      dtype: '<f4',
      compressor: null,
      filters: null,
      order: 'C',
      fill_value: 0,
    },
  });
  // The first channel shows a disc on the left, the second one on the right.
  const data = Float32Array.from({ length: 2 * 64 * 64 }, (_, i) => {
    const [c, y, x] = [Math.floor(i / 4096), Math.floor(i / 64) % 64, i % 64];
    return (Math.hypot(x - (c === 0 ? 18 : 46), y - 32) < 6 ? 1 : 0) + 0.01 * Math.sin(i * i);
  });
  writeFileSync(join(store, '0', '0.0.0'), new Uint8Array(data.buffer));

  it.each([
    ['BF', 18],
    [1, 46],
  ])('channel %s is chosen by name or index', async (channel, x) => {
    const { set } = await loadMicrographs(store, { patch: 20, channel });
    expect(set).toMatchObject({ count: 1, channels: 1 });
    expect(set.factors?.x[0]).toBeCloseTo(x, 0);
  });

  it('all are used together: objects are found in their mean, and patches have all of them', async () => {
    const { set } = await loadMicrographs(store, { patch: 20, channel: 'all' });
    expect(set).toMatchObject({ count: 2, channels: 2 });
    const [left] = [imageAt(set, 0)];
    expect(left).toHaveLength(2 * 400);
    expect(left[10 * 20 + 10]).toBeGreaterThan(0.8);
    expect(left[400 + 10 * 20 + 10]).toBeLessThan(0.3);
  });

  it('must be chosen', async () => {
    await expect(loadMicrographs(store, { patch: 20 })).rejects.toThrow(
      'The micrograph has 2 channel(s), BF, HAADF: choose one as channel, or use all of them (channel: "all").',
    );
    await expect(loadMicrographs(store, { patch: 20, channel: 'DF' })).rejects.toThrow('There is no channel "DF".');
    await expect(loadMicrographs(join(root, 'nothing'), { patch: 20 })).rejects.toThrow(DataError);
  });
});
