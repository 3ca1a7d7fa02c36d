/** Unpacking of the strips and tiles of TIFF pages. */
import * as zlib from 'node:zlib';

/** Unpacks by the number of the compression to at most `most` bytes. @throws {Error} for one that is not supported. */
export function unpack(packed: Uint8Array, compression: number, most: number): Uint8Array {
  switch (compression) {
    case 1:
      return packed;
    case 5:
      return unpackLzw(packed, most);
    case 8:
    case 32946:
      return limited(() => zlib.inflateSync(packed, { maxOutputLength: most }));
    case 32773:
      return unpackBits(packed, most);
    case 50000: {
      // Of Node.js 22 and later.
      const zstd: unknown = Reflect.get(zlib, 'zstdDecompressSync');
      if (typeof zstd !== 'function')
        throw new Error('Zstandard compression needs Node.js 22.15 or later; save it with deflate');
      return limited(() => zstd(packed, { maxOutputLength: most }));
    }
    default:
      throw new Error(`its compression ${compression} is not supported; save it without, with LZW or with deflate`);
  }
}

function limited(action: () => Uint8Array): Uint8Array {
  try {
    return action();
  } catch (cause) {
    const isLarger = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    throw new Error(isLarger ? 'its data unpack to more pixels than it claims' : 'its data cannot be unpacked', {
      cause,
    });
  }
}

const [CLEAR, END, FIRST, LARGEST] = [256, 257, 258, 4096];

/** LZW with codes of 9 to 12 bits, the highest bit first. Strings are kept as (prefix, last byte). */
function unpackLzw(packed: Uint8Array, most: number): Uint8Array {
  const out = new Uint8Array(most);
  const prefix = new Uint16Array(LARGEST);
  const last = new Uint8Array(LARGEST);
  const lengths = new Uint16Array(LARGEST);
  for (let i = 0; i < 256; i++) [last[i], lengths[i]] = [i, 1];
  let [next, bits, before, length] = [FIRST, 9, -1, 0];
  let [buffer, held] = [0, 0];
  for (let at = 0; ; ) {
    while (held < bits && at < packed.length) {
      buffer = ((buffer << 8) | packed[at++]) & 0xffffff;
      held += 8;
    }
    if (held < bits) break;
    const code = (buffer >> (held - bits)) & ((1 << bits) - 1);
    held -= bits;
    if (code === END) break;
    if (code === CLEAR) {
      [next, bits, before] = [FIRST, 9, -1];
      continue;
    }
    if (code > next || (code === next && before < 0) || code === CLEAR) throw new Error('its LZW data are damaged');
    const isNew = code === next;
    const source = isNew ? before : code;
    const count = lengths[source] + (isNew ? 1 : 0);
    if (length + count > most) return out; // padding beyond the last row
    let write = length + lengths[source] - 1;
    let entry = source;
    for (; entry >= FIRST; entry = prefix[entry]) out[write--] = last[entry];
    out[write] = entry;
    const first = entry;
    if (isNew) out[length + count - 1] = first;
    length += count;
    if (before >= 0 && next < LARGEST) {
      prefix[next] = before;
      last[next] = first;
      lengths[next] = lengths[before] + 1;
      next++;
    }
    if (next >= (1 << bits) - 1 && bits < 12) bits++;
    before = code;
  }
  return out.subarray(0, length);
}

/** PackBits: runs of equal bytes and of different ones. */
function unpackBits(packed: Uint8Array, most: number): Uint8Array {
  const out = new Uint8Array(most);
  let length = 0;
  for (let at = 0; at < packed.length && length < most; ) {
    const head = packed[at++];
    if (head === 128) continue;
    const count = Math.min(head < 128 ? head + 1 : 257 - head, most - length);
    if (head < 128) {
      out.set(packed.subarray(at, at + count), length);
      at += head + 1;
    } else out.fill(packed[at++], length, length + count);
    length += count;
  }
  return out.subarray(0, length);
}

/** What one row of a strip or tile consists of. */
export interface RowLayout {
  /** Samples of a row, and samples of a pixel. */
  readonly samples: number;
  readonly step: number;
  readonly bytes: number;
  readonly little: boolean;
}

/** Undoes horizontal differences (predictor 2) in place. */
export function undoDifferences(data: Uint8Array, { samples, step, bytes, little }: RowLayout): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const rowBytes = samples * bytes;
  for (let row = 0; row + rowBytes <= data.length; row += rowBytes) {
    for (let i = step; i < samples; i++) {
      const [at, before] = [row + i * bytes, row + (i - step) * bytes];
      if (bytes === 1) data[at] += data[before];
      else if (bytes === 2) view.setUint16(at, view.getUint16(at, little) + view.getUint16(before, little), little);
      else if (bytes === 4) view.setUint32(at, view.getUint32(at, little) + view.getUint32(before, little), little);
      else view.setBigUint64(at, view.getBigUint64(at, little) + view.getBigUint64(before, little), little);
    }
  }
}

/** Undoes the differences of floating-point numbers (predictor 3): bytes of equal weight lie together. The result is big endian. */
export function undoFloatDifferences(data: Uint8Array, { samples, step, bytes }: RowLayout): Uint8Array {
  const out = new Uint8Array(data.length);
  const rowBytes = samples * bytes;
  for (let row = 0; row + rowBytes <= data.length; row += rowBytes) {
    for (let i = step; i < rowBytes; i++) data[row + i] += data[row + i - step];
    for (let i = 0; i < samples; i++)
      for (let b = 0; b < bytes; b++) out[row + i * bytes + b] = data[row + b * samples + i];
  }
  return out;
}
