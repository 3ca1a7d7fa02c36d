/**
 * Runs the decoder's tests, and wrong calls past its wrapper, on a native kernel that is built with the address and undefined-behaviour sanitizers:
 * `npm run test:sanitizers`. Arguments go to vitest.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { findCompiler } from './lib/compilers.mjs';
import { cache, isMain, main, node, run, Stop, say } from './lib/process.mjs';
import { setup } from './setup.mjs';

if (isMain(import.meta.url)) {
  await main(async () => {
    if (process.platform !== 'linux') throw new Stop('The sanitizers are used on Linux only.');
    await setup();
    await build({ tests: true });
    const { buildNative } = await import('./build-native.mjs');
    const library = await buildNative({ into: join(cache, 'native-sanitized'), sanitized: true });
    if (library === undefined) throw new Stop('There is no kernel to test.');
    const env = {
      PYRO_NATIVE_LIBRARY: library,
      LD_PRELOAD: await runtime(),
      // Node itself leaks at its end, and memory that cannot be had is an error of the kernel's own.
      ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:allocator_may_return_null=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
    };
    const files = process.argv.length > 2 ? process.argv.slice(2) : ['test/spatial-decoder'];
    // One file at a time, and limits that only a hang reaches: everything takes many times longer here, and another program may have the processor.
    const limits = ['--no-file-parallelism', '--testTimeout=3600000', '--hookTimeout=3600000'];
    const tests = await node('node_modules/vitest/vitest.mjs', ['run', ...limits, ...files], { env });
    say('Wrong calls past the wrapper ...');
    const calls = await node('scripts/attack/addonCalls.mjs', ['30000'], { env });
    const isSound = tests.code === 0 && calls.code === 0;
    say(isSound ? 'The sanitizers found nothing.' : 'The sanitizers, or the tests, found something: see above.');
    return isSound ? 0 : 1;
  });
}

/** The sanitizer's library, which has to be in the process before the kernel. */
async function runtime() {
  const { command } = await findCompiler();
  const { stdout } = await run(command, ['-print-file-name=libasan.so'], { capture: true });
  const file = stdout.trim();
  if (!existsSync(file)) throw new Stop(`${command} has no address sanitizer (libasan).`);
  return file;
}
