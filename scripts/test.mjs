/**
 * Everything that has to hold: installs and builds what is missing, checks types, style and lint, runs the tests but those in a browser. `--all` runs every
 * test, and those long that `npm test` keeps short; `--processes` runs the files with tests that start processes, which `npm test` skips. All other
 * arguments go to vitest, and where they name tests, style and lint are not checked.
 */
import { build } from './build.mjs';
import { isMain, main, node, say } from './lib/process.mjs';
import { closingLine, filesWithProcesses, runTests } from './lib/vitest.mjs';
import { setup } from './setup.mjs';
import { checkWords } from './words.mjs';

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    const suite = ['all', 'processes'].find((name) => process.argv.includes(`--${name}`));
    const args = process.argv.slice(2).filter((arg) => arg !== `--${suite}`);
    if (suite === 'processes') args.push(...filesWithProcesses());
    const whole = args.every((arg) => arg.startsWith('-'));
    const linting = whole ? node('node_modules/@biomejs/biome/bin/biome', ['check', '.']) : { code: 0 };
    const hasStudio = suite !== undefined || args.some((arg) => arg.startsWith('test/browser'));
    await build({ tests: true, page: hasStudio });
    const words = whole ? checkWords() : 0;
    const lint = await linting;
    const { selectEngine } = await import('../packages/engine/dist/index.js');
    say((await selectEngine()).line);
    const outside = whole && suite !== 'all' ? ['--exclude=test/browser/**'] : [];
    const result = await runTests([...args, ...outside], { env: suite ? { PYRO_TESTS: suite } : {} });
    if (lint.code !== 0) say('Biome found the problems at the top; "npm run format" fixes most of them.');
    if (words > 0) say(`The rule of language found ${words} problems at the top; "npm run lint" lists them again.`);
    say(closingLine(result));
    return result.code || lint.code || Math.sign(words);
  });
}
