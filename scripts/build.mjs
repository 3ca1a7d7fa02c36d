/** Builds all that is not in the clone: the packages with TypeScript, then the spatial decoder's WebAssembly and native kernels, and the page of the studio. */
import { isMain, main, node, Stop, say } from './lib/process.mjs';
import { workspaces } from './lib/workspaces.mjs';
import { setup } from './setup.mjs';

const packages = workspaces().map(({ folder }) => folder);

/** Brings everything up to date; quick where nothing changed. `tests` checks the types of the tests as well; `page` builds the page of the studio. */
export async function build({ tests = false, page = false } = {}) {
  say('Building ...');
  const projects = [...packages, 'packages/studio/src/app'];
  const typescript = node('node_modules/typescript/bin/tsc', ['-b', ...projects, ...(tests ? ['test'] : [])]);
  // Loaded only now: these use packages that the setup has just installed. The kernels are built meanwhile, in processes of their own.
  const { buildNative } = await import('./build-native.mjs');
  const { buildWasm } = await import('./build-wasm.mjs');
  const kernels = buildNative().then(buildWasm);
  const [{ code }] = await Promise.all([typescript, kernels]);
  if (code !== 0) throw new Stop('TypeScript found the errors above; nothing was run.');
  if (!page) return;
  const { buildStudio } = await import('./build-studio.mjs');
  await buildStudio();
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build({ page: true });
    say('Built.');
  });
}
