/** The finished cells of the benchmark: one JSON file per task, method and seed, named by a hash of everything that determines it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The first twelve hexadecimal digits of the SHA-256 of a value's JSON, with keys in alphabetical order. */
export const hashOf = (value) => createHash('sha256').update(canonical(value)).digest('hex').slice(0, 12);

function canonical(value) {
  return JSON.stringify(value, (_, entry) =>
    entry !== null && typeof entry === 'object' && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

/** A hash of the contents of all files below `paths` (folders or files) whose names end in one of `endings`. */
export function versionOf(paths, endings) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
      : [path];
    for (const file of files.filter((name) => endings.some((end) => name.endsWith(end))).sort())
      hash.update(readFileSync(file)).update('\n');
  }
  return hash.digest('hex').slice(0, 12);
}

/** @returns {string} the file name of a cell; the hash covers task, method, settings and code version */
export const cellFile = ({ task, method, seed, key }) =>
  `${task}_${method.replaceAll('+', '-')}_${seed}_${hashOf({ task, method, seed, ...key })}.json`;

/** A folder of cells. Files are written atomically, so every file in it is complete. */
export class CellStore {
  constructor(folder) {
    this.folder = join(folder, 'cells');
    mkdirSync(this.folder, { recursive: true });
  }

  has(cell) {
    return existsSync(join(this.folder, cellFile(cell)));
  }

  read(cell) {
    return JSON.parse(readFileSync(join(this.folder, cellFile(cell)), 'utf8'));
  }

  write(cell, result) {
    const file = join(this.folder, cellFile(cell));
    const { task, method, seed } = cell;
    writeFileSync(`${file}.part`, `${JSON.stringify({ task, method, seed, ...cell.key, ...result })}\n`);
    renameSync(`${file}.part`, file);
  }

  /** All finished cells, of whatever version; of several for one task, method and seed the newest. */
  all() {
    const newest = new Map();
    for (const name of readdirSync(this.folder)
      .filter((file) => file.endsWith('.json'))
      .sort()) {
      const cell = JSON.parse(readFileSync(join(this.folder, name), 'utf8'));
      const id = `${cell.task} ${cell.method} ${cell.seed}`;
      const known = newest.get(id);
      if (known === undefined || known.finished < cell.finished) newest.set(id, cell);
    }
    return [...newest.values()];
  }
}

/** Class indices below 256 as text, and back. */
export const packClasses = (classes) => Buffer.from(Uint8Array.from(classes)).toString('base64');
export const unpackClasses = (text) => Uint8Array.from(Buffer.from(text, 'base64'));
