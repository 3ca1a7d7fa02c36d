/** PNG files, checked before they are decoded: the memory that they need, and nothing but the parts that make the picture. */
import { inflateSync } from 'node:zlib';
import { type DecodedPng, decode } from 'fast-png';
import { checkRoom, type ReadLimits } from 'pyroved-ts/node';
import type { Samples } from './decode.js';
import { paletted } from './palette.js';

/** Samples per pixel, by colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Profiles, texts and animations are omitted: they are not used, and may unpack to any size. */
const USED = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];
/** No deflated data grow by more than this. */
const MOST_GROWTH = 1032;
/** What may be unpacked without a look at its size first. */
const LITTLE = 5e7;

export function readPng(bytes: Uint8Array, limits: Required<ReadLimits>): Samples {
  const png = decode(checked(bytes, limits), { checkCrc: true });
  const { width, height, depth } = png;
  const data = depth < 8 ? unpackBits(png) : png.data;
  if (!png.palette) return { data, width, height, channels: png.channels, white: 2 ** depth - 1 };
  const colours = png.palette;
  return { ...paletted(data, (index) => colours[index]), width, height };
}

/** The file without what is not used. @throws {Error} when it needs too much memory, or its pixels are more than it claims. */
function checked(bytes: Uint8Array, limits: Required<ReadLimits>): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [bytes.subarray(0, 8)];
  const data: Uint8Array[] = [];
  let most = Number.POSITIVE_INFINITY;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) throw new Error('it is cut short');
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === 'IHDR') most = inflatedBytes(view, at + 8, limits);
    if (type === 'IDAT') data.push(bytes.subarray(at + 8, end - 4));
    if (USED.includes(type)) parts.push(bytes.subarray(at, end));
    at = end;
  }
  const packed = data.reduce((sum, { length }) => sum + length, 0);
  if (packed * MOST_GROWTH > LITTLE) checkInflated(Buffer.concat(data), most);
  return Buffer.concat(parts);
}

/** Bytes of the pixels once they are unpacked. */
function inflatedBytes(view: DataView, at: number, limits: Required<ReadLimits>): number {
  const [width, height] = [view.getUint32(at), view.getUint32(at + 4)];
  const [depth, colourType] = [view.getUint8(at + 8), view.getUint8(at + 9)];
  const channels = CHANNELS[colourType];
  if (channels === undefined) throw new Error(`its colour type ${colourType} does not exist`);
  const pixels = width * height;
  const raw = (Math.ceil((width * channels * depth) / 8) + 1) * height;
  const planes = colourType === 3 ? 3 : channels;
  // Unpacked, put together and unfiltered; one byte or more per sample; then 32-bit floats.
  checkRoom({ pixels, bytes: 3 * raw + (depth < 8 ? pixels * planes : 0) + 4 * pixels * planes }, limits);
  // An interlaced picture has up to twice as many rows, each with a byte of its own.
  return raw + 2 * (height + 8) + 7 * (width + 8);
}

function checkInflated(packed: Uint8Array, most: number): void {
  try {
    inflateSync(packed, { maxOutputLength: most });
  } catch (cause) {
    const isLarger = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    throw new Error(isLarger ? 'its data unpack to more pixels than it claims' : 'its data cannot be unpacked', {
      cause,
    });
  }
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
