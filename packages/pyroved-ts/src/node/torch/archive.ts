/**
 * Reads the files in PyTorch's zip archives. Sizes are limited, and any changed bit is detected.
 */
import { ImportError } from '../../export/errors.js';
import { checkRoom, limitsFor, type ReadLimits } from '../limits.js';
import { zipEntries } from '../zip.js';

/** The files of the archive by path. @throws {ImportError} when it is damaged, or not a zip archive. */
export function unzipped(bytes: Uint8Array, source: string, limits: ReadLimits = {}): Map<string, Uint8Array> {
  if (bytes.length === 0) throw new ImportError(`${source} is empty (0 bytes).`);
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) {
    const why =
      bytes[0] === 0x80
        ? 'it is in the format before PyTorch 1.6 (or a bare pickle). Load it in PyTorch and save it again with torch.save'
        : 'it is not a file that torch.save writes';
    throw new ImportError(`${source} cannot be read: ${why}.`);
  }
  try {
    const entries = zipEntries(bytes, true);
    const total = entries.reduce((sum, { size }) => sum + size, 0);
    checkRoom({ bytes: total }, limitsFor(bytes.length, limits));
    return new Map(entries.map((entry) => [entry.name, entry.content()]));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ImportError(`${source} is a damaged archive: ${why}. Copy it again.`, undefined, { cause });
  }
}
