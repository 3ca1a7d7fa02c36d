/**
 * Image files turned into numbers: PNG, JPEG, TIFF (every page) and BMP, told apart by their content. The decoders that
 * image-js is built on are used directly, because image-js itself reads no floating-point TIFF, one page only, and no
 * PNG of fewer than 8 bits.
 */
import { decode as decodeBmp } from 'fast-bmp';
import { type DecodedPng, decode as decodePng } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import { decodeTiffPages } from './tiff.js';

/** One image of a file: `channels` planes (1 grey, 3 red, green and blue) of `height * width` values. */
export interface DecodedImage {
  readonly planes: readonly Float32Array[];
  readonly height: number;
  readonly width: number;
  /** Whole-number formats are scaled to [0, 1] by their bit depth; floating-point values are kept as they are. */
  readonly floating: boolean;
}

/** Samples in pixel order, as decoders give them. */
export interface Samples {
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
  /** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha; more are refused. */
  readonly channels: number;
  /** The value that means white; undefined for floating-point samples. */
  readonly white?: number;
}

const starts = (bytes: Uint8Array, ...signature: number[]): boolean => signature.every((b, i) => bytes[i] === b);

/**
 * The images in a file: several for a multi-page TIFF, otherwise one.
 * @throws {Error} whose message says in words why the bytes cannot be used.
 */
export function decodeImages(bytes: Uint8Array): DecodedImage[] {
  if (bytes.length === 0) throw new Error('the file is empty (0 bytes)');
  const decoder = decoderFor(bytes);
  if (!decoder) throw new Error('not an image (PNG, JPEG, TIFF and BMP are read)');
  let found: Samples[];
  try {
    found = decoder.decode(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`damaged or unsupported ${decoder.name} (${reason.replace(/[\s:.]+$/, '')})`, { cause });
  }
  return found.map(toPlanes);
}

interface Decoder {
  readonly name: string;
  readonly decode: (bytes: Uint8Array) => Samples[];
}

function decoderFor(bytes: Uint8Array): Decoder | undefined {
  if (starts(bytes, 0x89, 0x50, 0x4e, 0x47)) return { name: 'PNG', decode: (b) => [readPng(b)] };
  if (starts(bytes, 0xff, 0xd8)) return { name: 'JPEG', decode: (b) => [readJpeg(b)] };
  if (starts(bytes, 0x49, 0x49) || starts(bytes, 0x4d, 0x4d)) return { name: 'TIFF', decode: decodeTiffPages };
  if (starts(bytes, 0x42, 0x4d)) return { name: 'BMP', decode: (b) => [readBmp(b)] };
  return undefined;
}

function readPng(bytes: Uint8Array): Samples {
  const png = decodePng(bytes, { checkCrc: true });
  const { width, height, depth } = png;
  const data = depth < 8 ? unpackBits(png) : png.data;
  if (!png.palette) return { data, width, height, channels: png.channels, white: 2 ** depth - 1 };
  const colours = png.palette;
  return { ...paletted(data, (index) => colours[index]), width, height };
}

/** PNG samples of 1, 2 or 4 bits; each row starts at a byte. */
function unpackBits({ data, width, height, depth, channels }: DecodedPng): Uint8Array {
  const perRow = width * channels;
  const bytesPerRow = Math.ceil((perRow * depth) / 8);
  const out = new Uint8Array(perRow * height);
  for (let row = 0; row < height; row++) {
    for (let i = 0; i < perRow; i++) {
      const bit = i * depth;
      const byte = data[row * bytesPerRow + (bit >> 3)];
      out[row * perRow + i] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
    }
  }
  return out;
}

/** Palette indices turned into the colours they stand for (8 bits each; a fourth value is alpha). */
function paletted(indices: ArrayLike<number>, colour: (index: number) => readonly number[] | undefined) {
  const channels = colour(0)?.length ?? 3;
  const data = new Uint8Array(indices.length * channels);
  for (let i = 0; i < indices.length; i++) {
    const found = colour(indices[i]);
    if (!found) throw new Error(`a pixel refers to colour ${indices[i]}, which the palette lacks`);
    data.set(found, i * channels);
  }
  return { data, channels, white: 255 };
}

function readJpeg(bytes: Uint8Array): Samples {
  let end = bytes.length;
  while (end > 2 && bytes[end - 1] === 0) end--;
  if (!(bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9)) throw new Error('it ends early');
  const limits = { maxResolutionInMP: 400, maxMemoryUsageInMB: 8192 };
  const { data, width, height } = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    ...limits,
  });
  return { data, width, height, channels: 3, white: 255 };
}

function readBmp(bytes: Uint8Array): Samples {
  const bmp = decodeBmp(bytes);
  const { width, height, bitsPerPixel } = bmp;
  const data = bmp.data as Uint8Array;
  if (bitsPerPixel > 8) return { data, width, height, channels: bmp.channels, white: 255 };
  // The palette (blue, green, red, 0) follows the header, whose length stands at byte 14.
  const at = 14 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(14, true);
  const colour = (i: number) => [bytes[at + 4 * i + 2], bytes[at + 4 * i + 1], bytes[at + 4 * i]];
  return { ...paletted(data, colour), width, height };
}

/**
 * Planes in place of interleaved samples. What is transparent shows white, as in most viewers; three equal planes
 * become one.
 */
function toPlanes({ data, height, width, channels, white }: Samples): DecodedImage {
  if (!(channels >= 1 && channels <= 4)) throw new Error(`${channels} values a pixel; 1 to 4 are read`);
  if (!(height > 0 && width > 0)) throw new Error(`it has no pixels (${width} x ${height})`);
  const pixels = height * width;
  if (data.length !== pixels * channels) {
    throw new Error(`${data.length} values where ${width} x ${height} x ${channels} are needed`);
  }
  const alpha = channels === 2 || channels === 4;
  const colours = alpha ? channels - 1 : channels;
  const scale = 1 / (white ?? 1);
  const planes = Array.from({ length: colours }, (_, c) => {
    const plane = new Float32Array(pixels);
    for (let i = 0; i < pixels; i++) {
      const value = data[i * channels + c] * scale;
      plane[i] = alpha ? 1 + (value - 1) * (data[i * channels + colours] * scale) : value;
    }
    return plane;
  });
  const grey = planes.every((p) => p.every((v, i) => v === planes[0][i]));
  return { planes: grey ? [planes[0]] : planes, height, width, floating: white === undefined };
}

/** One grey plane: a colour image's luminance (Rec. 709 weights on the stored values). */
export function luminance({ planes }: DecodedImage): Float32Array {
  if (planes.length === 1) return planes[0];
  const [r, g, b] = planes;
  return r.map((v, i) => 0.2126 * v + 0.7152 * g[i] + 0.0722 * b[i]);
}
