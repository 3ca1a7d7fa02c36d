/**
 * Limits on the memory for the content of a file, since a small file can claim any size, or unpack to a thousand times its
 * own size.
 */
import { OptionError } from 'pyro-ts';
import { PyrovedError } from '../errors.js';

/** Limits that are checked before memory is allocated. */
export interface ReadLimits {
  /** Maximum number of pixels of an image, over all pages of a file. @default 1e8 */
  readonly maxPixels?: number;
  /**
   * Maximum number of bytes of memory for the decoded content of a file.
   * @default 4e8, or 32 times the size of the file if that is more
   */
  readonly maxBytes?: number;
}

/** The option names of `ReadLimits`. @example READ_LIMITS.includes('maxBytes') // true */
export const READ_LIMITS = ['maxPixels', 'maxBytes'] as const;

const DEFAULTS = { maxPixels: 1e8, maxBytes: 4e8, growth: 32 };

/**
 * The limits for a file of `size` bytes.
 * @throws {OptionError} when a limit is not a positive number.
 * @example limitsFor(1e9).maxBytes // 3.2e10
 */
export function limitsFor(size: number, limits: ReadLimits = {}): Required<ReadLimits> {
  for (const name of READ_LIMITS) {
    const limit = limits[name];
    if (limit !== undefined && !(limit > 0)) throw new OptionError(`${name} must be a positive number; got ${limit}.`);
  }
  const { maxPixels = DEFAULTS.maxPixels, maxBytes = Math.max(DEFAULTS.maxBytes, DEFAULTS.growth * size) } = limits;
  return { maxPixels, maxBytes };
}

/**
 * A file exceeds a limit; it need not be damaged.
 * @example catch (error) { if (error instanceof LimitError) console.error('Raise maxBytes.'); }
 */
export class LimitError extends PyrovedError {}

/**
 * Checks the claims of a file before memory is allocated.
 * @throws {LimitError} when a file exceeds a limit; the message names the option that raises it.
 * @example checkRoom({ pixels: width * height, bytes: 4 * width * height }, limitsFor(file.length));
 */
export function checkRoom(claim: { pixels?: number; bytes: number }, limits: Required<ReadLimits>): void {
  const { pixels = 0, bytes } = claim;
  if (!(pixels <= limits.maxPixels))
    throw new LimitError(
      `it claims ${pixels} pixels, and at most ${limits.maxPixels} are read; raise maxPixels (--max-pixels) for more`,
    );
  if (!(bytes <= limits.maxBytes))
    throw new LimitError(
      `its content needs ${memory(bytes)} of memory, and at most ${memory(limits.maxBytes)} are used for a file of its size; ` +
        'raise maxBytes (--max-bytes) for more',
    );
}

const memory = (bytes: number): string =>
  bytes < 1e7 ? `${bytes.toLocaleString('en')} bytes` : `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
