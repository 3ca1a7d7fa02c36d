/** The pixels of a TIFF page, window by window: only the strips or tiles that a window touches are read. */
import { type ByteFile, readRaster } from '../byteFile.js';
import type { Window } from '../imageFile.js';
import { NUMBER_TYPES, type NumberType } from '../numbers.js';
import { undoDifferences, undoFloatDifferences, unpack } from './codecs.js';
import type { TiffPage } from './directory.js';

/** How the pixels of a page are stored. */
export interface PageRaster {
  readonly height: number;
  readonly width: number;
  /** Samples of a pixel. */
  readonly samples: number;
  readonly type: NumberType;
  /** The darkest and the brightest value of integers; undefined for floats. */
  readonly range: { readonly black: number; readonly white: number } | undefined;
  readonly isColour: boolean;
  /** Small values are bright. */
  readonly isInverted: boolean;
  readonly read: (sample: number, window: Window) => Float32Array;
}

const FORMATS = ['', 'u', 'i', 'f'];
/** Bytes of one strip or tile; those of larger ones are read only where they are not packed. */
const MOST_CHUNK = 2 ** 30;

/** @throws {Error} for a page whose pixels are stored in a way that is not supported. */
export function rasterOf(file: ByteFile, page: TiffPage, little: boolean): PageRaster {
  const one = (tag: number, otherwise: number) => page.numbers(tag)[0] ?? otherwise;
  const [width, height, samples] = [one(256, 0), one(257, 0), one(277, 1)];
  const bits = page.numbers(258);
  const format = one(339, 1);
  const name = `${FORMATS[format] ?? ''}${(bits[0] ?? 1) / 8}`;
  if (!(width > 0 && height > 0 && samples > 0 && samples <= 4096)) throw new Error('a page has no size');
  if (!isTypeName(name) || bits.some((n) => n !== bits[0]))
    throw new Error(`values of ${bits.join(', ') || 1} bits are not supported (8, 16, 32 and 64 are)`);
  const photometric = one(262, 1);
  if (photometric === 3) throw new Error('its colours are in a palette; save it with grey or RGB values');
  const type = NUMBER_TYPES[name];
  const isTiled = page.numbers(322).length > 0;
  const isPlanar = one(284, 1) === 2 && samples > 1;
  const step = isPlanar ? 1 : samples;
  const chunkWidth = isTiled ? one(322, 0) : width;
  const chunkHeight = isTiled ? one(323, 0) : Math.min(height, one(278, height));
  if (!(chunkWidth > 0 && chunkHeight > 0)) throw new Error('its strips or tiles have no size');
  const across = Math.ceil(width / chunkWidth);
  const perPlane = across * Math.ceil(height / chunkHeight);
  const offsets = page.numbers(isTiled ? 324 : 273);
  const sizes = page.numbers(isTiled ? 325 : 279);
  const what = isTiled ? 'tile' : 'strip';
  if (offsets.length < perPlane * (isPlanar ? samples : 1))
    throw new Error(`it has ${offsets.length} of ${perPlane * (isPlanar ? samples : 1)} ${what}s; the rest is missing`);
  const compression = one(259, 1);
  const predictor = one(317, 1);

  /** The values of a window within one strip or tile. */
  const chunk = (index: number, sample: number, rows: number, window: Window): Float32Array => {
    const raster = { height: rows, width: chunkWidth, type, little, step };
    const shift = isPlanar ? 0 : sample * type.bytes;
    if (compression === 1 && predictor === 1)
      return readRaster(file, { ...raster, offset: offsets[index] + shift }, window);
    const bytes = rows * chunkWidth * step * type.bytes;
    if (bytes > MOST_CHUNK) throw new Error(`a ${what} of ${bytes} bytes is too large`);
    const packed = file.bytes(offsets[index], sizes[index] ?? 0);
    let data: Uint8Array = Uint8Array.from(unpack(packed, compression, bytes));
    if (data.length < bytes) throw new Error(`${what} ${index + 1} unpacks to ${data.length} of ${bytes} bytes`);
    const row = { samples: chunkWidth * step, step, bytes: type.bytes, little };
    if (predictor === 2) undoDifferences(data, row);
    if (predictor === 3) data = undoFloatDifferences(data, row);
    return fromBytes(data, { ...row, little: predictor === 3 ? false : little, shift, type }, window);
  };

  const read = (sample: number, { top, left, height: windowHeight, width: windowWidth }: Window): Float32Array => {
    const out = new Float32Array(windowHeight * windowWidth);
    const [bottom, right] = [top + windowHeight, left + windowWidth];
    for (let y = Math.floor(top / chunkHeight); y * chunkHeight < bottom; y++) {
      for (let x = Math.floor(left / chunkWidth); x * chunkWidth < right; x++) {
        const [from, start] = [y * chunkHeight, x * chunkWidth];
        const rows = isTiled ? chunkHeight : Math.min(chunkHeight, height - from);
        const part = {
          top: Math.max(0, top - from),
          left: Math.max(0, left - start),
          height: Math.min(bottom, from + rows) - Math.max(top, from),
          width: Math.min(right, start + chunkWidth) - Math.max(left, start),
        };
        const values = chunk(y * across + x + (isPlanar ? sample * perPlane : 0), sample, rows, part);
        const to = (Math.max(top, from) - top) * windowWidth + Math.max(left, start) - left;
        for (let r = 0; r < part.height; r++)
          out.set(values.subarray(r * part.width, (r + 1) * part.width), to + r * windowWidth);
      }
    }
    return out;
  };
  const isInverted = photometric === 0 && format === 1;
  return {
    height,
    width,
    samples,
    type,
    range: rangeOf(format, type.bytes),
    isColour: photometric === 2,
    isInverted,
    read,
  };
}

const isTypeName = (name: string): name is keyof typeof NUMBER_TYPES => Object.hasOwn(NUMBER_TYPES, name);

function fromBytes(
  data: Uint8Array,
  {
    samples,
    step,
    bytes,
    little,
    shift,
    type,
  }: { samples: number; step: number; bytes: number; little: boolean; shift: number; type: NumberType },
  { top, left, height, width }: Window,
): Float32Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const out = new Float32Array(height * width);
  for (let r = 0, i = 0; r < height; r++) {
    let at = ((top + r) * samples + left * step) * bytes + shift;
    for (let c = 0; c < width; c++, i++, at += step * bytes) out[i] = type.read(view, at, little);
  }
  return out;
}

function rangeOf(format: number, bytes: number): PageRaster['range'] {
  const levels = 2 ** (8 * bytes);
  if (format === 1) return { black: 0, white: levels - 1 };
  return format === 2 ? { black: -levels / 2, white: levels / 2 - 1 } : undefined;
}
