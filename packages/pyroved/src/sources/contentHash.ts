/** A hash of the images of a source: equal for equal files, wherever they lie. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { explained } from '../storage/index.js';
import type { Source } from './source.js';

/** SHA-256 of the options of the source and of the names and contents of its files, in hexadecimal. Generated images are their options. */
export function contentHash(source: Source): string {
  const hash = createHash('sha256');
  const options: Record<string, unknown> = { ...source };
  for (const name of fileOptions[source.kind]) {
    const place = options[name];
    // Within a file of several arrays, labels may be the name of another one.
    if (typeof place !== 'string' || !fs.existsSync(place)) continue;
    delete options[name];
    hash.update(`${name}\n`);
    for (const file of filesIn(place)) {
      hash.update(`${path.relative(place, file)}\n`);
      hash.update(digestOf(file));
    }
  }
  return hash.update(canonical(options)).digest('hex');
}

/** JSON with sorted keys, without undefined entries: equal for equal values. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** The options of each source that name a file or folder. */
export const fileOptions: Readonly<Record<Source['kind'], readonly string[]>> = {
  images: ['unlabelled', 'labelled', 'labels', 'factors'],
  array: ['file', 'labels', 'factors'],
  micrographs: ['path', 'objects', 'labels'],
  cards: ['templates'],
  glyphs: [],
  digits: [],
  particles: [],
  peaks: [],
};

function filesIn(place: string): string[] {
  return explained(`Could not read ${place}`, () => {
    if (!fs.statSync(place).isDirectory()) return [place];
    const entries = fs.readdirSync(place, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
  });
}

const BLOCK = 1 << 22;

/** The hash of one file, which need not fit into memory. */
function digestOf(file: string): Buffer {
  return explained(`Could not read ${file}`, () => {
    const hash = createHash('sha256');
    const block = Buffer.alloc(BLOCK);
    const handle = fs.openSync(file, 'r');
    try {
      for (let n = fs.readSync(handle, block); n > 0; n = fs.readSync(handle, block)) hash.update(block.subarray(0, n));
    } finally {
      fs.closeSync(handle);
    }
    return hash.digest();
  });
}
