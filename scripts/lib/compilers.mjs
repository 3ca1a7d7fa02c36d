/** Finds a C++ compiler and says how to call it: the g++ family on every system, Microsoft's cl on Windows. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './process.mjs';

/** What each instruction set's file needs beyond the platform's own. */
const avx512 = [
  ...['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mavx2', '-mfma'],
  // clang would otherwise split vectors in two.
  '-mprefer-vector-width=512',
];
const gnuFlags = {
  avx2: ['-mavx2', '-mfma'],
  avx512,
  amx: [...avx512, '-mavx512bf16', '-mamx-tile', '-mamx-bf16'],
};
const microsoftFlags = { avx2: ['/arch:AVX2'], avx512: ['/arch:AVX512'] };

/** The first compiler that answers: CXX where it is set, else the platform's usual ones; undefined where there is none. */
export async function findCompiler(platform = process.platform, sanitized = false) {
  const asked = process.env.CXX;
  if (asked) return (await answers(asked)) ? gnu(asked, platform, sanitized) : undefined;
  if (platform === 'win32') {
    const env = await microsoftEnvironment();
    if (env) return microsoft(env);
  }
  for (const name of platform === 'win32' ? ['g++', 'clang++'] : ['c++', 'g++', 'clang++']) {
    if (await answers(name)) return gnu(name, platform, sanitized);
  }
  return undefined;
}

async function answers(command, args = ['--version'], options = {}) {
  try {
    return (await run(command, args, { capture: true, ...options })).code === 0;
  } catch {
    return false;
  }
}

function gnu(command, platform, sanitized) {
  const shared = platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  const windows = platform === 'win32';
  const sanitizers = sanitized
    ? ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer', '-g', '-O1']
    : [];
  // The header of GCC 12 and older warns about its own intrinsics.
  const warnings = ['-Wall', '-Wextra', '-Wno-uninitialized', '-Wno-maybe-uninitialized', '-Wno-unknown-pragmas'];
  return {
    command,
    objectEnd: '.o',
    compile: (source, object, include, isa) => [
      ...['-std=c++17', '-O3', '-fvisibility=hidden', ...(windows ? [] : ['-fPIC']), ...warnings],
      ...[...(gnuFlags[isa] ?? []), ...sanitizers],
      ...['-isystem', include, '-c', source, '-o', object],
    ],
    link: (objects, library, imports) => [
      ...[...shared, ...sanitizers, ...objects, '-o', library],
      ...(windows ? ['-static', imports] : ['-pthread']),
    ],
    /** Turns a list of Node's functions into something to link with; only Windows wants it. */
    imports: windows
      ? (def, file) => [command.replace(/(g|clang)\+\+.*$/, 'dlltool'), ['-d', def, '-l', file]]
      : undefined,
  };
}

function microsoft(env) {
  return {
    command: 'cl',
    env,
    objectEnd: '.obj',
    compile: (source, object, include, isa) => [
      ...['/nologo', '/std:c++17', '/O2', '/EHsc', '/MT', '/W3', '/wd4068'],
      ...(microsoftFlags[isa] ?? []),
      ...[`/I${include}`, '/c', source, `/Fo${object}`],
    ],
    link: (objects, library, imports) => ['/nologo', '/LD', ...objects, imports, `/Fe${library}`],
    imports: (def, file) => ['lib', ['/nologo', `/def:${def}`, `/out:${file}`, `/machine:${process.arch}`]],
  };
}

/** The variables that make cl work: this process's own in a developer prompt, else what Visual Studio's script sets. */
async function microsoftEnvironment() {
  if (await answers('cl', [])) return {};
  const programs = process.env['ProgramFiles(x86)'];
  const locator = join(programs ?? 'C:\\', 'Microsoft Visual Studio', 'Installer', 'vswhere.exe');
  if (!existsSync(locator)) return undefined;
  const found = await run(locator, ['-latest', '-products', '*', '-property', 'installationPath'], { capture: true });
  const script = join(
    found.stdout.trim(),
    'VC',
    'Auxiliary',
    'Build',
    process.arch === 'arm64' ? 'vcvarsarm64.bat' : 'vcvars64.bat',
  );
  if (!existsSync(script)) return undefined;
  const { code, stdout } = await run(`"${script}" >nul && set`, [], { capture: true, shell: true });
  if (code !== 0) return undefined;
  return Object.fromEntries(
    stdout.split(/\r?\n/).flatMap((line) => (line.match(/^([^=]+)=(.*)$/) ? [[RegExp.$1, RegExp.$2]] : [])),
  );
}
