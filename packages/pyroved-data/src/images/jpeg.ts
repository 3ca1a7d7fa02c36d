/** JPEG files, checked before they are decoded. */
import { decode } from 'jpeg-js';
import { checkRoom, type ReadLimits } from 'pyroved-ts/node';
import type { Samples } from './decode.js';

/** A block of 8 x 8 pixels takes a bit at least. */
const MOST_PIXELS_PER_BYTE = 512;
/** Bytes per pixel of our own planes. */
const PLANES = 12;

export function readJpeg(bytes: Uint8Array, limits: Required<ReadLimits>): Samples {
  let end = bytes.length;
  while (end > 2 && bytes[end - 1] === 0) end--;
  if (!(bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9)) throw new Error('it ends early');
  const pixels = pixelsOf(bytes);
  if (pixels > MOST_PIXELS_PER_BYTE * bytes.length)
    throw new Error(`it claims ${pixels} pixels, more than its ${bytes.length} bytes can hold`);
  checkRoom({ pixels, bytes: pixels * PLANES }, limits);
  const { data, width, height } = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: limits.maxPixels / 1e6,
    maxMemoryUsageInMB: (limits.maxBytes - pixels * PLANES) / 2 ** 20,
  });
  return { data, width, height, channels: 3, white: 255 };
}

/** Pixels of the largest frame that the file announces; 0 where it announces none, which the decoder rejects. */
function pixelsOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let most = 0;
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) {
      at++;
      continue;
    }
    const marker = bytes[at + 1];
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) most = Math.max(most, view.getUint16(at + 5) * view.getUint16(at + 7));
    // Segments with a length are skipped; coded data are searched through.
    const hasLength = marker >= 0xc0 && marker <= 0xfe && !(marker >= 0xd0 && marker <= 0xd9);
    at += hasLength ? 2 + view.getUint16(at + 2) : 1;
  }
  return most;
}
