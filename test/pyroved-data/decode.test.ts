import fc from 'fast-check';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { decodeImages, luminance } from '../../packages/pyroved-data/dist/images/decode.js';
import { centreSquare, crop, resize } from '../../packages/pyroved-data/dist/images/resize.js';
import { bytesOf, imageFiles, reference } from './fixtures/index.js';

const only = (name: string) => {
  const images = decodeImages(bytesOf(name));
  expect(images).toHaveLength(1);
  return images[0];
};

/** The fixtures' pixel in row r and column c is 20 r + c. */
const GREY = Array.from({ length: 120 }, (_, i) => 20 * Math.floor(i / 12) + (i % 12));
const COLOUR = [GREY, GREY.map((v) => 255 - v), GREY.map((v) => Math.floor(v / 2))];
const BITS = Array.from({ length: 120 }, (_, i) => ((Math.floor(i / 12) + (i % 12)) % 3 === 0 ? 1 : 0));

function expectPlanes(planes: readonly Float32Array[], expected: number[][], tolerance = 1e-6): void {
  expect(planes).toHaveLength(expected.length);
  planes.forEach((plane, c) => {
    const worst = Math.max(...plane.map((v, i) => Math.abs(v - expected[c][i])));
    expect(worst).toBeLessThan(tolerance);
  });
}

describe('files written by Pillow and tifffile', () => {
  it.each([
    'grey8.png',
    'grey16.png',
    'grey8.bmp',
    'grey16.tif',
    'bigendian16.tif',
    'deflate8.tif',
    'lzw8.tif',
    'minIsWhite8.tif',
    'signed16.tif',
    'tiled8.tif',
  ])('%s has the grey values that were written, scaled by the bit depth', (name) => {
    const image = only(name);
    expect(image).toMatchObject({ height: 10, width: 12, floating: false });
    expectPlanes(image.planes, [GREY.map((v) => v / 255)]);
  });

  it.each(['rgb8.png', 'rgb8.bmp', 'rgb8.tif'])('%s has its three colours', (name) => {
    expectPlanes(
      only(name).planes,
      COLOUR.map((plane) => plane.map((v) => v / 255)),
    );
  });

  it.each(['bit1.png', 'bit1.bmp'])('%s is black and white', (name) => {
    expectPlanes(only(name).planes, [BITS]);
  });

  it('shows white where a PNG is transparent', () => {
    const expected = COLOUR.map((plane) => plane.map((v, i) => (i % 12 < 6 ? v / 255 : 1)));
    expectPlanes(only('rgba8.png').planes, expected);
  });

  it('looks colours up in a palette of 4 bits, and of a TIFF', () => {
    const palette = [
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const expected = [0, 1, 2].map((c) => GREY.map((v) => palette[Math.floor(v / 60)][c]));
    expectPlanes(only('palette4.png').planes, expected);
    // Pillow's palette of 120 of the image's colours is not exact.
    expectPlanes(
      only('palette8.tif').planes,
      COLOUR.map((plane) => plane.map((v) => v / 255)),
      0.05,
    );
  });

  it('keeps floating-point values as they are', () => {
    const image = only('float32.tif');
    expect(image.floating).toBe(true);
    expectPlanes(image.planes, [GREY.map((v) => v / 4 - 7)]);
  });

  it('reads JPEG up to its losses', () => {
    expectPlanes(only('grey8.jpg').planes, [GREY.map((v) => v / 255)], 0.02);
    expectPlanes(
      only('rgb8.jpg').planes,
      COLOUR.map((plane) => plane.map((v) => v / 255)),
      0.03,
    );
  });

  it('reads every page of a stack', () => {
    const pages = decodeImages(bytesOf('stack8.tif'));
    expect(pages).toHaveLength(3);
    pages.forEach((page, k) => {
      expectPlanes(page.planes, [COLOUR[k].map((v) => v / 255)]);
    });
  });

  it('turns colour into luminance with the weights of Rec. 709', () => {
    const expected = GREY.map((_, i) => (0.2126 * COLOUR[0][i] + 0.7152 * COLOUR[1][i] + 0.0722 * COLOUR[2][i]) / 255);
    expectPlanes([luminance(only('rgb8.png'))], [expected]);
  });

  it('says what it cannot read', () => {
    expect(() => only('planar8.tif')).toThrow('its colours are stored in separate planes');
    expect(() => only('big.tif')).toThrow('BigTIFF is not read; save it as a plain TIFF');
    expect(() => decodeImages(new Uint8Array())).toThrow('the file is empty (0 bytes)');
    expect(() => decodeImages(new TextEncoder().encode('file,label\n'))).toThrow('not an image');
  });
});

/** A little-endian TIFF whose entry for `tag` in the first directory is a number near the end of 32 bits. */
function withHugeEntry(bytes: Uint8Array, tag: number): Uint8Array {
  const view = new DataView(bytes.buffer);
  const directory = view.getUint32(4, true);
  for (let i = 0; i < view.getUint16(directory, true); i++) {
    const at = directory + 2 + 12 * i;
    if (view.getUint16(at, true) !== tag) continue;
    view.setUint16(at + 2, 4, true);
    view.setUint32(at + 8, 0xf0000000, true);
    return bytes;
  }
  throw new Error(`no entry ${tag}`);
}

describe('damaged files', () => {
  it.each(imageFiles)('%s cut short is rejected, at whatever place', (name) => {
    const whole = bytesOf(name);
    // A BMP or TIFF may end in a byte or two of padding; a PNG ends in a block that holds nothing but a checksum.
    for (let length = 1; length < whole.length - 16; length = Math.ceil(length * 1.15)) {
      expect(() => decodeImages(whole.slice(0, length)), `${length} of ${whole.length} bytes`).toThrow(Error);
    }
  });

  it('with flipped bytes gives an image or a typed error, and soon', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...imageFiles),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (name, changes) => {
          const bytes = bytesOf(name);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          try {
            for (const { planes, height, width } of decodeImages(bytes)) {
              for (const plane of planes) expect(plane).toHaveLength(height * width);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            expect((error as Error).message).toMatch(
              /damaged or unsupported|over the limit|not an image|values|no pixels/,
            );
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('with page directories in a circle are rejected', () => {
    const bytes = bytesOf('stack8.tif');
    const view = new DataView(bytes.buffer);
    const first = view.getUint32(4, true);
    view.setUint32(first + 2 + 12 * view.getUint16(first, true), first, true);
    expect(() => decodeImages(bytes)).toThrow('its page directories form a circle');
  });

  it.each([
    // Tags: the width, and the width of a tile.
    ['signed16.tif', 256],
    ['deflate8.tif', 256],
    ['lzw8.tif', 256],
    ['palette8.tif', 256],
    ['tiled8.tif', 256],
    ['tiled8.tif', 322],
  ])('%s that claims more pixels than it can hold is rejected before memory is taken', (name, tag) => {
    expect(() => decodeImages(withHugeEntry(bytesOf(name), tag))).toThrow(/more than its \d+ bytes can hold/);
  });

  it('of a PNG with a wrong checksum are rejected', () => {
    const bytes = encode({ width: 4, height: 4, data: new Uint8Array(16).fill(9), channels: 1, depth: 8 });
    bytes[45] ^= 1;
    expect(() => decodeImages(bytes)).toThrow(/damaged or unsupported PNG/);
  });
});

describe('resize', () => {
  const source = { pixels: Float32Array.from(reference.image), height: 9, width: 9 };

  it.each(reference.resized)("agrees with Pillow's bilinear at $height x $width", ({ height, width, out }) => {
    resize(source, height, width).pixels.forEach((v, i) => {
      expect(v).toBeCloseTo(out[i], 5);
    });
  });

  it('keeps the mean when it shrinks by a whole number', () => {
    const pixels = Float32Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i));
    const mean = (v: Float32Array) => v.reduce((a, b) => a + b, 0) / v.length;
    const flat = resize({ pixels: pixels.fill(0.7), height: 64, width: 64 }, 7, 9);
    expect(mean(flat.pixels)).toBeCloseTo(0.7, 6);
  });

  it('crops from the middle', () => {
    const pixels = Float32Array.from({ length: 12 }, (_, i) => i);
    expect(Array.from(centreSquare({ pixels, height: 2, width: 6 }).pixels)).toEqual([2, 3, 8, 9]);
    expect(Array.from(crop({ pixels, height: 3, width: 4 }, 1, 1, 2, 3).pixels)).toEqual([5, 6, 7, 9, 10, 11]);
  });
});
