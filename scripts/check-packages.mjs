/**
 * What somebody who installs the packages would find: `npm run check:packages` packs each of them and runs publint
 * (do the files that package.json names exist, in a form that Node and bundlers understand?) and are-the-types-wrong
 * (do types and code resolve to the same module?) on the tarballs.
 */
import { join } from 'node:path';
import { build } from './build.mjs';
import { packAll } from './lib/pack.mjs';
import { isMain, main, run, Stop, say } from './lib/process.mjs';
import { installTools } from './lib/tools.mjs';
import { workspaces } from './lib/workspaces.mjs';
import { setup } from './setup.mjs';

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build({ page: true });
    await checkPackages(await packAll(workspaces()));
  });
}

/** Runs both programs on every tarball, prints what they find, and fails if it was anything. */
export async function checkPackages(packed) {
  const tools = await installTools('publish');
  const programs = {
    publint: ['publint/src/cli.js', (file) => ['run', file, '--strict']],
    // The packages are ES modules only: CommonJS and the resolution of Node 10 are not supported.
    'are-the-types-wrong': ['@arethetypeswrong/cli/dist/index.js', (file) => [file, '--profile', 'esm-only']],
  };
  const failed = [];
  for (const { name, file } of packed) {
    for (const [program, [script, args]] of Object.entries(programs)) {
      const { code, stdout, stderr } = await run(process.execPath, [join(tools, script), ...args(file)], {
        capture: true,
      });
      say(`${name}: ${program} ${code === 0 ? 'found nothing' : `failed\n${stdout}${stderr}`}`);
      if (code !== 0) failed.push(`${name} (${program})`);
    }
  }
  if (failed.length > 0) throw new Stop(`Problems in ${failed.join(', ')}: see above.`);
}
