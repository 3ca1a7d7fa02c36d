/** The figures of the paper: installs and builds what is missing, then makes them. Arguments go to `pyroved reproduce`. */
import { build } from './build.mjs';
import { isMain, main, node } from './lib/process.mjs';
import { setup } from './setup.mjs';

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build();
    const { code } = await node('packages/pyroved/dist/cli/main.js', ['reproduce', ...process.argv.slice(2)]);
    return code;
  });
}
