/**
 * Compiles tfjs-node's binding from the sources in its npm package, against the TensorFlow library and headers that a Python wheel carries.
 * Needs a C++ compiler, Python with pip, and a mirror of the Python packages or a wheel at hand.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root, run, Stop, say } from './lib/process.mjs';

/** The newest that this was tried with. */
export const tensorflowVersion = '2.21.0';

/** A wheel's library and headers do not depend on the Python that it is made for; this one has a wheel on every system. */
const wheelPython = '3.11';

/** Fills `into` with `lib/napi-v8/tfjs_binding.node` and `deps/lib/libtensorflow*`; `sources` is the folder of the package tfjs-node. */
export async function buildTfjsNode({ sources, into, wheel, tensorflow = tensorflowVersion }) {
  if (!['linux', 'darwin'].includes(process.platform)) {
    throw new Stop(
      `The binding can be built on Linux and macOS, not on ${process.platform}: use the published binary, or the engine "wasm".`,
    );
  }
  const python = await firstThatRuns([process.env.PYTHON, 'python3', 'python'], ['-m', 'pip', '--version']);
  if (python === undefined)
    throw new Stop('Building needs Python 3 with pip ("python3 -m pip --version" should work).');
  const compiler = await firstThatRuns([process.env.CXX, 'c++', 'g++', 'clang++'], ['--version']);
  if (compiler === undefined)
    throw new Stop('Building needs a C++ compiler (g++ or clang++; on macOS "xcode-select --install").');

  const work = mkdtempSync(join(tmpdir(), 'pyro-tensorflow-'));
  try {
    const file = wheel === undefined ? await downloadWheel(python, tensorflow, work) : resolve(wheel);
    if (!existsSync(file)) throw new Stop(`There is no wheel at ${file}.`);
    say('Unpacking the library and its headers (about 900 MB) ...');
    const libraries = await unpack(python, file, join(into, 'deps', 'lib'), join(work, 'include'));
    say('Compiling the binding ...');
    await compile({ compiler, sources, include: join(work, 'include'), libraries, into });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function firstThatRuns(programs, args) {
  for (const program of programs) {
    if (!program) continue;
    const result = await run(program, args, { capture: true }).catch(() => undefined);
    if (result?.code === 0) return program;
  }
  return undefined;
}

async function downloadWheel(python, version, into) {
  const name = process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
  say(`Downloading ${name} ${version} from the Python package index (about 270 MB) ...`);
  const which = ['--no-deps', '--only-binary=:all:', `--python-version=${wheelPython}`, '--dest', into];
  const { code, stderr } = await run(python, ['-m', 'pip', 'download', '--quiet', ...which, `${name}==${version}`], {
    capture: true,
  });
  if (code !== 0) {
    const lines = stderr.split('\n').filter((line) => line.startsWith('ERROR'));
    throw new Stop(
      [
        `pip could not download ${name} ${version}:`,
        ...lines.slice(0, 2),
        'With a wheel at hand, use --wheel FILE.',
      ].join('\n'),
    );
  }
  return join(
    into,
    readdirSync(into).find((file) => file.endsWith('.whl')),
  );
}

/** Python reads the wheel, which is a zip file; Node has no reader for those. */
const unpackProgram = `
import os, re, shutil, sys, zipfile
wheel, lib, include = sys.argv[1:]
library = re.compile(r'tensorflow/(libtensorflow_(?:cc|framework)[.](?:so[.]2|2[.]dylib))$')
header = re.compile(r'tensorflow/include/((?:tensorflow/c|tensorflow/core/platform|tsl/platform|xla/tsl)/.*[.]h)$')
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        found, folder = library.match(name), lib
        if not found: found, folder = header.match(name), include
        if not found: continue
        path = os.path.join(folder, found.group(1))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(name) as source, open(path, 'wb') as target: shutil.copyfileobj(source, target)
`;

async function unpack(python, wheel, lib, include) {
  const { code, stderr } = await run(python, ['-c', unpackProgram, wheel, lib, include], { capture: true });
  if (code !== 0) throw new Stop(`The wheel could not be unpacked: ${stderr.trim().split('\n').at(-1)}`);
  const libraries = existsSync(lib) ? readdirSync(lib).map((name) => join(lib, name)) : [];
  if (libraries.length !== 2)
    throw new Stop(`${wheel} lacks TensorFlow's libraries: it needs a wheel of tensorflow for this system.`);
  return libraries;
}

async function compile({ compiler, sources, include, libraries, into }) {
  const folder = join(into, 'lib', 'napi-v8');
  mkdirSync(folder, { recursive: true });
  const code = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, 'binding', name));
  const headers = [join(root, 'node_modules', 'node-api-headers', 'include'), include].map((path) => `-I${path}`);
  const mac = process.platform === 'darwin';
  const link = mac
    ? ['-bundle', '-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path/../../deps/lib']
    : ['-shared', '-Wl,-rpath,$ORIGIN/../../deps/lib'];
  const flags = ['-std=c++17', '-O2', '-fPIC', '-DNAPI_VERSION=8', ...headers];
  const output = ['-o', join(folder, 'tfjs_binding.node')];
  const { code: failed, stderr } = await run(compiler, [...flags, ...code, ...link, ...libraries, ...output], {
    capture: true,
  });
  if (failed === 0) return;
  const errors = stderr.split('\n').filter((line) => /error/i.test(line));
  throw new Stop(['The binding did not compile:', ...errors.slice(0, 5)].join('\n'));
}
