/** Which cells a run of the benchmark consists of, and how long the missing ones will take. */
import { readdirSync } from 'node:fs';
import { versionOf } from './cells.mjs';
import { modelSettings } from './oursSettings.mjs';

/** Seconds on one core that a rival took with 48 x 48 pixels, and with how many seeds it runs: slow ones with fewer. */
const typical = {
  'template-angle': [15, 8],
  'template-scale': [15, 3],
  'template-shear': [22, 3],
  forest: [60, 3],
  boosting: [60, 3],
  mlp: [16, 8],
  'cnn-turn': [40, 8],
  'cnn-affine': [50, 8],
  'fixmatch-turn': [80, 3],
  'fixmatch-affine': [90, 3],
  'c8-turn': [100, 3],
  'c8-affine': [100, 8],
  'label-propagation': [20, 8],
  'spectral-clustering': [20, 8],
  recognition: [40, 3],
};

/** For ours, until a cell has been measured. */
const typicalOurs = 60;
const SEEDS = 8;

/** What `--quick` runs: the strongest method of each sort, with one seed. */
const quickRivals = ['template-shear+prep', 'cnn-affine+prep', 'fixmatch-affine+noise', 'c8-affine+prep'];

/** Methods of this library, which run in Node on all cores. */
export const isOwn = (method) => method === 'ours' || method === 'recognition';

const base = (method) => method.replace(/\+.*/, '');
export const seedsOf = (method) => typical[base(method)]?.[1] ?? SEEDS;

/** The methods of a run, in the order of the page. @throws {Error} for one that does not exist */
export function chosenMethods(rivals, { methods, quick }) {
  const all = ['ours', 'recognition', ...rivals];
  if (methods === undefined) return quick ? all.filter((name) => name === 'ours' || quickRivals.includes(name)) : all;
  const unknown = methods.find((name) => name !== 'rivals' && !all.includes(name));
  if (unknown !== undefined)
    throw new Error(`There is no method "${unknown}". Methods: rivals (all of them), ${all.join(', ')}.`);
  return all.filter((name) => methods.includes(name) || (name !== 'ours' && methods.includes('rivals')));
}

/** The tasks of a run. A name stands for itself or for all tasks that begin with it. @throws {Error} for one that matches none */
export function chosenTasks(tasks, { tasks: wanted, quick }) {
  if (wanted === undefined) return tasks.filter((task) => !task.hidden && (!quick || task.quick));
  const matches = (task, name) => task.name === name || task.name.startsWith(`${name}-`);
  const unknown = wanted.find((name) => !tasks.some((task) => matches(task, name)));
  if (unknown !== undefined)
    throw new Error(`There is no task "${unknown}". Tasks: ${tasks.map(({ name }) => name).join(', ')}.`);
  return tasks.filter((task) => wanted.some((name) => matches(task, name)));
}

/**
 * All cells, those of a task and seed together. `key` holds what decides a cell's numbers besides its names; see `cellFile`.
 * @param named whether the methods were named, and tasks for the template model have them too (see `templateTasks`)
 * @param seeds a number of seeds for every method; by default as many as the method's time allows
 */
export function planCells({ tasks, methods, named = false, seeds, quick, versions, settings }) {
  return tasks.flatMap((task) => {
    const most = seeds ?? (quick ? 1 : SEEDS);
    return Array.from({ length: most }, (_, k) => k + 1).map((seed) => ({
      task,
      seed,
      cells: methods
        .filter((method) => belongs(task, method, named) && (seeds !== undefined || seed <= seedsOf(method)))
        .map((method) => ({
          task: task.name,
          method,
          seed,
          key: {
            source: task.source(seed),
            ranges: task.ranges,
            ...(task.files && { files: versions.files }),
            ...(isOwn(method)
              ? {
                  version: versions.ours,
                  settings: { model: modelSettings(task), train: task.train ?? {}, ...settings },
                }
              : { version: versions.rivals }),
          },
        })),
    }));
  });
}

/** Recognition alone is what the template model is compared with; elsewhere it is ours itself. Only clusterings do without labels. */
function belongs({ rivals, withoutLabels = false }, method, named) {
  if (method === 'ours') return true;
  const clusters = base(method) === 'spectral-clustering';
  if (clusters !== withoutLabels) return false;
  return rivals === undefined ? method !== 'recognition' : (named && rivals.length > 0) || rivals.includes(method);
}

/** Versions of the code behind the cells: ours is all of the packages; a rival's is its program and the generators of the images. */
export function codeVersions(root) {
  const packages = readdirSync(`${root}/packages`).map((name) => `${root}/packages/${name}/src`);
  return {
    ours: versionOf([...packages, `${root}/packages/spatial-decoder/native`], ['.ts', '.cc', '.h']),
    rivals: versionOf([`${root}/bench/reference/rivals`, `${root}/packages/pyroved-data/src`], ['.py', '.ts']),
  };
}

/**
 * Seconds that the missing cells will take: each what the same method took on the same task, else on any task, else its typical time.
 * @param known finished cells
 * @param jobs rivals that run at once
 */
export function estimateSeconds(missing, known, jobs) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const times = (wanted) => known.filter(wanted).map((cell) => cell.wallSeconds ?? cell.seconds);
  const secondsOf = ({ task, method }) => {
    const same = times((cell) => cell.method === method && cell.task === task);
    if (same.length > 0) return mean(same);
    const other = times((cell) => cell.method === method);
    return other.length > 0 ? mean(other) : (typical[base(method)]?.[0] ?? typicalOurs);
  };
  const sum = (cells) => cells.reduce((total, cell) => total + secondsOf(cell), 0);
  return (
    sum(missing.filter(({ method }) => isOwn(method))) + sum(missing.filter(({ method }) => !isOwn(method))) / jobs
  );
}
