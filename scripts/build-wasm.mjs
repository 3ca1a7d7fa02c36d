/**
 * Compiles what is written in AssemblyScript, the spatial decoder's WebAssembly kernel and the engine's loops, each into a JavaScript module that carries
 * its binaries as base64: it loads the same way in Node and in a browser, bundled or not.
 */
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { isMain, main, Stop, say } from './lib/process.mjs';

const modules = [
  {
    what: 'The WebAssembly kernel',
    home: place('packages/spatial-decoder/'),
    sources: ['assembly', 'src/wasm/layout.ts', 'src/wasm/encoderLayout.ts', 'src/wasm/templateLayout.ts'],
    target: 'dist/wasm/binary.js',
    // Once with fused multiply-add (relaxed SIMD), and once without.
    variants: { simd: 'simd,threads', relaxedSimd: 'simd,threads,relaxed-simd' },
    // The constants lie behind the control words: CONSTANTS in src/wasm/layout.ts.
    options: '--sharedMemory --initialMemory 1 --maximumMemory 65536 --memoryBase 8192',
  },
  {
    what: "The engine's loops",
    home: place('packages/engine/'),
    sources: ['assembly'],
    target: 'dist/wasm/binary.js',
    variants: { simd: 'simd', relaxedSimd: 'simd,relaxed-simd' },
    options: '',
  },
];

function place(path) {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** Brings the modules up to date; quick where no source is newer. */
export async function buildWasm() {
  for (const module of modules) await buildModule(module);
}

async function buildModule(module) {
  const target = `${module.home}${module.target}`;
  if (await upToDate(module, target)) return;
  say(`Building: ${module.what} ...`);
  const lines = ['/** Compiled from assembly/, base64; written by scripts/build-wasm.mjs. */'];
  for (const [name, binary] of Object.entries(await compileVariants(module))) {
    lines.push(`export const ${name} =\n  '${binary}';`);
  }
  await mkdir(dirname(target), { recursive: true });
  // A process that loads it meanwhile gets the old or the new one.
  await writeFile(`${target}.new`, `${lines.join('\n')}\n`);
  await rename(`${target}.new`, target);
}

async function upToDate({ home, sources }, target) {
  const built = await stat(target).catch(() => undefined);
  if (!built) return false;
  const files = [fileURLToPath(import.meta.url)];
  for (const source of sources) {
    const path = `${home}${source}`;
    const inside = (await stat(path)).isDirectory() ? await readdir(path) : [];
    files.push(path, ...inside.map((file) => `${path}/${file}`));
  }
  const times = await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs));
  return times.every((time) => time <= built.mtimeMs);
}

/** Every variant of a module, base64, by name. */
export async function compileVariants(module) {
  const binaries = {};
  for (const [name, features] of Object.entries(module.variants)) {
    binaries[name] = Buffer.from(await compile(module, features)).toString('base64');
  }
  return binaries;
}

async function compile({ what, home, options }, features) {
  let binary;
  const messages = [];
  const write = (text) => messages.push(text);
  const { error } = await asc.main(
    [
      ...['assembly/index.ts', '--baseDir', home, '--outFile', 'kernel.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
      // Vectors pass between functions of the module only, so the warning that JavaScript cannot take them does not apply.
      ...['--disableWarning', '112', '--enable', features, '--importMemory', '--noExportMemory'],
      ...options.split(' ').filter(Boolean),
    ],
    {
      stdout: { write },
      stderr: { write },
      writeFile: (_, contents) => {
        binary = contents;
      },
    },
  );
  if (error || !binary) throw new Stop(`${what} does not compile:\n${messages.join('')}`);
  return binary;
}

if (isMain(import.meta.url)) await main(buildWasm);
