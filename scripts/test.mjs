/**
 * Everything that has to hold: installs and builds what is missing, checks types, style and lint, runs the tests. `--all` makes those tests long that
 * `npm test` keeps short; all other arguments go to vitest.
 */
import { build } from './build.mjs';
import { isMain, main, node, say } from './lib/process.mjs';
import { closingLine, runTests } from './lib/vitest.mjs';
import { setup } from './setup.mjs';
import { checkWords } from './words.mjs';

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build({ tests: true });
    const lint = await node('node_modules/@biomejs/biome/bin/biome', ['check', '.']);
    const words = checkWords();
    const { selectEngine } = await import('../packages/engine/dist/index.js');
    say((await selectEngine()).line);
    const args = process.argv.slice(2);
    const env = args.includes('--all') ? { PYRO_TESTS: 'all' } : {};
    const result = await runTests(
      args.filter((arg) => arg !== '--all'),
      { env },
    );
    if (lint.code !== 0) say('Biome found the problems at the top; "npm run format" fixes most of them.');
    if (words > 0) say(`The rule of language found ${words} problems at the top; "npm run lint" lists them again.`);
    say(closingLine(result));
    return result.code || lint.code || Math.sign(words);
  });
}
