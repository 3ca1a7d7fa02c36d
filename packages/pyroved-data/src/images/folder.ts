/** Which files a folder holds, in the order a person would list them. */
import { readdirSync, type Stats, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { DataError } from 'pyroved-ts';

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });

/** `img2` before `img10`. */
export const naturalOrder = (a: string, b: string): number => collator.compare(a, b);

const SYSTEM_FILES = new Set(['thumbs.db', 'desktop.ini', '__macosx']);

/** Files that systems put into folders without being asked. */
export const isHidden = (name: string): boolean => name.startsWith('.') || SYSTEM_FILES.has(name.toLowerCase());

/** Rejects what is no path. `what` is how messages call the file or folder. */
export function requirePath(path: unknown, what: string): void {
  if (typeof path !== 'string') throw new DataError(`${what} is given by its path, not by ${JSON.stringify(path)}.`);
}

/** What is at `path`; undefined for nothing, and for what is no path: too long, with a zero character, below a file. */
export function entryAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** @throws {DataError} when `path` is missing or is no folder. `option` is what the user gave it as. */
export function requireFolder(path: string, option: string): void {
  requirePath(path, option);
  const stats = entryAt(path);
  if (!stats) throw new DataError(`${option}: there is no folder "${path}".`);
  if (!stats.isDirectory()) throw new DataError(`${option}: "${path}" is a file; a folder of images is expected.`);
}

/** The subfolders of `folder`, by name. */
export const subfolders = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !isHidden(name) && statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory())
    .sort(naturalOrder);

/**
 * All files in `folder` and below, relative to it with forward slashes, in natural order; hidden files are skipped.
 */
export function listFiles(folder: string): string[] {
  const files: string[] = [];
  const visited = new Set<string>();
  const visit = (at: string): void => {
    const { dev, ino } = statSync(at, { bigint: true });
    const identity = `${dev}/${ino}`;
    // A link to a folder above would otherwise go round for ever.
    if (visited.has(identity)) return;
    visited.add(identity);
    for (const name of readdirSync(at)) {
      const path = join(at, name);
      const stats = isHidden(name) ? undefined : statSync(path, { throwIfNoEntry: false });
      if (stats?.isDirectory()) visit(path);
      else if (stats) files.push(toSlashes(relative(folder, path)));
    }
  };
  visit(folder);
  return files.sort(naturalOrder);
}

/** A path with forward slashes on every system, as names and label files have it. */
export const toSlashes = (path: string): string => path.split(sep).join('/');

/** Whether `inner` lies in `outer` or is the same folder. */
export function isInside(inner: string, outer: string): boolean {
  const path = relative(outer, inner);
  return path === '' || (!path.startsWith(`..${sep}`) && path !== '..' && !/^[A-Za-z]:/.test(path));
}
