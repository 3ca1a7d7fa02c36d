/** Archives read by ranges: the same images from an array, a Zarr folder, a stack and listed files, and what is said of those that cannot be used. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArchive, usableImages } from 'pyroved-data/internal';
import { encodeNpy, encodeNpz } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tiff } from '../e2e/helpers.js';

const COUNT = 7;
const SIDE = 8;
const PIXELS = SIDE * SIDE;
const root = mkdtempSync(join(tmpdir(), 'pyroved-archive-'));
const at = (...path: string[]) => join(root, ...path);
const images = Float32Array.from({ length: COUNT * PIXELS }, (_, i) => Math.sin(i * i));
const imageOf = (i: number) => images.subarray(i * PIXELS, (i + 1) * PIXELS);
const model = { shape: [SIDE, SIDE], channels: 1 };

beforeAll(() => {
  writeFileSync(at('scan.npy'), encodeNpy(images, [COUNT, SIDE, SIDE]));
  writeFileSync(at('scan.npz'), encodeNpz({ frames: { data: images, shape: [COUNT, SIDE, SIDE] } }));
  // Zarr version 2, three frames to a chunk, the last one padded.
  mkdirSync(at('scan.zarr'));
  const description = { zarr_format: 2, shape: [COUNT, SIDE, SIDE], chunks: [3, SIDE, SIDE], dtype: '<f4' };
  const rest = { order: 'C', compressor: null, filters: null, fill_value: 0 };
  writeFileSync(at('scan.zarr', '.zarray'), JSON.stringify({ ...description, ...rest }));
  for (let chunk = 0; chunk < 3; chunk++) {
    const values = new Float32Array(3 * PIXELS);
    values.set(images.subarray(3 * chunk * PIXELS, 3 * (chunk + 1) * PIXELS));
    writeFileSync(at('scan.zarr', `${chunk}.0.0`), Buffer.from(values.buffer));
  }
  mkdirSync(at('files'));
  for (let i = 0; i < COUNT; i++) writeFileSync(at('files', `image-${i + 1}.tif`), tiff(imageOf(i)));
  writeFileSync(
    at('list.txt'),
    `file\n${Array.from({ length: COUNT }, (_, i) => `files/image-${i + 1}.tif\n`).join('')}`,
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.each(['scan.npy', 'scan.npz', 'scan.zarr', 'files', 'list.txt'])('%s', (name) => {
  it('has the same images in each range', async () => {
    const archive = await openArchive(at(name), model);
    expect(archive.count).toBe(COUNT);
    const found = [...(await archive.read(0, 3)), ...(await archive.read(3, 4)), ...(await archive.read(4, COUNT))];
    archive.close();
    expect(found.map(({ entry }) => entry)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(new Set(found.map((one) => one.name)).size).toBe(COUNT);
    for (const [i, { pixels }] of found.entries()) expect(pixels).toEqual(Float32Array.from(imageOf(i)));
  });

  it('is resized to the images of the model', async () => {
    const archive = await openArchive(at(name), { shape: [16, 16], channels: 1 });
    const [{ pixels }] = await archive.read(2, 3);
    archive.close();
    expect(pixels).toHaveLength(256);
  });
});

it('a stack of one frame is an archive of one image', async () => {
  const archive = await openArchive(at('files', 'image-3.tif'), model);
  expect(archive.count).toBe(1);
  expect((await archive.read(0, 1))[0].pixels).toEqual(Float32Array.from(imageOf(2)));
  archive.close();
});

it('says why an image cannot be used, and keeps the places of the others', async () => {
  const damaged = Float32Array.from(images);
  damaged.fill(3, PIXELS, 2 * PIXELS);
  damaged[4 * PIXELS + 5] = Number.NaN;
  writeFileSync(at('damaged.npy'), encodeNpy(damaged, [COUNT, SIDE, SIDE]));
  const archive = await openArchive(at('damaged.npy'), model);
  const found = await archive.read(0, COUNT);
  archive.close();
  expect(found.map(({ problem }) => problem)).toEqual([
    undefined,
    'all its values are the same',
    ...[undefined, undefined],
    'some of its values are NaN or infinite',
    ...[undefined, undefined],
  ]);
  const { set, places } = usableImages(found, model);
  expect(places).toEqual([0, 2, 3, 5, 6]);
  expect(set.images.subarray(PIXELS, 2 * PIXELS)).toEqual(Float32Array.from(imageOf(2)));
});

it('a file that cannot be read has a row of its own', async () => {
  writeFileSync(at('with-text.txt'), 'files/image-1.tif\nlist.txt\nmissing.tif\n');
  const archive = await openArchive(at('with-text.txt'), model);
  const found = await archive.read(0, 3);
  expect(found.map(({ name, problem }) => [name, problem === undefined])).toEqual([
    ['files/image-1.tif', true],
    ['list.txt', false],
    ['missing.tif', false],
  ]);
});

it('must fit the model, and names each file once', async () => {
  await expect(openArchive(at('scan.npy'), { shape: [SIDE, SIDE], channels: 3 })).rejects.toThrow(
    'the model takes 8 x 8 with 3',
  );
  await expect(openArchive(at('scan.npy'), { shape: [12], channels: 1 })).rejects.toThrow('the model takes 12 with 1');
  writeFileSync(at('twice.txt'), 'files/image-1.tif\nfiles/image-1.tif\n');
  await expect(openArchive(at('twice.txt'), model)).rejects.toThrow('lists a file twice');
});
