/** Runs the whole test suite on each engine and prints one table. Arguments go to vitest. */
import { build } from './build.mjs';
import { isMain, main, say } from './lib/process.mjs';
import { printTable } from './lib/table.mjs';
import { runTests } from './lib/vitest.mjs';
import { setup } from './setup.mjs';

/** The engine "cpu" takes ten times as long over a training test as the others. */
const patience = '--testTimeout=600000';

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build({ tests: true });
    const { engineNames, selectEngine } = await import('../packages/engine/dist/index.js');
    const rows = [];
    for (const engine of engineNames) {
      const problem = await selectEngine({ engine }).then(
        () => undefined,
        (error) => error.message,
      );
      if (problem === undefined) {
        say(`\n=== engine ${engine} ===`);
        rows.push([engine, await runTests([patience, ...process.argv.slice(2)], { env: { PYRO_ENGINE: engine } })]);
      } else {
        rows.push([engine, problem]);
      }
    }
    return printTable('engine', rows);
  });
}
