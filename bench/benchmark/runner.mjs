/** Runs the missing cells: the rivals of a task and seed in parallel, on one core each, then ours on all cores. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportTask, taskSets } from './arrays.mjs';
import { jsonFrom } from './child.mjs';
import { isOwn } from './plan.mjs';
import { measureRival } from './rivals.mjs';

const programs = Object.fromEntries(
  ['ours', 'templateModel'].map((name) => [name, fileURLToPath(new URL(`${name}.mjs`, import.meta.url))]),
);

/** The description of the machine in a result. */
export const machine = () => `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} threads`;

/**
 * Runs the missing cells of each group and stores each result as soon as it is known. A cell that fails is reported and does not affect the others.
 * @param groups from `planCells`
 * @param options `{ store, python, jobs, taskOptions, settings, say }`
 * @returns {Promise<string[]>} what failed
 */
export async function runCells(groups, options) {
  const failed = [];
  for (const { task, seed, cells } of groups) {
    const missing = cells.filter((cell) => !options.store.has(cell));
    if (missing.length === 0) continue;
    const attempt = async (cell, measure) => {
      const name = `${cell.task}, seed ${cell.seed}, ${cell.method}`;
      try {
        const result = { ...(await measure()), machine: machine(), finished: new Date().toISOString() };
        options.store.write(cell, result);
        options.say(`${name}: ${result.accuracy.toFixed(4)} in ${result.seconds.toFixed(0)} s`);
      } catch (error) {
        options.say(`${name}: ${error.message}`);
        failed.push(name);
      }
    };
    await runRivals(task, seed, missing, options, attempt);
    for (const cell of missing.filter(({ method }) => isOwn(method)))
      await attempt(cell, () => runOurs(task, cell, options));
  }
  return failed;
}

function runOurs(task, { method, seed }, { taskOptions, settings }) {
  const program = task.rivals === undefined ? programs.ours : programs.templateModel;
  const setting = { task: task.name, method, seed, options: taskOptions, ...settings };
  return jsonFrom(process.execPath, [program, JSON.stringify(setting)]);
}

async function runRivals(task, seed, missing, { python, jobs }, attempt) {
  const waiting = missing.filter(({ method }) => !isOwn(method));
  if (waiting.length === 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'pyroved-benchmark-'));
  try {
    const arrays = join(folder, 'task.npz');
    const sets = await taskSets(task, seed);
    exportTask(arrays, sets, task.ranges);
    const { labels } = sets.test;
    const worker = async (_, index) => {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
        const { method } = cell;
        const predictions = join(folder, `predictions-${index}.npy`);
        const request = { python, arrays, method, seed, threads: 1, predictions, labels };
        await attempt(cell, () => measureRival(request));
      }
    };
    await Promise.all(Array.from({ length: jobs }, worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
