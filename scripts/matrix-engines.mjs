/**
 * Runs the whole test suite on each engine and prints one table. Arguments go to vitest. An engine that is installed and does not start fails
 * every test file.
 */
import { existsSync } from 'node:fs';
import { build } from './build.mjs';
import { interrupted, isMain, main, say } from './lib/process.mjs';
import { printTable } from './lib/table.mjs';
import { folder as tensorflow } from './lib/tfjsNode.mjs';
import { runTests } from './lib/vitest.mjs';
import { setup } from './setup.mjs';

/** The engine "cpu" takes ten times as long over a training test as the others. */
const patience = '--testTimeout=6000000';

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build({ tests: true });
    const { engineNames } = await import('../packages/engine/dist/index.js');
    const rows = [];
    for (const engine of engineNames) {
      if (engine === 'tensorflow' && !existsSync(tensorflow)) {
        rows.push([engine, 'not installed; "npm run engine:tensorflow" adds it (docs/engines.md)']);
        continue;
      }
      say(`\n=== engine ${engine} ===`);
      const result = await runTests([patience, ...process.argv.slice(2)], { env: { PYRO_ENGINE: engine } });
      rows.push([engine, result]);
      if (result.code === interrupted) break;
    }
    return printTable('engine', rows);
  });
}
