/** Packs the packages as `npm publish` would. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { npmProblem } from './npmProblem.mjs';
import { cache, npm, Stop } from './process.mjs';

/**
 * One tarball for each package, in the order of `packages`, in a folder that is emptied first: `{ name, version,
 * file, entryCount, size, unpackedSize }`, sizes in bytes. The packages have to be built.
 */
export async function packAll(packages, folder = join(cache, 'packed')) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const chosen = packages.flatMap(({ manifest }) => ['--workspace', manifest.name]);
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder, ...chosen];
  const { code, stdout, stderr } = await npm(args, { capture: true });
  if (code !== 0) throw new Stop(npmProblem(stderr));
  const byName = new Map(JSON.parse(stdout).map((packed) => [packed.name, packed]));
  return packages
    .map(({ manifest }) => byName.get(manifest.name))
    .map((packed) => ({ ...packed, file: join(folder, packed.filename) }));
}
