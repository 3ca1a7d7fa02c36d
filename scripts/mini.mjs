/** Runs the lesson docs/mini.ts: `npm run mini`. Vite, which is installed for the tests, removes the types. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { runnerImport } from 'vite';
import { main, root } from './lib/process.mjs';

await main(async () => {
  tf.enableProdMode(); // which prints no advice on backends
  const { module } = await runnerImport(join(root, 'docs', 'mini.ts'));
  module.main();
});
