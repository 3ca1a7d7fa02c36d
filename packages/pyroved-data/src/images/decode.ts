/**
 * Decodes image files, PNG, JPEG, TIFF (every page) and BMP, detected by their content. Each format has its own decoder, because
 * libraries that read all of them read no floating-point TIFF, one page only, or no PNG of fewer than 8 bits.
 */
import { decode as decodeBmp } from 'fast-bmp';
import { checkRoom, LimitError, limitsFor, type ReadLimits } from 'pyroved-ts/node';
import { readJpeg } from './jpeg.js';
import { paletted } from './palette.js';
import { readPng } from './png.js';
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
  /** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha; more are rejected. */
  readonly channels: number;
  /** The value that means white; undefined for floating-point samples. */
  readonly white?: number;
}

const starts = (bytes: Uint8Array, ...signature: number[]): boolean => signature.every((b, i) => bytes[i] === b);

/**
 * The images in a file: several for a multi-page TIFF, otherwise one. What the file claims is checked against the limits before memory is taken.
 * @throws {Error} whose message says why the bytes cannot be used.
 */
export function decodeImages(bytes: Uint8Array, limits: ReadLimits = {}): DecodedImage[] {
  if (bytes.length === 0) throw new Error('the file is empty (0 bytes)');
  const decoder = decoderFor(bytes);
  if (!decoder) throw new Error('not an image (PNG, JPEG, TIFF and BMP are read)');
  let found: Samples[];
  try {
    found = decoder.decode(bytes, limitsFor(bytes.length, limits));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const kind =
      cause instanceof LimitError ? `${decoder.name} over the limit` : `damaged or unsupported ${decoder.name}`;
    throw new Error(`${kind} (${reason.replace(/[\s:.]+$/, '')})`, { cause });
  }
  return found.map(toPlanes);
}

interface Decoder {
  readonly name: string;
  readonly decode: (bytes: Uint8Array, limits: Required<ReadLimits>) => Samples[];
}

function decoderFor(bytes: Uint8Array): Decoder | undefined {
  if (starts(bytes, 0x89, 0x50, 0x4e, 0x47)) return { name: 'PNG', decode: (...file) => [readPng(...file)] };
  if (starts(bytes, 0xff, 0xd8)) return { name: 'JPEG', decode: (...file) => [readJpeg(...file)] };
  if (starts(bytes, 0x49, 0x49) || starts(bytes, 0x4d, 0x4d)) return { name: 'TIFF', decode: decodeTiffPages };
  if (starts(bytes, 0x42, 0x4d)) return { name: 'BMP', decode: (...file) => [readBmp(...file)] };
  return undefined;
}

function readBmp(bytes: Uint8Array, limits: Required<ReadLimits>): Samples {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 54) throw new Error('it is cut short');
  const [pixels, bits] = [view.getUint32(18, true) * view.getUint32(22, true), view.getUint16(28, true)];
  if ((pixels * bits) / 8 > bytes.length)
    throw new Error(`it claims ${pixels} pixels, more than its ${bytes.length} bytes can hold`);
  checkRoom({ pixels, bytes: pixels * (bits / 8 + 3 + 12) }, limits);
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
