/**
 * Reads zip archives such as `.npz` and PyTorch files. Entries must lie within the file without overlap, unpack to the size
 * in the directory, and have its checksum; sizes are checked before anything is unpacked.
 */
import { crc32, inflateRawSync } from 'node:zlib';

/** One file in an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Size in bytes after unpacking. */
  readonly size: number;
  /** The unpacked content. @throws {Error} when it is damaged. */
  content(): Uint8Array;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
/** Values of fields that are stored in the 64-bit part instead. */
const [ELSEWHERE_16, ELSEWHERE] = [0xffff, 0xffffffff];

/**
 * The entries of an archive, in the order of its directory.
 * @param skipsMissingChecksums whether a checksum of 0 means none, as PyTorch writes if it is configured without
 * checksums
 * @throws {Error} when the archive is damaged.
 * @example for (const { name, content } of zipEntries(readFileSync('set.npz'))) console.log(name, content().length);
 */
export function zipEntries(bytes: Uint8Array, skipsMissingChecksums = false): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const spans: { from: number; to: number; name: string }[] = [];
  const entries = directory(view, bytes).map((entry): ZipEntry => {
    const { name, size, packed, method, checksum, offset } = entry;
    if (offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL)
      throw new Error(`${name} is not where its directory says`);
    const from = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
    const to = from + packed;
    if (to > bytes.length) throw new Error('it is cut short');
    if (entry.isEncrypted) throw new Error(`${name} is encrypted`);
    if (method !== STORED && method !== DEFLATED)
      throw new Error(`${name} is packed by a method (${method}) that is not read`);
    if (method === STORED && packed !== size) throw new Error(`${name} has two sizes, ${packed} and ${size} bytes`);
    spans.push({ from: offset, to, name });
    const content = () => {
      // Not a Buffer, whose slices are views.
      const data = new Uint8Array(bytes.buffer, bytes.byteOffset + from, packed);
      const unpacked = method === STORED ? data : inflated(data, size, name);
      if (unpacked.length !== size) throw new Error(`${name} has ${unpacked.length} bytes in place of ${size}`);
      if (!(skipsMissingChecksums && checksum === 0) && crc32(unpacked) !== checksum)
        throw new Error(`the checksum of ${name} is wrong`);
      return unpacked;
    };
    return { name, size, content };
  });
  spans.sort((a, b) => a.from - b.from);
  spans.forEach(({ from, name }, i) => {
    if (i > 0 && from < spans[i - 1].to) throw new Error(`${spans[i - 1].name} and ${name} overlap`);
  });
  return entries;
}

/** Unpacks at most the claimed size. */
function inflated(data: Uint8Array, size: number, name: string): Uint8Array {
  try {
    const { buffer, byteOffset, length } = inflateRawSync(data, { maxOutputLength: Math.max(1, size) });
    return new Uint8Array(buffer, byteOffset, length);
  } catch (cause) {
    const isLarger = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    throw new Error(
      isLarger ? `${name} has more than the ${size} bytes that it claims` : `${name} cannot be unpacked`,
      { cause },
    );
  }
}

interface Listed {
  readonly name: string;
  readonly size: number;
  readonly packed: number;
  readonly method: number;
  readonly checksum: number;
  readonly offset: number;
  readonly isEncrypted: boolean;
}

function directory(view: DataView, bytes: Uint8Array): Listed[] {
  const { count, from } = directoryPlace(view);
  const listed: Listed[] = [];
  let at = from;
  // An entry has at least 46 bytes, so a wrong count ends here.
  while (listed.length < count) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== ENTRY) throw new Error('its directory is damaged');
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const end = at + 46 + nameLength + extra;
    if (end > bytes.length) throw new Error('its directory is cut short');
    const wide = wideFields(view, at + 46 + nameLength, end);
    const field = (place: number) => {
      const value = view.getUint32(at + place, true);
      return value === ELSEWHERE ? wide() : value;
    };
    const size = field(24);
    const packed = field(20);
    const offset = field(42);
    listed.push({
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)),
      ...{ size, packed, offset },
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      isEncrypted: (view.getUint16(at + 8, true) & 1) !== 0,
    });
    at = end + comment;
  }
  return listed;
}

/** The start of the directory, from the record at the end of the archive. */
function directoryPlace(view: DataView): { count: number; from: number } {
  const last = view.byteLength - 22;
  for (let at = last; at >= Math.max(0, last - ELSEWHERE_16); at--) {
    if (view.getUint32(at, true) !== END) continue;
    const count = view.getUint16(at + 10, true);
    const from = view.getUint32(at + 16, true);
    if (count !== ELSEWHERE_16 && from !== ELSEWHERE) return { count, from };
    if (at >= 20 && view.getUint32(at - 20, true) === LOCATOR_64) {
      const wide = Number(view.getBigUint64(at - 12, true));
      if (wide + 56 <= view.byteLength && view.getUint32(wide, true) === END_64)
        return { count: Number(view.getBigUint64(wide + 32, true)), from: Number(view.getBigUint64(wide + 48, true)) };
    }
    return { count, from };
  }
  throw new Error('it is cut short: its directory is missing');
}

/** Reads the 64-bit numbers of an entry, in order. */
function wideFields(view: DataView, from: number, to: number): () => number {
  let at = from;
  while (at + 4 <= to && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true);
  at += 4;
  return () => {
    if (at + 8 > to) throw new Error('its directory is damaged');
    at += 8;
    return Number(view.getBigUint64(at - 8, true));
  };
}
