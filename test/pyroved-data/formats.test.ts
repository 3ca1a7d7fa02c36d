/** Instrument formats: small files that other programs wrote, or that RosettaSciIO reads as intended (bench/reference/formats_write.py). */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { OptionError, RandomStream } from 'pyro-ts';
import { openMicrograph, parsePixelSize } from 'pyroved-data';
import { DataError } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatFixtures } from './fixtures/index.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'formats-'));
  for (const [name, text] of Object.entries(formatFixtures)) {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), gunzipSync(Buffer.from(text, 'base64')));
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the fixtures hold at a row and column of a frame and channel. */
const truth = (frame: number, channel: number, y: number, x: number) => 100 * frame + 1000 * channel + 10 * y + x;

/** Files of 8 bits keep the lowest ones. */
const isSmall = (name: string) => name === 'planar.tif';

const nm = (size: number) => ({ x: size, y: size, unit: 'nm' });

describe.each([
  ['built.dm3', { format: 'DM3', name: 'gold', frames: 2, channels: 1, pixelSize: nm(0.5) }],
  ['built.dm4', { format: 'DM4', name: 'gold', frames: 1, channels: 1, pixelSize: { x: 0.25, y: 0.25, unit: 'um' } }],
  ['built210.ser', { format: 'SER', name: '', frames: 2, channels: 1, pixelSize: nm(0.5) }],
  ['built220.ser', { format: 'SER', name: '', frames: 1, channels: 1, pixelSize: nm(2) }],
  ['mrcfile.mrc', { format: 'MRC', name: '', frames: 2, channels: 1, pixelSize: { x: 2.5, y: 2.5, unit: 'angstrom' } }],
  ['half.mrc', { format: 'MRC', name: '', frames: 1, channels: 1, pixelSize: undefined }],
  ['velox.emd', { format: 'Velox EMD', name: 'HAADF (01234567)', frames: 2, channels: 1, pixelSize: nm(0.5) }],
  ['hyperspy.emd', { format: 'NCEM EMD', name: 'signals/__unnamed__', frames: 2, channels: 1, pixelSize: nm(0.5) }],
  ['hyperspy.hspy', { format: 'HyperSpy', name: '__unnamed__', frames: 2, channels: 1, pixelSize: nm(0.5) }],
  ['ome.ome.tif', { format: 'TIFF', frames: 2, channels: 2, channelNames: ['BF', 'HAADF'], pixelSize: nm(0.5) }],
  ['big.tif', { format: 'TIFF', frames: 2, channels: 1, pixelSize: undefined }],
  ['imagej.tif', { format: 'TIFF', frames: 2, channels: 1, pixelSize: nm(0.5) }],
  ['planar.tif', { format: 'TIFF', frames: 1, channels: 3, isColour: true }],
  ['packbits.tif', { format: 'TIFF', frames: 1, channels: 1, white: 255 }],
  ['ome2.zarr', { format: 'OME-Zarr', frames: 1, channels: 2, channelNames: ['BF', 'HAADF'], pixelSize: nm(0.5) }],
  ['ome3.zarr', { format: 'OME-Zarr', frames: 1, channels: 2, channelNames: ['BF', 'HAADF'], pixelSize: nm(0.5) }],
  ['layout.zspy', { format: 'HyperSpy', name: 'gold', frames: 2, channels: 1, pixelSize: nm(0.5) }],
  ['hyperspy.nxs', { format: 'NeXus', frames: 2, channels: 1, pixelSize: nm(0.5) }],
])('%s', (name, about) => {
  it('is read frame by frame, with its pixel size', async () => {
    const file = await openMicrograph(at(name));
    expect(file).toMatchObject({ ...about, height: 3, width: 4 });
    for (let frame = 0; frame < file.frames; frame++) {
      for (let channel = 0; channel < file.channels; channel++) {
        const { pixels } = await file.read(frame, channel);
        const expected = Float32Array.from({ length: 12 }, (_, i) => truth(frame, channel, Math.floor(i / 4), i % 4));
        expect(pixels).toEqual(isSmall(name) ? expected.map((v) => v % 256) : expected);
      }
    }
    file.close();
  });

  it('is read in windows', async () => {
    const file = await openMicrograph(at(name));
    const frame = file.frames - 1;
    const window = { top: 1, left: 2, height: 2, width: 1 };
    const { pixels, height, width } = await file.read(frame, 0, window);
    expect({ pixels, height, width }).toEqual({
      pixels: Float32Array.of(truth(frame, 0, 1, 2), truth(frame, 0, 2, 2)),
      height: 2,
      width: 1,
    });
    await expect(file.read(file.frames)).rejects.toThrow(OptionError);
    await expect(file.read(0, 1 + file.channels)).rejects.toThrow(OptionError);
    await expect(file.read(0, 0, { ...window, height: 3 })).rejects.toThrow('exceeds the image of 4 x 3 pixels');
    file.close();
  });

  it('is rejected with one clear error wherever it is cut short', async () => {
    if (statSync(at(name)).isDirectory()) return; // see below
    const whole = readFileSync(at(name));
    const path = at(`cut-${name}`);
    for (const share of [0, 0.02, 0.3, 0.6, 0.9]) {
      writeFileSync(path, whole.subarray(0, Math.floor(share * whole.length)));
      const reading = async () => {
        const file = await openMicrograph(path);
        try {
          await file.read(file.frames - 1);
        } finally {
          file.close();
        }
      };
      await expect(reading()).rejects.toThrow(DataError);
    }
  });
});

it('a pyramid of tiles is read at full resolution, across tiles', async () => {
  const file = await openMicrograph(at('tiled.ome.tif'));
  expect(file).toMatchObject({ frames: 1, channels: 1, height: 40, width: 50, pixelSize: { x: 2, y: 2, unit: 'um' } });
  const { pixels } = await file.read(0, 0, { top: 14, left: 15, height: 20, width: 30 });
  expect(pixels).toEqual(Float32Array.from({ length: 600 }, (_, i) => (14 + Math.floor(i / 30)) * 10 + 15 + (i % 30)));
  expect((await file.read()).pixels).toEqual(
    Float32Array.from({ length: 2000 }, (_, i) => Math.floor(i / 50) * 10 + (i % 50)),
  );
  file.close();
});

it.each([
  ['ome2.zarr', ['.zattrs', '0/.zarray', '0/1.0.0']],
  ['ome3.zarr', ['zarr.json', '0/zarr.json', '0/c/1/0/0']],
  ['layout.zspy', ['Experiments/gold/data/.zarray', 'Experiments/gold/data/1.0.1']],
])('%s is rejected with one clear error where a file of it is cut short', async (name, parts) => {
  for (const part of parts) {
    const copy = at(`cut-${name}`);
    cpSync(at(name), copy, { recursive: true });
    writeFileSync(join(copy, part), readFileSync(join(copy, part)).subarray(0, 11));
    const reading = async () => {
      const file = await openMicrograph(copy);
      await file.read(file.frames - 1, file.channels - 1);
    };
    await expect(reading(), part).rejects.toThrow(DataError);
    rmSync(copy, { recursive: true });
  }
});

it.each(Object.keys(formatFixtures).filter((name) => !name.includes('/')))(
  '%s with damaged bytes is read or rejected with one clear error',
  async (name) => {
    const whole = readFileSync(at(name));
    const path = at(`damaged-${name}`);
    const stream = new RandomStream(`damaged/${name}`);
    for (let k = 0; k < 15; k++) {
      const bytes = Uint8Array.from(whole);
      for (let n = 0; n < 4; n++) bytes[Math.floor(stream.next() ** 2 * bytes.length)] = stream.nextInt(256);
      writeFileSync(path, bytes);
      const reading = async () => {
        const file = await openMicrograph(path);
        try {
          await file.read(file.frames - 1, file.channels - 1);
        } finally {
          file.close();
        }
      };
      await reading().catch((error) => expect(error, `copy ${k}`).toBeInstanceOf(DataError));
    }
  },
);

describe('a pixel size', () => {
  it('can be given in place of what the file states', async () => {
    const file = await openMicrograph(at('half.mrc'), { pixelSize: '1.3 nm' });
    expect(file.pixelSize).toEqual(nm(1.3));
    file.close();
  });

  it.each([
    ['1.3 nm', { x: 1.3, y: 1.3, unit: 'nm' }],
    ['2 µm', { x: 2, y: 2, unit: 'um' }],
    ['2 μm', { x: 2, y: 2, unit: 'um' }],
    ['.5 Å', { x: 0.5, y: 0.5, unit: 'angstrom' }],
    ['1.3 x 1.2 nm', { x: 1.3, y: 1.2, unit: 'nm' }],
  ])('%s', (text, size) => expect(parsePixelSize(text)).toEqual(size));

  it.each(['', 'nm', '1.3', '-1 nm', '0 nm', '1 px', '1 kg', '1e999 nm', 'x nm'])('%s is rejected', (text) =>
    expect(() => parsePixelSize(text)).toThrow(OptionError),
  );
});

it('options that do not exist, files that are missing and formats that are not supported are rejected', async () => {
  await expect(openMicrograph(at('half.mrc'), { dataset: '', ...{ datset: 'a' } })).rejects.toThrow(
    'Did you mean "dataset"?',
  );
  await expect(openMicrograph(at('nowhere.dm3'))).rejects.toThrow(DataError);
  writeFileSync(at('text.txt'), 'a micrograph');
  await expect(openMicrograph(at('text.txt'))).rejects.toThrow('its format is not supported');
  await expect(openMicrograph(at('hyperspy.hspy'), { dataset: 'silver' })).rejects.toThrow(
    'It holds: __unnamed__ [2, 3, 4].',
  );
});
