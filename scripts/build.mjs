/** Builds all that is not in the clone: the packages with TypeScript, then the spatial decoder's WebAssembly and native kernels, and the page of the studio. */
import { isMain, main, node, Stop, say } from './lib/process.mjs';
import { workspaces } from './lib/workspaces.mjs';
import { setup } from './setup.mjs';

const packages = workspaces().map(({ folder }) => folder);

/** Brings everything up to date; quick where nothing changed. `tests` checks the types of the tests as well. */
export async function build({ tests = false } = {}) {
  say('Building ...');
  const projects = [...packages, 'packages/studio/src/app'];
  const { code } = await node('node_modules/typescript/bin/tsc', ['-b', ...projects, ...(tests ? ['test'] : [])]);
  if (code !== 0) throw new Stop('TypeScript found the errors above; nothing was run.');
  // Loaded only now: these use packages that the setup has just installed.
  const { buildWasm } = await import('./build-wasm.mjs');
  await buildWasm();
  const { buildNative } = await import('./build-native.mjs');
  await buildNative();
  const { buildStudio } = await import('./build-studio.mjs');
  await buildStudio();
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build();
    say('Built.');
  });
}
