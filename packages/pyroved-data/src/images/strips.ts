/** The strips or tiles of a TIFF page: all there, within the file, and no larger than they claim. */
import { inflateSync } from 'node:zlib';
import type { decode } from 'tiff';

type Page = ReturnType<typeof decode>[number];

const LZW = 5;
const DEFLATE = [8, 32946];
/** No deflated data grow by more than this, and LZW data only by more than this with a picture of one colour. */
const MOST_GROWTH = 2600;
/** What may be unpacked without a look at its size first. */
const LITTLE = 5e7;

/** @throws {Error} when a strip is missing, outside the file, or larger than its part of the page. */
export function checkStrips(page: Page, bytes: Uint8Array): void {
  const { compression, rowsPerStrip, width, height } = page;
  const [offsets, sizes] = page.tiled
    ? [page.tileOffsets, page.tileByteCounts]
    : [page.stripOffsets, page.stripByteCounts];
  const [across, rows] = page.tiled
    ? [page.tileWidth ?? 0, page.tileHeight ?? 0]
    : [width, Math.min(rowsPerStrip, height)];
  const what = page.tiled ? 'tile' : 'strip';
  if (!(rows > 0 && across > 0)) throw new Error(`its ${what}s have no size`);
  const count = Math.ceil(height / rows) * Math.ceil(width / across);
  if (!offsets || offsets.length < count)
    throw new Error(`it has ${offsets?.length ?? 0} of ${count} ${what}s; the rest is missing`);
  const most = Math.ceil((across * page.samplesPerPixel * page.bitsPerSample) / 8) * rows;
  for (let i = 0; i < count; i++) {
    // Without sizes there is one strip without compression, which holds all rows.
    const size = sizes?.[i] ?? (compression === 1 ? most : bytes.length - offsets[i]);
    if (!(offsets[i] > 0 && size > 0)) throw new Error(`${what} ${i + 1} of ${count} is missing`);
    if (offsets[i] + size > bytes.length)
      throw new Error(`${what} ${i + 1} of ${count} reaches beyond the end of the file`);
    // The last strip has the rows that are left.
    const least = page.tiled ? most : (most / rows) * Math.min(rows, height - i * rows);
    if (compression === 1 && size < least)
      throw new Error(`${what} ${i + 1} of ${count} has ${size} of ${least} bytes`);
    if (size * MOST_GROWTH > LITTLE)
      checkUnpacked(bytes.subarray(offsets[i], offsets[i] + size), compression, most, `${what} ${i + 1}`);
  }
}

function checkUnpacked(packed: Uint8Array, compression: number, most: number, which: string): void {
  const tooLarge = () => new Error(`${which} unpacks to more than its part of the page`);
  if (compression === LZW && lzwLength(packed, most + LITTLE) > most + LITTLE) throw tooLarge();
  if (!DEFLATE.includes(compression)) return;
  try {
    inflateSync(packed, { maxOutputLength: most + LITTLE });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    // What is damaged otherwise, the decoder says.
  }
}

const [CLEAR, END, FIRST] = [256, 257, 258];

/** Bytes that LZW data unpack to, without unpacking them; it stops beyond `most`. */
function lzwLength(packed: Uint8Array, most: number): number {
  const lengths = new Uint32Array(4097).fill(1, 0, 256);
  let [next, bits, before, total] = [FIRST, 9, 0, 0];
  let [buffer, held] = [0, 0];
  for (let at = 0; total <= most; ) {
    while (held < bits && at < packed.length) {
      buffer = ((buffer << 8) | packed[at++]) & 0xffffff;
      held += 8;
    }
    if (held < bits) return total;
    const code = (buffer >> (held - bits)) & ((1 << bits) - 1);
    held -= bits;
    if (code === END) return total;
    if (code === CLEAR) {
      [next, bits, before] = [FIRST, 9, 0];
      continue;
    }
    const length = code < next ? lengths[code] : before + 1;
    total += length;
    if (before > 0 && next < 4096) lengths[next++] = before + 1;
    if (next >= (1 << bits) - 1 && bits < 12) bits++;
    before = length;
  }
  return total;
}
