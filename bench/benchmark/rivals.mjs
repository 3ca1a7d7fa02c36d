/** The rivals: which there are, the Python that runs them, and one cell. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeNpy } from 'pyroved-data';
import { packClasses } from './cells.mjs';
import { jsonFrom } from './child.mjs';

export const rivalsFolder = join(dirname(fileURLToPath(import.meta.url)), '..', 'reference', 'rivals');
const program = join(rivalsFolder, 'rivals.py');

/**
 * The rivals that a Python can run, with their settings and the versions of its packages.
 * @returns {{ python: string, rivals: object, versions: object } | { missing: string }}
 */
export function findPython(wanted = process.env.PYRO_BENCH_PYTHON) {
  let missing = '';
  for (const python of wanted ? [wanted] : ['python3', 'python']) {
    const { status, stdout, stderr, error } = spawnSync(python, [program, '--list'], { encoding: 'utf8' });
    if (status === 0 && stdout.startsWith('{')) return { python, ...JSON.parse(stdout) };
    missing = error ? `${python} does not start (${error.code})` : `${python}: ${stderr.trim().split('\n').at(-1)}`;
  }
  return { missing };
}

/** Runs one rival on an exported task; `labels` are those of the test images. */
export async function measureRival({ python, arrays, method, seed, threads, predictions, labels }) {
  const options = { task: arrays, rival: method, seed, threads, predictions };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { rival: _, seed: __, predictions: ___, seconds, ...figures } = await jsonFrom(python, [program, ...args]);
  const { data } = decodeNpy(readFileSync(predictions));
  return { ...figures, seconds, predictions: packClasses(data), truth: packClasses(labels) };
}
