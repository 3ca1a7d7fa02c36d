/**
 * Runs the Python side of the benchmark: Pyro and pyroVED on PyTorch, and NumPyro, from PyPI. PYRO_BENCH_PYTHON names a Python that has them; else a virtual environment
 * is made once under node_modules/.cache with `pip install pyroved torch numpyro funsor`.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const environment = path.join(root, 'node_modules/.cache/bench-python');
const inEnvironment = (name) =>
  process.platform === 'win32' ? path.join(environment, 'Scripts', `${name}.exe`) : path.join(environment, 'bin', name);

/** glibc settings under which PyTorch keeps its memory instead of giving it back after every operation. */
export const tunedMalloc = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: '8589934592',
  MALLOC_TOP_PAD_: '536870912',
};

/** The JSON object that a script of this folder prints. Throws an error with its output where it prints none. */
export function pyroFigures(script, args, env = {}) {
  const command = python();
  const run = spawnSync(command, [path.join(here, script), ...args], {
    encoding: 'utf8',
    maxBuffer: 1e8,
    env: { ...process.env, ...env },
  });
  const line = run.stdout?.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) {
    const reason = run.error ? `does not start (${run.error.code})` : `failed: ${run.stderr.trim().split('\n').at(-1)}`;
    throw new Error(`bench/reference/${script} gave no figures, since ${command} ${reason}. ${advice}`);
  }
  return JSON.parse(line);
}

const advice = 'Set PYRO_BENCH_PYTHON to a Python that has pyroved and torch.';

function python() {
  const own = process.env.PYRO_BENCH_PYTHON;
  if (own) return own;
  if (!fs.existsSync(inEnvironment('python'))) {
    console.error('Making a Python environment with PyTorch and pyroVED (several GB, once).');
    must(
      spawnSync(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', environment], { stdio: 'inherit' }),
    );
    must(
      spawnSync(inEnvironment('python'), ['-m', 'pip', 'install', '--quiet', 'pyroved', 'torch', 'numpyro', 'funsor'], {
        stdio: 'inherit',
      }),
    );
  }
  return inEnvironment('python');
}

/** A half-made environment would be taken for a whole one. */
function must(run) {
  if (run.status === 0) return;
  fs.rmSync(environment, { recursive: true, force: true });
  throw new Error(`the Python environment could not be made. ${advice}`);
}
