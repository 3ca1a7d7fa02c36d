/**
 * Adds the engine "tensorflow": installs @tensorflow/tfjs-node beside the other packages and gets its binary. The package's own installer
 * downloads one; `--build` compiles it here against the TensorFlow library of a Python wheel, for machines that reach a package mirror only.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildTfjsNode, tensorflowVersion } from './build-tfjs-node.mjs';
import { isMain, main, node, root, run, Stop, say } from './lib/process.mjs';
import { built, folder, installTfjsNode, linkBuilt } from './lib/tfjsNode.mjs';
import { setup } from './setup.mjs';

const usage = `npm run engine:tensorflow [-- OPTIONS]

Adds TensorFlow's own C library as an engine. Without options: the binary that the tfjs project publishes.

  --build                compile the binding here instead (needs a C++ compiler and Python with pip; Linux or macOS)
  --tensorflow VERSION   with --build: the version of TensorFlow (${tensorflowVersion})
  --wheel FILE           with --build: a TensorFlow wheel that was fetched elsewhere, instead of "pip download"
  --remove               take the engine out again

docs/engines.md says when it pays.`;

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

async function build(options) {
  const partial = `${built}.partial`;
  rmSync(partial, { recursive: true, force: true });
  try {
    await buildTfjsNode({ sources: folder, into: partial, ...options });
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(built)) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
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
  throw new Stop(`The binary exists but does not run. ${words}`);
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
    await installTfjsNode();
    const other = values.wheel !== undefined || values.tensorflow !== undefined;
    if (other || (values.build && !existsSync(built))) await build(values);
    if (existsSync(built)) linkBuilt();
    else await download();
    await check();
    say(
      'The engine "tensorflow" runs, and is now the first choice. PYRO_ENGINE=wasm or --engine wasm chooses otherwise.',
    );
  });
}
