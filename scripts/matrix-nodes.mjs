/**
 * Runs the whole test suite on each line of Node that the project supports and prints one table. The Nodes are npm packages, kept in
 * node_modules/.cache. `--nodes 20.19.0,26` names others; all further arguments go to vitest.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { npmProblem } from './lib/npmProblem.mjs';
import { cache, interrupted, isMain, main, npm, Stop, say } from './lib/process.mjs';
import { printTable } from './lib/table.mjs';
import { runTests } from './lib/vitest.mjs';
import { setup } from './setup.mjs';

const folder = join(cache, 'nodes');

/** Installs each of `versions` ("22" or "20.19.0") side by side and returns the paths of their programs. */
async function fetchNodes(versions) {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const aliases = versions.map((version) => `node-${version}@npm:node-${system}-${process.arch}@${version}`);
  const { code, stderr } = await npm(['install', '--loglevel=error', ...aliases], { capture: true, cwd: folder });
  if (code !== 0) throw new Stop(npmProblem(stderr));
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  return versions.map((version) => join(folder, 'node_modules', `node-${version}`, 'bin', program));
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const options = { nodes: { type: 'string', default: '20.19.0,20,22,24,26' } };
    const { values, tokens } = parseArgs({ options, strict: false, tokens: true });
    const used = tokens.filter((token) => token.name === 'nodes');
    const own = new Set(used.flatMap((token) => (token.inlineValue ? [token.index] : [token.index, token.index + 1])));
    const rest = process.argv.slice(2).filter((_, index) => !own.has(index));

    await setup();
    await build({ tests: true });
    const versions = values.nodes.split(',');
    const programs = await fetchNodes(versions);
    const { selectEngine } = await import('../packages/engine/dist/index.js');
    say((await selectEngine()).line);
    const rows = [];
    for (const [i, version] of versions.entries()) {
      say(`\n=== Node ${version} ===`);
      const result = await runTests(rest, { nodePath: programs[i] });
      rows.push([`Node ${version}`, result]);
      if (result.code === interrupted) break;
    }
    return printTable('node', rows);
  });
}
