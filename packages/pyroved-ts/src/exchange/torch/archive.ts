/** The files in PyTorch's zip archives, checked: nothing is unpacked that is larger than it can be, and one changed bit is found. */
import { crc32 } from 'node:zlib';
import { unzipSync } from 'fflate';
import { ImportError } from '../errors.js';

/** More than any model of this kind has; an archive that claims more is damaged, or made to fill the memory. */
export const MOST_BYTES = 2 ** 31;
/** No deflated file grows by more than this. */
const MOST_GROWTH = 1032;
/** What PyTorch writes in place of a checksum where it was told to compute none. */
const NO_CHECKSUM = 0;

/** The files of the archive by their paths. @throws {ImportError} where it is damaged, or no zip archive. */
export function unzipped(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  if (bytes.length === 0) throw new ImportError(`${source} is empty (0 bytes).`);
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) {
    const why =
      bytes[0] === 0x80
        ? 'it is in the format before PyTorch 1.6 (or a bare pickle). Load it in PyTorch and save it again with torch.save'
        : 'it is not a file that torch.save writes';
    throw new ImportError(`${source} cannot be read: ${why}.`);
  }
  try {
    const files = new Map(Object.entries(unzipSync(bytes, { filter: plausible(bytes.length) })));
    const checksums = checksumsIn(bytes);
    for (const [name, content] of files) {
      const expected = checksums.get(name);
      if (expected !== NO_CHECKSUM && expected !== crc32(content)) throw new Error(`the checksum of ${name} is wrong`);
    }
    return files;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ImportError(`${source} is a damaged archive: ${why}. Copy it anew.`, undefined, { cause });
  }
}

/** Refuses what the archive's directory claims and no archive of `length` bytes can hold. */
function plausible(length: number) {
  let total = 0;
  return ({ size, originalSize }: { size: number; originalSize: number }): boolean => {
    total += originalSize;
    if (size > length || originalSize > MOST_GROWTH * size)
      throw new Error('it is cut short, or its directory is wrong');
    if (total > MOST_BYTES) throw new Error('it unpacks to more than 2 GB');
    return true;
  };
}

/** The CRC-32 of each file, from the directory at the archive's end. */
function checksumsIn(bytes: Uint8Array): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Map<string, number>();
  for (let at = directoryOf(view); at + 46 <= bytes.length && view.getUint32(at, true) === 0x02014b50; ) {
    const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const path = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name));
    found.set(path, view.getUint32(at + 16, true));
    at += 46 + name + extra + comment;
  }
  return found;
}

/** Where the directory begins: said by the record that ends the archive. */
function directoryOf(view: DataView): number {
  for (let at = view.byteLength - 22; at >= 0; at--) {
    if (view.getUint32(at, true) === 0x06054b50) return view.getUint32(at + 16, true);
  }
  return view.byteLength;
}
