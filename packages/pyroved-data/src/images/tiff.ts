/** TIFF files, every page of them, checked for what the decoder would silently get wrong. */
import { checkRoom as checkLimits, type ReadLimits } from 'pyroved-ts/node';
import { decode } from 'tiff';
import type { Samples } from './decode.js';
import { checkStrips } from './strips.js';

type Page = ReturnType<typeof decode>[number];

/**
 * The pages of a TIFF file, without the reduced copies (thumbnails) that some programs add.
 * @throws {Error} when the file is damaged or of a kind that is not read.
 */
export function decodeTiffPages(bytes: Uint8Array, limits: Required<ReadLimits>): Samples[] {
  const numbers = Array.from({ length: countPages(bytes) }, (_, i) => i);
  const headers = decode(bytes, { ignoreImageData: true });
  const full = numbers.filter((i) => (headers[i].newSubfileType & 1) === 0);
  if (full.length === 0) throw new Error('it has no page at full resolution');
  const pages = full.map((i) => headers[i]);
  pages.forEach(checkSupported);
  checkRoom(pages, bytes.length, limits);
  for (const page of pages) checkStrips(page, bytes);
  return decode(bytes, { pages: full }).map(toSamples);
}

/** Follows the chain of page directories, which a damaged file can bend into a circle. */
function countPages(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  if (view.getUint16(2, little) === 43) throw new Error('BigTIFF is not read; save it as a plain TIFF');
  const seen = new Set<number>();
  for (
    let at = view.getUint32(4, little);
    at !== 0;
    at = view.getUint32(at + 2 + 12 * view.getUint16(at, little), little)
  ) {
    if (seen.has(at)) throw new Error('its page directories form a circle');
    seen.add(at);
  }
  return seen.size;
}

function checkSupported(page: Page): void {
  const format = page.sampleFormat;
  const bits = page.bitsPerSample;
  if (page.samplesPerPixel > 1 && page.planarConfiguration === 2) {
    throw new Error('its colours are stored in separate planes; save it with interleaved colours');
  }
  if (page.samplesPerPixel > 1 && page.tiled) throw new Error('it is a tiled colour TIFF; save it in strips');
  if (format !== 1 && format !== 3 && format !== 2) throw new Error(`its sample format ${format} is not read`);
  if (format === 2 && bits !== 8 && bits !== 16) throw new Error(`signed values of ${bits} bits are not read`);
}

/** Bytes of pixels that a byte of the file holds at most, by compression: LZW, and the two numbers of deflate; 1 without. */
const largestExpansion: Readonly<Record<number, number>> = { 5: 1400, 8: 1032, 32946: 1032 };

/** The decoder takes memory and time for as many pixels as a page says it has; a damaged file may say billions. */
function checkRoom(pages: readonly Page[], bytes: number, limits: Required<ReadLimits>): void {
  let left = bytes;
  const claim = { pixels: 0, bytes: 0 };
  for (const page of pages) {
    const { width, height, samplesPerPixel, bitsPerSample, compression } = page;
    // A page without a number of bits is rejected by the decoder.
    const stored = (storedPixels(page) * samplesPerPixel * (bitsPerSample ?? 0)) / 8;
    left -= stored / (largestExpansion[compression] ?? 1);
    // Of an entry with several numbers the decoder makes a list, which the multiplication makes NaN.
    if (Number.isNaN(left)) throw new Error('its width, height or another of its sizes is not one number');
    if (left < 0) throw new Error(`it claims ${width} x ${height} pixels, more than its ${bytes} bytes can hold`);
    claim.pixels += width * height;
    // Decoded, and as planes of 32-bit floats; a palette has three of them.
    claim.bytes += stored + 4 * width * height * (page.type === 3 ? 6 : samplesPerPixel);
    checkLimits(claim, limits);
  }
}

/** Pixels of a page as they are stored: tiles are whole, also those that reach over the border. */
function storedPixels({ width, height, tileWidth, tileHeight }: Page): number {
  if (tileWidth === undefined || tileHeight === undefined) return width * height;
  return Math.ceil(width / tileWidth) * tileWidth * Math.ceil(height / tileHeight) * tileHeight;
}

function toSamples(page: Page): Samples {
  const { width, height } = page;
  if (page.type === 3) return { ...fromPalette(page), width, height, white: 65535 };
  const channels = page.samplesPerPixel;
  if (page.sampleFormat === 3) return { data: page.data, width, height, channels };
  const white = 2 ** page.bitsPerSample - 1;
  const data = page.sampleFormat === 2 ? signedAsUnsigned(page) : page.data;
  return { data, width, height, channels, white };
}

/** The decoder reads signed samples as unsigned ones: put them back in order, darkest (most negative) first. */
function signedAsUnsigned(page: Page): Float32Array {
  const half = 2 ** (page.bitsPerSample - 1);
  return Float32Array.from(page.data, (v) => (v + half) % (2 * half));
}

function fromPalette(page: Page): Pick<Samples, 'data' | 'channels'> {
  const { palette } = page;
  if (!palette) throw new Error('its palette is missing');
  const step = page.samplesPerPixel;
  const data = new Uint16Array((3 * page.data.length) / step);
  for (let i = 0, o = 0; i < page.data.length; i += step, o += 3) data.set(palette[page.data[i]], o);
  return { data, channels: 3 };
}
