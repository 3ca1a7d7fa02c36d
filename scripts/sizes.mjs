/**
 * What the packages weigh: `npm run sizes` prints, for each, how many npm packages are installed with it and how many
 * megabytes these take (Node), and how large it is in a browser, minified and compressed, with and without
 * TensorFlow.js.
 */
import { join } from 'node:path';
import { build } from './build.mjs';
import { bytesIn, installedWith } from './lib/installed.mjs';
import { packAll } from './lib/pack.mjs';
import { isMain, main, root, say } from './lib/process.mjs';
import { workspaces } from './lib/workspaces.mjs';
import { setup } from './setup.mjs';

/** The row of one package. What it installs are files on this machine; our own packages count as packed. */
async function sizes({ folder, manifest }, packed) {
  const { bundle } = await import('./lib/bundle.mjs');
  const places = installedWith(folder);
  const ours = new Map(workspaces().map((entry) => [entry.folder, entry.manifest.name]));
  const bytes = places.map((place) => {
    const name = ours.get(place);
    return name === undefined ? bytesIn(join(root, place)) : packed.get(name).unpackedSize;
  });
  const own = packed.get(manifest.name);
  const external = ['@tensorflow/tfjs'];
  const alone = await bundle(manifest.name, external);
  const whole = alone.needs === undefined ? await bundle(manifest.name) : alone;
  return {
    package: manifest.name,
    dependencies: Object.keys(manifest.dependencies ?? {}).length,
    packages: places.length + 1,
    installed: megabytes(own.unpackedSize + bytes.reduce((sum, size) => sum + size, 0)),
    packed: megabytes(own.size),
    ...(alone.needs === undefined
      ? { browser: compressed(alone), 'with tfjs': compressed(whole) }
      : {
          browser: `needs ${alone.needs.slice(0, 3).join(', ')}${alone.needs.length > 3 ? ', ...' : ''}`,
          'with tfjs': '',
        }),
  };
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const kilobytes = (bytes) => Math.round(bytes / 1e3);
const compressed = ({ bytes, gzip }) => `${kilobytes(bytes)} kB (${kilobytes(gzip)} kB gzip)`;

function printRows(rows) {
  const names = Object.keys(rows[0]);
  const lines = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
  const widths = names.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  for (const line of lines)
    say(
      line
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    );
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build({ page: true });
    const packages = workspaces();
    const packed = new Map((await packAll(packages)).map((one) => [one.name, one]));
    const rows = [];
    for (const entry of packages) rows.push(await sizes(entry, packed));
    printRows(rows);
  });
}
