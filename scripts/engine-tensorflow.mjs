/**
 * Adds the engine "tensorflow": installs @tensorflow/tfjs-node beside the other packages and gets its binary. The package's own installer
 * downloads one; `--build` compiles it here against the TensorFlow library of a Python wheel, for machines that reach a package mirror only.
 */
import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildTfjsNode, tensorflowVersion } from './build-tfjs-node.mjs';
import { npmProblem } from './lib/npmProblem.mjs';
import { cache, isMain, main, node, npm, root, run, Stop, say } from './lib/process.mjs';
import { setup } from './setup.mjs';

const tfjsNode = '@tensorflow/tfjs-node@4.22.0';
const folder = join(root, 'node_modules', '@tensorflow', 'tfjs-node');
const built = join(cache, 'tensorflow');

const usage = `npm run engine:tensorflow [-- OPTIONS]

Adds TensorFlow's own C library as an engine. Without options: the binary that the tfjs project publishes.

  --build                compile the binding here instead (needs a C++ compiler and Python with pip; Linux or macOS)
  --tensorflow VERSION   with --build: the version of TensorFlow (${tensorflowVersion})
  --wheel FILE           with --build: a TensorFlow wheel that was fetched elsewhere, instead of "pip download"
  --remove               take the engine out again

docs/engines.md says when it pays.`;

/** The package's JavaScript, without its install script. A later "npm install" removes it again; what was built stays in the cache. */
async function installPackage() {
  const { code, stderr } = await npm(['install', '--no-save', '--ignore-scripts', '--loglevel=error', tfjsNode], {
    capture: true,
  });
  if (code !== 0) throw new Stop(npmProblem(stderr));
}

/** What the package's install script does: fetch TensorFlow's library and a binding made for it. */
async function download() {
  say('Downloading the binary (about 150 MB) ...');
  const env = { PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) };
  const { stdout, stderr } = await run(process.execPath, ['scripts/install.js'], { capture: true, cwd: folder, env });
  if (existsSync(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'))) return;
  const why = `${stderr}\n${stdout}`
    .split('\n')
    .find((line) => /^\s*(\w*Error|error): |\b(ENOTFOUND|ECONN|HTTP)/.test(line));
  rmSync(folder, { recursive: true, force: true });
  throw new Stop(
    [
      `The binary could not be downloaded${why === undefined ? '' : ` (${why.trim()})`}.`,
      'Its host may be out of reach, or have none for this system. "npm run engine:tensorflow -- --build" makes one here.',
      'Without it the project runs on the engine "wasm".',
    ].join('\n'),
  );
}

/** Puts what was built into the package by links, so that a package that was removed and installed again need not be built again. */
function linkBuilt() {
  for (const name of ['lib', 'deps']) {
    rmSync(join(folder, name), { recursive: true, force: true });
    symlinkSync(join(built, name), join(folder, name), 'junction');
  }
}

async function build(options) {
  const partial = `${built}.partial`;
  rmSync(partial, { recursive: true, force: true });
  await buildTfjsNode({ sources: folder, into: partial, ...options });
  rmSync(built, { recursive: true, force: true });
  renameSync(partial, built);
}

async function check() {
  const program = `const { selectEngine } = await import(${JSON.stringify(new URL('../packages/engine/dist/index.js', import.meta.url))});
    console.log((await selectEngine({ engine: 'tensorflow' })).line)`;
  const { code, stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program], {
    capture: true,
  });
  if (code === 0) return;
  const words = stderr.split('\n').find((line) => line.includes('EngineError')) ?? stdout;
  throw new Stop(`The binary is there but does not run. ${words}`);
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const types = { build: 'boolean', tensorflow: 'string', wheel: 'string', remove: 'boolean', help: 'boolean' };
    const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
    let values;
    try {
      ({ values } = parseArgs({ options }));
    } catch (error) {
      throw new Stop(`${error.message}\n\n${usage}`);
    }
    if (values.help) return say(usage);
    await setup();
    if (values.remove) {
      rmSync(built, { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true });
      return say('The engine "tensorflow" is gone.');
    }
    await node('node_modules/typescript/bin/tsc', ['-b', 'packages/engine']);
    await installPackage();
    const asked = values.build || values.wheel !== undefined || values.tensorflow !== undefined;
    if (asked && (!existsSync(built) || values.wheel !== undefined || values.tensorflow !== undefined))
      await build(values);
    if (existsSync(built)) linkBuilt();
    else await download();
    await check();
    say(
      'The engine "tensorflow" runs, and is now the first choice. PYRO_ENGINE=wasm or --engine wasm chooses otherwise.',
    );
  });
}
