/**
 * Compiles the spatial decoder's WebAssembly kernel, once with fused multiply-add (relaxed SIMD) and once without, into one JavaScript module that
 * carries both as base64: it loads the same way in Node and in a browser, bundled or not.
 */
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { isMain, main, Stop, say } from './lib/process.mjs';

const home = fileURLToPath(new URL('../packages/spatial-decoder/', import.meta.url));
const target = `${home}dist/wasm/binary.js`;
const layout = 'src/wasm/layout.ts';
const variants = { simd: 'simd,threads', relaxedSimd: 'simd,threads,relaxed-simd' };

/** Brings dist/wasm/binary.js up to date; quick where no source is newer. */
export async function buildWasm() {
  if (await upToDate()) return;
  say('Building the WebAssembly kernel ...');
  const lines = ['/** The compiled kernel, base64; written by scripts/build-wasm.mjs. */'];
  for (const [name, features] of Object.entries(variants)) {
    const binary = await compile(features);
    lines.push(`export const ${name} =\n  '${Buffer.from(binary).toString('base64')}';`);
  }
  await mkdir(`${home}dist/wasm`, { recursive: true });
  await writeFile(target, `${lines.join('\n')}\n`);
}

async function upToDate() {
  const built = await stat(target).catch(() => undefined);
  if (!built) return false;
  const sources = [fileURLToPath(import.meta.url), `${home}${layout}`];
  for (const file of await readdir(`${home}assembly`)) sources.push(`${home}assembly/${file}`);
  const times = await Promise.all(sources.map(async (file) => (await stat(file)).mtimeMs));
  return times.every((time) => time <= built.mtimeMs);
}

async function compile(features) {
  let binary;
  const messages = [];
  const write = (text) => messages.push(text);
  const { error } = await asc.main(
    [
      ...['assembly/index.ts', '--baseDir', home, '--outFile', 'kernel.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
      // Vectors pass between functions of the module only, so the warning that JavaScript cannot take them does not apply.
      ...['--disableWarning', '112', '--enable', features],
      ...['--importMemory', '--noExportMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
      // The constants lie behind the control words: CONSTANTS in src/wasm/layout.ts.
      ...['--memoryBase', '8192'],
    ],
    {
      stdout: { write },
      stderr: { write },
      writeFile: (_, contents) => {
        binary = contents;
      },
    },
  );
  if (error || !binary) throw new Stop(`The WebAssembly kernel does not compile:\n${messages.join('')}`);
  return binary;
}

if (isMain(import.meta.url)) await main(buildWasm);
