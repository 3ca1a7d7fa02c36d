/** Zarr stores on disk: a folder, or a zip archive of one. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { zipEntries } from 'pyroved-ts/node';
import { entryAt, toSlashes } from '../images/folder.js';

/** What zarrita reads from, and the paths that exist. */
export interface ZarrStore {
  /** The content of a key such as `/0/.zarray`; undefined where it is missing. */
  readonly get: (key: string) => Promise<Uint8Array | undefined>;
  /** The keys of metadata files, without the leading slash. */
  readonly metadata: readonly string[];
}

const METADATA = /(?:^|\/)(?:\.zarray|\.zgroup|\.zattrs|zarr\.json)$/;
/** Chunks and metadata files of more bytes than this are not read. */
const MOST_BYTES = 2 ** 30;
/** More entries of a folder than this are chunks. */
const MOST_DEPTH = 24;

/** Whether a folder is a Zarr store. */
export const isZarrFolder = (path: string): boolean =>
  ['.zgroup', '.zarray', 'zarr.json'].some((name) => entryAt(join(path, name))?.isFile() === true);

export function folderStore(path: string): ZarrStore {
  return {
    get: async (key) => {
      const at = join(path, key);
      if (relative(path, at).startsWith('..')) return undefined;
      const stats = entryAt(at);
      if (!stats?.isFile()) return undefined;
      if (stats.size > MOST_BYTES) throw new Error(`${key} is larger than ${MOST_BYTES} bytes`);
      return new Uint8Array(readFileSync(at));
    },
    metadata: metadataBelow(path, path, 0),
  };
}

/** Metadata files of groups and arrays. Folders below an array hold its chunks and are not visited. */
function metadataBelow(root: string, at: string, depth: number): string[] {
  if (depth > MOST_DEPTH) return [];
  const names = readdirSync(at).sort();
  const own = names.filter((name) => METADATA.test(name)).map((name) => toSlashes(relative(root, join(at, name))));
  if (names.includes('.zarray')) return own;
  const folders = names.filter(
    (name) => name !== 'c' && statSync(join(at, name), { throwIfNoEntry: false })?.isDirectory(),
  );
  return [...own, ...folders.flatMap((name) => metadataBelow(root, join(at, name), depth + 1))];
}

export function zipStore(bytes: Uint8Array): ZarrStore {
  const entries = new Map(zipEntries(bytes).map((entry) => [entry.name, entry]));
  return {
    get: async (key) => {
      const entry = entries.get(key.replace(/^\//, ''));
      if (entry && entry.size > MOST_BYTES) throw new Error(`${key} is larger than ${MOST_BYTES} bytes`);
      return entry?.content();
    },
    metadata: [...entries.keys()].filter((name) => METADATA.test(name)),
  };
}
