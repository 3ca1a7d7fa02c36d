/**
 * The packages of this repository, read from `workspaces` of the root package.json; each after those that it depends
 * on.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

const read = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

/** `{ folder, manifest }` of each package; `folder` is relative to the root, as in `packages/engine`. */
export function workspaces() {
  const packages = read('.').workspaces.map((folder) => ({ folder, manifest: read(folder) }));
  const byName = new Map(packages.map((entry) => [entry.manifest.name, entry]));
  const sorted = new Set();
  const add = (entry) => {
    for (const name of Object.keys(entry.manifest.dependencies ?? {})) if (byName.has(name)) add(byName.get(name));
    sorted.add(entry);
  };
  for (const entry of packages) add(entry);
  return [...sorted];
}
