/**
 * Compiles the spatial decoder's native kernel with the machine's C++ compiler into dist/native/<platform>-<arch>.node, one file for every Node
 * from 20 on. Where that cannot be done it says so in a line, and leaves the reason beside the place for whoever asks for the kernel.
 */
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { def_paths, include_dir } from 'node-api-headers';
import { findCompiler } from './lib/compilers.mjs';
import { cache, isMain, main, root, run, say } from './lib/process.mjs';

const sources = join(root, 'packages', 'spatial-decoder', 'native');

/** The instruction sets of an architecture, beside the plain one. */
const isas = { x64: ['avx2', 'avx512', 'amx'], arm64: ['neon'] };

/**
 * Brings the kernel up to date; quick where no source is newer. Resolves to the library's path, or to undefined where there is none. `into` is where
 * it goes; `platform` and `arch` are those of the compiler's target, where that is not this machine (CXX names the compiler). `sanitized`: with the
 * address and undefined-behaviour sanitizers, for `npm run test:sanitizers`.
 */
export async function buildNative({
  platform = process.platform,
  arch = process.arch,
  into = join(root, 'packages', 'spatial-decoder', 'dist', 'native'),
  sanitized = false,
} = {}) {
  const library = join(into, `${platform}-${arch}.node`);
  const absent = join(into, 'absent.txt');
  await mkdir(into, { recursive: true });
  const giveUp = async (reason, detail = '') => {
    say(`No native kernel: ${reason}. WebAssembly does its work, a few times slower.${detail && `\n${detail}`}`);
    await rm(library, { force: true });
    await writeFile(absent, reason);
  };
  if (process.env.PYRO_NATIVE === 'off') return giveUp('PYRO_NATIVE=off');
  const files = (await readdir(sources, { recursive: true })).map((file) => join(sources, file));
  const tools = ['build-native.mjs', 'lib/compilers.mjs'].map((file) => fileURLToPath(new URL(file, import.meta.url)));
  if (await newerThan(library, [...files, ...tools])) return library;

  const compiler = await findCompiler(platform, sanitized);
  if (!compiler)
    return giveUp(`no C++ compiler answers (${process.env.CXX ?? 'c++, g++, clang++ or, on Windows, cl'})`);
  say(`Building the native kernel with ${compiler.command} ...`);
  const failure = await compileAndLink(compiler, files, arch, library, sanitized ? 'sanitized' : 'native');
  if (failure) return giveUp(`${compiler.command} cannot build it`, failure);
  await rm(absent, { force: true });
  return library;
}

async function newerThan(target, files) {
  const built = await stat(target).catch(() => undefined);
  if (!built) return false;
  const times = await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs));
  return times.every((time) => time <= built.mtimeMs);
}

/** The compiler's words where it fails, else nothing. */
async function compileAndLink(compiler, files, arch, library, folder) {
  const objectsAt = join(cache, folder, basename(library));
  await mkdir(objectsAt, { recursive: true });
  const call = async (command, args) => {
    const result = await run(command, args, { capture: true, env: compiler.env, cwd: objectsAt }).catch((error) => ({
      stdout: '',
      stderr: error.message,
    }));
    return result.code === 0 ? undefined : `${command} ${args.join(' ')}\n${result.stdout}${result.stderr}`;
  };
  /** Layouts of one name lie in several folders. */
  const object = (file) => join(objectsAt, `${relative(sources, file).replace(/[\\/]/g, '-')}${compiler.objectEnd}`);
  /** The files of the folder isa/ are named for their instruction sets; all others are plain. */
  const isaOf = (file) => file.match(/isa[\\/](?!isa)(\w+)\.cc$/)?.[1];
  const compile = async (file) => {
    const words = await call(compiler.command, compiler.compile(file, object(file), include_dir, isaOf(file)));
    // A compiler from before AMX makes an empty file of it.
    const again = words !== undefined && isaOf(file) === 'amx';
    return again ? call(compiler.command, compiler.compile(file, object(file), include_dir)) : words;
  };
  const wanted = ['scalar', ...(isas[arch] ?? [])];
  const units = files.filter((file) => file.endsWith('.cc') && wanted.includes(isaOf(file) ?? 'scalar'));
  const failure = await firstFailure(units, compile);
  if (failure) return failure;
  const imports = join(objectsAt, 'node.lib');
  if (compiler.imports) {
    const words = await call(...compiler.imports(def_paths.node_api_def, imports));
    if (words) return words;
  }
  // Linked aside and moved into place: a process that has the old one loaded keeps it.
  const fresh = `${library}.fresh`;
  const words = await call(compiler.command, compiler.link(units.map(object), fresh, imports));
  if (!words) await rename(fresh, library);
  return words;
}

/** Compiles as many files at a time as there are cores, up to a handful; the words of one that failed. */
async function firstFailure(files, compile) {
  const waiting = [...files];
  const failures = [];
  const worker = async () => {
    while (waiting.length > 0) failures.push(await compile(waiting.pop()));
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 6) }, worker));
  return failures.find((words) => words !== undefined);
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await buildNative();
  });
}
