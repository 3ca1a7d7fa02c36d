/** The demonstration: installs and builds what is missing, then trains on the playing cards. Arguments go to `pyroved demo`. */
import { build } from './build.mjs';
import { isMain, main, node } from './lib/process.mjs';
import { setup } from './setup.mjs';

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build();
    const { code } = await node('packages/pyroved/dist/cli/main.js', ['demo', ...process.argv.slice(2)]);
    return code;
  });
}
