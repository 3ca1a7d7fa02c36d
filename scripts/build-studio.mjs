/** Builds the page of the studio with Vite; skipped while nothing that it is made of has changed. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, main, root, say } from './lib/process.mjs';

const home = join(root, 'packages', 'studio');
const stamp = join(home, 'dist', 'page.sha256');
/** What the page is made of: its sources, the packages that are bundled with it, and the versions of the others. */
const inputs = [
  'packages/studio/src/app',
  'packages/studio/src/api.ts',
  'packages/studio/vite.config.mjs',
  'package-lock.json',
  ...['engine', 'compile', 'pyro-ts', 'spatial-decoder', 'pyroved-ts'].map((name) => `packages/${name}/dist`),
];

/** Brings the page up to date. */
export async function buildStudio() {
  const now = fingerprint();
  if (existsSync(join(home, 'dist', 'page', 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now)
    return;
  say('Building: the page of the studio ...');
  const { build } = await import('vite');
  await build({ configFile: join(home, 'vite.config.mjs') });
  writeFileSync(stamp, now);
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const file of filesOf(join(root, input))) hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** The file itself, or the sources in a folder. */
function filesOf(path) {
  if (/\.\w+$/.test(path)) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(d\.ts|map|node|tsbuildinfo)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

if (isMain(import.meta.url)) await main(buildStudio);
