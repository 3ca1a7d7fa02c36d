import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { OptionError } from 'pyro-ts';
import { decodeNpy, folderToNpy, loadArray, openArray, readFolder, streamArray } from 'pyroved-data';
import { DataError, encodeNpy, encodeNpz, gather, subset } from 'pyroved-ts';
import { afterAll, describe, expect, it } from 'vitest';
import { arrayFiles, bytesOf } from './fixtures/index.js';

const folder = mkdtempSync(join(tmpdir(), 'arrays-'));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of arrayFiles) writeFileSync(join(folder, name), bytesOf(name));
const at = (name: string) => join(folder, name);

/** The fixtures' frames: 3 images of 4 x 5 with the values 0 to 59. */
const frame = (i: number) => Array.from({ length: 20 }, (_, k) => 20 * i + k);

function npy(name: string, values: number[], shape: number[]): string {
  writeFileSync(at(name), encodeNpy(Float32Array.from(values), shape));
  return at(name);
}

describe('files written by NumPy and h5py', () => {
  it.each([
    ...['lef8.npy', 'bef4.npy', 'lef2.npy', 'u1.npy', 'lei2.npy', 'bei8.npy', 'leu4.npy', 'columnsFirst.npy'].map(
      (name) => [name, undefined],
    ),
    ['stored.npz', 'frames'],
    ['packed.npz', 'frames'],
    ['scan.h5', 'scan/frames'],
    ['scan.h5', '/scan/packed'],
  ])('%s %s gives its frames one by one, in any order', async (name, dataset) => {
    const file = await openArray(at(name ?? ''), { dataset });
    expect(file.shape).toEqual([3, 4, 5]);
    for (const i of [2, 0, 1]) expect(Array.from(file.item(i))).toEqual(frame(i));
    file.close();
  });

  it('half floats have their small, large and special values', () => {
    const { data } = decodeNpy(bytesOf('half.npy'));
    expect(Array.from(data)).toEqual([
      0,
      -0.5,
      1,
      65504,
      2 ** -24,
      1.5 * 2 ** -14,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
  });

  it.each([
    ['complex.npy', undefined, 'values of type "c8"; save it as numbers'],
    ['objects.npy', undefined, 'Python objects, which are never loaded'],
    ['records.npy', undefined, 'it holds records; plain numbers are read'],
    ['stored.npz', undefined, 'holds several arrays; name one as dataset: frames [3, 4, 5], labels [3].'],
    ['stored.npz', 'frame', 'has no array "frame". It holds: frames [3, 4, 5], labels [3].'],
    [
      'scan.h5',
      undefined,
      'holds several arrays; name one as dataset: labels [3], scan/frames [3, 4, 5], scan/packed [3, 4, 5].',
    ],
    ['scan.h5', 'text', 'has no array "text"'],
    ['nothing.npy', undefined, 'There is no file'],
  ])('%s (dataset %s) is rejected', async (name, dataset, words) => {
    const opening = openArray(at(name), { dataset });
    await expect(opening).rejects.toThrow(DataError);
    await expect(opening).rejects.toThrow(words);
  });
});

describe('damaged files', () => {
  it.each(arrayFiles.filter((name) => !name.startsWith('records')))('%s cut short is rejected', async (name) => {
    const whole = bytesOf(name);
    for (const share of [0, 0.1, 0.5, 0.9]) {
      writeFileSync(at('cut'), whole.slice(0, Math.floor(share * whole.length)));
      await expect(openArray(at('cut'), { dataset: 'frames' }), `${share}`).rejects.toThrow(DataError);
    }
  });

  it('with flipped bytes give numbers or a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...arrayFiles),
        fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (name, changes) => {
          const bytes = bytesOf(name);
          for (const [place, value] of changes) bytes[place % bytes.length] = value;
          writeFileSync(at('flipped'), bytes);
          try {
            await loadArray(at('flipped'), {
              dataset: name === 'scan.h5' ? 'scan/frames' : name.endsWith('z') ? 'frames' : undefined,
            });
          } catch (error) {
            expect(error).toBeInstanceOf(DataError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('writing', () => {
  it('comes back as it was', async () => {
    const data = Float32Array.of(1.5, -2, 0, 1e30, 7, 8);
    expect(decodeNpy(encodeNpy(data, [2, 3]))).toEqual({ shape: [2, 3], data });
    writeFileSync(
      at('own.npz'),
      encodeNpz({ z: { data, shape: [3, 2] }, y: { data: Int32Array.of(3, -1, 2), shape: [3] } }),
    );
    expect(Array.from((await openArray(at('own.npz'), { dataset: 'z' })).item(2))).toEqual([7, 8]);
    expect(Array.from((await openArray(at('own.npz'), { dataset: 'y' })).item(1))).toEqual([-1]);
  });
});

describe('loadArray', () => {
  const ramp = (n: number) => Array.from({ length: n }, (_, i) => i);

  it('normalises images by the 1st and 99th percentile and knows their labels', async () => {
    const { set, normalisation, problems } = await loadArray(at('stored.npz'), { dataset: 'frames', labels: 'labels' });
    expect(set).toMatchObject({ count: 3, shape: [4, 5], channels: 1, classNames: ['2', '7'] });
    expect(Array.from(set.labels ?? [])).toEqual([1, -1, 0]);
    // Of 0..59: 0.01 * 59 and 0.99 * 59.
    expect(normalisation.low).toBeCloseTo(0.59, 5);
    expect(normalisation.high).toBeCloseTo(58.41, 5);
    expect(set.images[30]).toBeCloseTo((30 - 0.59) / (58.41 - 0.59), 5);
    expect(problems).toEqual([]);
    const h5 = await loadArray(at('scan.h5'), { dataset: 'scan/packed', labels: 'labels', normalisation });
    expect(h5.set.images).toEqual(set.images);
    expect(Array.from(h5.set.labels ?? [])).toEqual([1, -1, 0]);
  });

  it('tells images, channels and signals apart by the shape', async () => {
    const as = async (shape: number[]) =>
      (await loadArray(npy('shape.npy', ramp(120), shape), { normalisation: { low: 0, high: 1 } })).set;
    expect(await as([2, 60])).toMatchObject({ count: 2, shape: [60], channels: 1 });
    expect(await as([2, 6, 10])).toMatchObject({ count: 2, shape: [6, 10], channels: 1 });
    expect(await as([2, 3, 4, 5])).toMatchObject({ count: 2, shape: [4, 5], channels: 3 });
    expect(await as([2, 4, 5, 3])).toMatchObject({ count: 2, shape: [4, 5], channels: 3 });
    const range = { normalisation: { low: 0, high: 120 } };
    const last = (await loadArray(npy('last.npy', ramp(120), [2, 4, 5, 3]), range)).set;
    // Channel c of pixel p of image i is 60 i + 3 p + c.
    expect(Array.from(last.images.subarray(60, 80), (v) => Math.round(120 * v))).toEqual(
      ramp(20).map((p) => 60 + 3 * p),
    );
    await expect(as([120])).rejects.toThrow('has shape [120]. Images are [N, H, W]');
    await expect(as([2, 5, 6, 2, 1])).rejects.toThrow(DataError);
  });

  it('leaves out items with NaN or a single value, and names them', async () => {
    const values = [1, 2, 3, 4, Number.NaN, 2, 3, 4, 5, 5, 5, 5, 9, 8, 7, 6];
    const { set, problems } = await loadArray(npy('holes.npy', values, [4, 2, 2]), {
      normalisation: { low: 0, high: 10 },
    });
    expect(set.names).toEqual([`${at('holes.npy')}[0]`, `${at('holes.npy')}[3]`]);
    expect(set.images[4]).toBeCloseTo(0.9, 6);
    expect(problems.map((p) => p.why)).toEqual([
      '1 value(s) are NaN or infinite, the first one NaN at [0, 0]',
      'all its values are the same',
    ]);
    await expect(loadArray(npy('flat.npy', [1, 1, 1, 1], [1, 2, 2]))).rejects.toThrow('holds nothing that can be used');
  });

  it('rejects labels of another length and options that do not exist', async () => {
    writeFileSync(
      at('short.npz'),
      encodeNpz({
        x: { data: Float32Array.from(ramp(8)), shape: [2, 2, 2] },
        y: { data: Int32Array.of(1), shape: [1] },
      }),
    );
    await expect(loadArray(at('short.npz'), { dataset: 'x', labels: 'y' })).rejects.toThrow(
      'one for each of 2 items is needed',
    );
    await expect(loadArray(at('u1.npy'), { labels: undefined, ...{ sise: 8 } })).rejects.toThrow(
      'Did you mean "size"?',
    );
    await expect(loadArray(at('u1.npy'), { size: 2 })).rejects.toThrow(OptionError);
  });
});

describe('streaming', () => {
  it('gives the batches that the set in memory gives', async () => {
    const path = npy(
      'stream.npy',
      Array.from({ length: 40 * 144 }, (_, i) => Math.sin(i * i)),
      [40, 12, 12],
    );
    const memory = await loadArray(path, { size: 8 });
    const streamed = await streamArray(path, { size: 8 });
    expect(streamed.normalisation).toEqual(memory.normalisation);
    expect(gather(streamed.set, [31, 0, 7])).toEqual(gather(memory.set, [31, 0, 7]));
    const some = subset(streamed.set, [5, 31, 9]);
    expect(some.count).toBe(3);
    expect(gather(some, [1])).toEqual(gather(memory.set, [31]));
    streamed.close();
  });

  it('streams a folder of images by way of one file', async () => {
    const images = at('many');
    mkdirSync(images);
    for (let i = 0; i < 12; i++) {
      const data = Uint8Array.from({ length: 400 }, (_, k) => (i * 7 + k * k) % 251);
      writeFileSync(join(images, `${i}.png`), encode({ width: 20, height: 20, data, channels: 1, depth: 8 }));
    }
    writeFileSync(join(images, '7.png'), 'spoilt');
    const { count, problems } = await folderToNpy(images, at('many.npy'), { size: 16 });
    expect(count).toBe(11);
    expect(problems.map((p) => p.file)).toEqual(['7.png']);
    const direct = await readFolder(images, { size: 16 });
    const { set, normalisation, close } = await streamArray(at('many.npy'));
    expect(normalisation).toEqual(direct.normalisation);
    expect(gather(set, [10, 3])).toEqual(gather(direct.set, [10, 3]));
    close();
    await expect(folderToNpy(images, at('rejected.npy'), { size: 16, onBadFile: 'fail' })).rejects.toThrow(
      '1 of 12 files cannot be used',
    );
  });
});

it('labels that are texts of an HDF5 file name the classes; "unknown" and empty ones are no labels', async () => {
  const h5 = await import('h5wasm/node');
  await h5.ready;
  const path = at('texts.h5');
  const file = new h5.File(path, 'w');
  const data = Float32Array.from({ length: 5 * 64 }, (_, i) => (i * 7) % 13);
  file.create_dataset({ name: 'frames', data, shape: [5, 8, 8] });
  file.create_dataset({ name: 'phase', data: ['fcc', 'bcc', 'unknown', '', 'fcc'], shape: [5] });
  file.create_dataset({ name: 'few', data: ['fcc', 'bcc'], shape: [2] });
  file.close();
  const { set } = await loadArray(path, { dataset: 'frames', labels: 'phase' });
  expect(set.classNames).toEqual(['bcc', 'fcc']);
  expect([...(set.labels ?? [])]).toEqual([1, 0, -1, -1, 1]);
  await expect(loadArray(path, { dataset: 'frames', labels: 'few' })).rejects.toThrow('are 2 texts; one for each of 5');
});
