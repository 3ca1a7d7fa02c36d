/**
 * Which npm packages come with a package, and how much room they take, from the lock file and what lies in
 * node_modules.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

const lock = () => JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;

/**
 * The places (as in the lock file, `node_modules/a/node_modules/b`) of all packages that are installed with the
 * package in `folder`: what it depends on, its peers, and so on; not itself. Optional ones count where they are
 * there.
 */
export function installedWith(folder) {
  const entries = lock();
  const found = new Set();
  const visit = (place) => {
    const {
      dependencies = {},
      optionalDependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = entries[place];
    const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const next = resolve(entries, place, name);
      if (next === undefined || found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(folder);
  return [...found];
}

/** Where Node finds `name` from a package at `place`; a link to a package of this repository becomes its folder. */
function resolve(entries, place, name) {
  for (let from = place; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/')))) {
    if (from.endsWith('node_modules')) continue;
    const candidate = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`;
    const entry = entries[candidate];
    if (entry?.link) return entry.resolved;
    if (entry !== undefined && existsSync(join(root, candidate))) return candidate;
    if (from === '') return undefined;
  }
}

/** The bytes of all files in a folder, without those of the packages nested in it. */
export function bytesIn(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += bytesIn(path);
    else if (entry.isFile()) bytes += statSync(path).size;
  }
  return bytes;
}
