/** The benchmark against rivals, one command: `npm run benchmark`. See docs/benchmark.md. */
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { isMain, main, root, Stop, say } from './lib/process.mjs';
import { setup } from './setup.mjs';

const usage = `npm run benchmark -- [options]

Compares pyroved-ts with what one would use instead, on generated tasks or on your own images. Finished cells (task, method, seed) are kept in the results
folder, so that a run that was stopped continues. Rivals need Python 3.10 or newer with torch and scikit-learn (xgboost is optional); without it ours runs alone.

  --tasks LIST      names separated by commas, whole or in part: cards-180,digits (default: all)
  --methods LIST    ours, rivals, or names of rivals (default: all; for the template tasks the comparable ones)
  --seeds N         seeds of every method (default: 8; slow rivals 3)
  --quick           one seed, a few tasks and the strongest rivals: 15 minutes on two cores
  --templates FILE  class images for the cards: a folder, or JSON
  --data FOLDER     your own images in place of the tasks: labelled/CLASS/*, test/CLASS/*, and unlabelled/* if you have any
  --size PIXELS     with --data: images are resized to this side (default: chosen from the images)
  --rotation DEG, --shift FRACTION, --scale LOW:HIGH, --shear DEG
                    with --data: ranges of the poses, relative to the labelled images (default: 180, 0.1, 0.77:1.3, 25)
  --engine NAME, --kernel NAME
                    engine and kernel of ours
  --epochs N        epochs of ours (default: the library's). One leaves the generative part unfinished and class probabilities as they are:
                    accuracy over many seeds in a fraction of the time
  --results FOLDER  where cells are kept (default: runs/benchmark)
  --jobs N          rivals that run at once, on one core each (default: all cores)
  --dry-run         lists the missing cells and the time they will take
  --page FILE       writes the page with tables and pictures from the finished cells; runs nothing
  --help            this text

PYRO_BENCH_PYTHON names the Python to use.`;

const text = { type: 'string' };
const flag = { type: 'boolean', default: false };
const options = {
  ...{ tasks: text, methods: text, seeds: text, quick: flag, templates: text, data: text, size: text },
  ...{ rotation: text, shift: text, scale: text, shear: text, engine: text, kernel: text, epochs: text },
  ...{ results: text, jobs: text, 'dry-run': flag, page: text, help: flag },
};

/** The arguments, checked: lists split, numbers read. @throws {Stop} with the usage for what is not understood */
export function parsed(args) {
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new Stop(`${error.message}\n\n${usage}`);
  }
  const { seeds, jobs, size, epochs, 'dry-run': dryRun, results = join(root, 'runs', 'benchmark'), ...rest } = values;
  const list = (name) => (rest[name] === undefined ? undefined : rest[name].split(',').map((part) => part.trim()));
  return {
    ...rest,
    dryRun,
    results: resolve(results),
    tasks: list('tasks'),
    methods: list('methods'),
    seeds: seeds === undefined ? undefined : count('seeds', seeds),
    jobs: jobs === undefined ? availableParallelism() : count('jobs', jobs),
    size: size === undefined ? undefined : count('size', size),
    epochs: epochs === undefined ? undefined : count('epochs', epochs),
  };
}

function count(name, value) {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new Stop(`--${name} is a whole number of at least 1, not "${value}".\n\n${usage}`);
}

/** Plans, says how long it takes, runs what is missing, and prints a table per task. Resolves to the exit code. */
export async function benchmark(given) {
  const lib = await modules();
  const { python, rivals = {}, missing: reason } = lib.findPython();
  if (reason) {
    say(`Ours runs alone: there is no Python with torch and scikit-learn (${reason}).`);
    say('For the rivals: pip install -r bench/reference/rivals/requirements.txt');
  }
  const taskOptions = optionsOfTasks(given, lib);
  const all = taskOptions.data === undefined ? lib.benchmarkTasks(taskOptions) : [lib.findTaskOfFolder(taskOptions)];
  const store = new lib.CellStore(given.results);
  if (given.page !== undefined) {
    await lib.writePage(resolve(given.page), all, store.all());
    say(`Wrote ${given.page}.`);
    return 0;
  }
  const tasks = asStop(() => lib.chosenTasks(all, given));
  const methods = asStop(() => lib.chosenMethods(Object.keys(rivals), given));
  const settings = {
    ...picked(given, ['engine', 'kernel']),
    ...(given.epochs !== undefined && { train: { epochs: given.epochs } }),
  };
  const versions = { ...lib.codeVersions(root), ...(given.data !== undefined && { files: listing(given.data) }) };
  const groups = lib.planCells({
    tasks,
    methods,
    named: given.methods !== undefined,
    seeds: given.seeds,
    quick: given.quick,
    versions,
    settings,
  });
  const missing = groups.flatMap(({ cells }) => cells).filter((cell) => !store.has(cell));
  const done = groups.flatMap(({ cells }) => cells).length - missing.length;
  const seconds = lib.estimateSeconds(missing, store.all(), given.jobs);
  say(`${missing.length} cells to run, ${done} finished: about ${lib.formatDuration(seconds)}.`);
  if (given.dryRun) {
    for (const { task, method, seed } of missing) say(`  ${task}, seed ${seed}, ${method}`);
    return 0;
  }
  const failed = await lib.runCells(groups, { store, python, jobs: given.jobs, taskOptions, settings, say });
  const wanted = groups.flatMap(({ cells }) => cells).filter((cell) => store.has(cell));
  printSummary(
    tasks,
    wanted.map((cell) => store.read(cell)),
    lib,
  );
  if (failed.length > 0) say(`\nFailed: ${failed.join('; ')}.`);
  return failed.length > 0 ? 1 : 0;
}

/** What the command is made of; it needs the built packages. */
async function modules() {
  const part = (name) => import(`../bench/benchmark/${name}.mjs`);
  const [tasks, ...others] = await Promise.all(
    ['tasks', 'cells', 'plan', 'rivals', 'runner', 'summary', 'page'].map(part),
  );
  const { formatDuration } = await import('pyroved/internal');
  const { parseAngle, parseFraction, parseRange } = await import('pyroved-ts');
  const findTaskOfFolder = (wanted) => asStop(() => tasks.folderTask(wanted.data, wanted));
  return Object.assign({}, tasks, ...others, {
    formatDuration,
    parseAngle,
    parseFraction,
    parseRange,
    findTaskOfFolder,
  });
}

/** The options from which a task is made again in another process. */
function optionsOfTasks({ templates, data, size, rotation, shift, scale, shear }, lib) {
  if (data === undefined) return picked({ templates }, ['templates']);
  const { folderRanges, parseAngle, parseFraction, parseRange } = lib;
  const half = shift === undefined ? undefined : parseFraction('shift', shift);
  const ranges = {
    ...folderRanges,
    ...(rotation !== undefined && { angle: parseAngle('rotation', rotation) }),
    ...(half !== undefined && { shift: [half, half] }),
    ...(scale !== undefined && { scale: parseRange('scale', scale) }),
    ...(shear !== undefined && { shear: parseAngle('shear', shear) }),
  };
  return { data: resolve(data), ranges, ...(size !== undefined && { size }) };
}

const picked = (object, names) =>
  Object.fromEntries(names.filter((name) => object[name] !== undefined).map((name) => [name, object[name]]));

/** The files of a folder with their sizes and times: a changed image makes new cells. */
function listing(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => [name, statSync(join(folder, name))])
    .filter(([, stats]) => stats.isFile())
    .map(([name, { size, mtimeMs }]) => `${name} ${size} ${Math.round(mtimeMs)}`);
}

function asStop(body) {
  try {
    return body();
  } catch (error) {
    throw new Stop(error.message);
  }
}

function printSummary(tasks, cells, { summariseTask }) {
  const share = (value) => value.toFixed(4);
  for (const task of tasks) {
    const { rows } = summariseTask(
      task,
      cells.filter((cell) => cell.task === task.name),
    );
    if (rows.length === 0) continue;
    say(`\n${task.title}\n${''.padEnd(24)}seeds  median   worst  seconds     MB  ours - rival`);
    for (const { method, seeds, median, worst, seconds, memoryMB, difference } of rows) {
      const figures = [String(seeds).padStart(5), share(median), ` ${share(worst)}`, seconds.toFixed(0).padStart(8)];
      const paired = difference
        ? `  ${share(difference.difference)} [${share(difference.low)}, ${share(difference.high)}]`
        : '';
      say(`${method.padEnd(24)}${figures.join('  ')}${String(memoryMB).padStart(7)}${paired}`);
    }
  }
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const given = parsed(process.argv.slice(2));
    if (given.help) {
      say(usage);
      return 0;
    }
    await setup();
    await build();
    return benchmark(given);
  });
}
