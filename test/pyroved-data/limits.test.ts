/** Files that claim more than they hold, unpack to more than they are, or lack a part: rejected, and before memory is taken. */
import fs from 'node:fs';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { FormatError, OptionError, readSafetensors } from 'pyro-ts';
import { loadArray, readFolder } from 'pyroved-data';
import { DataError, encodeNpz, modelFromConfig, parseAngle, scheduleOf } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attack } from '../attack.js';
import { tiff } from '../e2e/helpers.js';
import { temporaryFolder } from '../pyroved/storage/helpers.js';

let root: string;
beforeAll(() => {
  root = temporaryFolder();
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const write = (name: string, content: Uint8Array): string => {
  const folder = path.join(root, name);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, name), content);
  return folder;
};
const whyOf = async (name: string, content: Uint8Array, limits: object = {}): Promise<string> => {
  const folder = write(name, content);
  const problem = await readFolder(folder, { size: 16, ...limits }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(problem).toBeInstanceOf(DataError);
  return (problem as DataError).message;
};

describe('an image', () => {
  const pixels = Float32Array.from({ length: 32 * 32 }, (_, i) => (i % 7) / 7);

  it.each([
    ['its strip missing', (file: Buffer) => tag(file, 273, 0)],
    ['a strip of no bytes', (file: Buffer) => tag(file, 279, 0)],
    ['a strip that is too short', (file: Buffer) => tag(file, 279, 100)],
    ['a strip beyond its end', (file: Buffer) => tag(file, 273, file.length - 10)],
    ['one strip of two', (file: Buffer) => tag(file, 278, 16, 277)],
  ])('with %s is an error, not partly black', async (_, damage) => {
    const file = Buffer.from(tiff(pixels));
    damage(file);
    expect(await whyOf('a.tif', file)).toMatch(/(missing|beyond|of \d+ bytes|reaches)/);
  });

  it('with NaN says where', async () => {
    const withNaN = Float32Array.from(pixels);
    withNaN[32 * 3 + 5] = Number.NaN;
    withNaN[32 * 9] = Number.POSITIVE_INFINITY;
    expect(await whyOf('nan.tif', tiff(withNaN))).toContain(
      'nan.tif: 2 pixel value(s) are NaN or infinite, the first one NaN in column 5 of row 3, counted from 0',
    );
  });

  it('over a limit names the limit, which can be raised and lowered', async () => {
    expect(await whyOf('b.tif', tiff(pixels), { maxPixels: 1000 })).toMatch(
      /TIFF over the limit \(it claims 1024 pixels, and at most 1000 are read; raise maxPixels/,
    );
    expect(await whyOf('b.tif', tiff(pixels), { maxBytes: 5000 })).toMatch(
      /TIFF over the limit \(its content needs [\d,]+ bytes of memory, and at most 5,000 bytes .*raise maxBytes/,
    );
    await expect(readFolder(write('b.tif', tiff(pixels)), { size: 16, maxBytes: -1 })).rejects.toThrow(OptionError);
    expect((await readFolder(write('b.tif', tiff(pixels)), { size: 16 })).set.count).toBe(1);
  });

  it('as a PNG whose data unpack to more than its pixels is rejected', async () => {
    const idat = deflateSync(new Uint8Array(6e7));
    expect(await whyOf('c.png', pngOf(16, 16, idat))).toContain('its data unpack to more pixels than it claims');
  });
});

describe('an .npz file', () => {
  const arrays = { a: { data: Float32Array.from({ length: 256 }, (_, i) => i % 9), shape: [4, 8, 8] } };

  it('is read only with the right checksum, whichever bit changed', async () => {
    const whole = encodeNpz(arrays, { level: 0 });
    const file = path.join(root, 'a.npz');
    fs.writeFileSync(file, whole);
    expect((await loadArray(file)).set.count).toBe(4);
    const at = fc.integer({ min: 200, max: 1150 });
    await fc.assert(
      fc.asyncProperty(at, fc.integer({ min: 1, max: 255 }), async (place, bits) => {
        const damaged = Uint8Array.from(whole);
        damaged[place]! ^= bits;
        fs.writeFileSync(file, damaged);
        await expect(loadArray(file)).rejects.toThrow(/a\.npz" cannot be read: the checksum of a\.npy is wrong/);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('whose entries overlap is rejected', async () => {
    const file = path.join(root, 'overlap.npz');
    const two = encodeNpz({ ...arrays, b: arrays.a }, { level: 0 });
    const bytes = Buffer.from(two);
    // The second entry of the directory points at the first one's data.
    const second = bytes.lastIndexOf('b.npy') - 46;
    bytes.writeUInt32LE(bytes.readUInt32LE(bytes.indexOf('a.npy', second - 60) - 4), second + 42);
    fs.writeFileSync(file, bytes);
    await expect(loadArray(file, { dataset: 'a' })).rejects.toThrow(/overlap|is not where/);
  });

  it('says where a value is NaN', async () => {
    const file = path.join(root, 'nan.npz');
    const data = Float32Array.from(arrays.a.data);
    data[64 + 8 * 2 + 3] = Number.NaN;
    fs.writeFileSync(file, encodeNpz({ a: { ...arrays.a, data } }));
    expect((await loadArray(file)).problems).toEqual([
      { file: `${file}[1]`, why: '1 value(s) are NaN or infinite, the first one NaN at [2, 3]' },
    ]);
  });
});

it('tensors that overlap are rejected before they are copied', () => {
  const entry = { dtype: 'U8', shape: [1e6], data_offsets: [0, 1e6] };
  const header = Buffer.from(
    JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`t${i}`, entry]))),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  expect(() => readSafetensors(Buffer.concat([length, header, Buffer.alloc(1e6)]), 'a')).toThrow(FormatError);
});

describe('an expression', () => {
  const schedule = (text: string) => scheduleOf(text, { option: 'lr', epochs: 3 });

  it('has the arithmetic that a schedule needs', () => {
    const cases: Record<string, number[]> = {
      'min(1 + epoch/29, 2)': [1, 1 + 1 / 29, 1 + 2 / 29],
      'epoch < 2 ? 1e-3 : 1e-3 * 0.5^(epoch - 1)': [1e-3, 1e-3, 5e-4],
      '0 < epoch < 2 ? 1 : 0': [0, 1, 0],
      '(1 + cos(pi * epoch / epochs)) / 2': [1, 0.75, 0.25],
      'mod(epoch, 2) + 10%': [0, 1.1, 0],
    };
    for (const [text, values] of Object.entries(cases)) {
      const found = values.map((_, epoch) => schedule(text)(epoch));
      found.forEach((value, epoch) => {
        expect(value).toBeCloseTo(values[epoch]!, 12);
      });
    }
  });

  it.each([
    'sum(1:1e8)',
    'format(1/3, {notation: "fixed", precision: 1e9})',
    'zeros(20000, 20000)',
    'factorial(170)',
    'random()',
    'config({number: "BigNumber"})',
    'import({}, {})',
    'epoch = 3',
    'f(x) = x',
    '[1, 2][1]',
    '"a"',
    '1; 2',
    'epoch.constructor',
    'constructor',
    'cos.constructor("return 1")()',
    '('.repeat(900),
    `1${' + 1'.repeat(1000)}`,
  ])('%s is rejected', (text) => {
    expect(() => schedule(text)).toThrow(OptionError);
    expect(() => parseAngle('angle', text)).toThrow(OptionError);
  });
});

describe('a configuration', () => {
  const base = { kind: 'ssiVAE', shape: [28, 28], numClasses: 3 } as const;
  it.each<[string, object]>([
    ['layers', { hiddenEncoder: [30_000_000, 128] }],
    ['many layers', { hiddenDecoder: Array(30).fill(8000) }],
    ['a classifier', { hiddenClassifier: [1e6] }],
    ['latents', { latentDim: 5e7 }],
    ['classes', { numClasses: 1e8 }],
    ['pixels', { shape: [200_000, 200_000] }],
    ['filters', { encoder: { kind: 'conv', blocks: [[8000, 8000]] } }],
  ])('with too many %s is rejected at once', (_, change) => {
    expect(() => modelFromConfig({ ...base, ...change })).toThrow(OptionError);
  });
});

it('files under 10 MB that claim gigabytes: one of them, in a process of its own', async () => {
  const attack: Attack = await import(new URL('../../scripts/attack/bombs.mjs', import.meta.url).href);
  const work = await attack.open();
  try {
    expect(await work.unit(7)).toMatchObject({
      figures: { files: 1, tooLarge: 0, tooSlow: 0, crashes: 0 },
      failures: [],
    });
  } finally {
    work.close();
  }
});

/** Sets an entry of the only directory of a little-endian TIFF; it takes the place of `instead` where it is absent. */
function tag(file: Buffer, wanted: number, value: number, instead?: number): void {
  const at = file.readUInt32LE(4);
  for (let k = 0; k < file.readUInt16LE(at); k++) {
    const entry = at + 2 + 12 * k;
    if (file.readUInt16LE(entry) === wanted) return void file.writeUInt32LE(value, entry + 8);
    if (file.readUInt16LE(entry) === instead) {
      file.writeUInt16LE(wanted, entry);
      return void file.writeUInt32LE(value, entry + 8);
    }
  }
  throw new Error(`The file has no entry ${wanted}.`);
}

function pngOf(width: number, height: number, idat: Uint8Array): Buffer {
  const number = (n: number) => Buffer.from([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    return Buffer.concat([number(data.length), body, number(crc32(body))]);
  };
  const header = Buffer.concat([number(width), number(height), Buffer.from([8, 0, 0, 0, 0])]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', idat), chunk('IEND', Buffer.alloc(0))]);
}
