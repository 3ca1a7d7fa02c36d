/** Builds all that is not in the clone: the packages with TypeScript, then the spatial decoder's WebAssembly and native kernels. */
import { existsSync } from 'node:fs';
import { isMain, main, node, Stop, say } from './lib/process.mjs';
import { setup } from './setup.mjs';

const packages = ['engine', 'pyro-ts', 'spatial-decoder', 'pyroved-ts'].map((name) => `packages/${name}`);

const kernels = [
  ['./build-wasm.mjs', 'buildWasm'],
  ['./build-native.mjs', 'buildNative'],
];

/** Brings everything up to date; quick where nothing changed. `tests` checks the types of the tests as well. */
export async function build({ tests = false } = {}) {
  say('Building ...');
  const { code } = await node('node_modules/typescript/bin/tsc', ['-b', ...packages, ...(tests ? ['test'] : [])]);
  if (code !== 0) throw new Stop('TypeScript found the errors above; nothing was run.');
  for (const [file, name] of kernels) {
    if (!existsSync(new URL(file, import.meta.url))) continue;
    // Loaded only now: these scripts use packages that the setup has just installed.
    const built = await import(file);
    await built[name]();
  }
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build();
    say('Built.');
  });
}
