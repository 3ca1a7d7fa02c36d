/** Reproduces the figures of the paper: trains the runs that they need, measures, and writes a report and a page. */
import fs from 'node:fs';
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import type { RunHooks } from '../runs/hooks.js';
import { type Machine, startMachine } from '../runs/machine.js';
import { explained } from '../storage/errors.js';
import { lockOfFolder } from '../storage/index.js';
import { contextOf } from './context.js';
import type { Figure, FigureResult } from './figure.js';
import { figures as all } from './figures/index.js';
import { writePages } from './page.js';
import { columns, Plan, type PlanOptions, type RunSpec, runId } from './plan.js';
import { type Trainers, trainAll } from './trainings.js';

export interface ReproduceRequest extends Machine, Partial<PlanOptions> {
  /** The folder of runs, measurements and report. Its runs are kept and continued. */
  readonly folder: string;
  /** Figures such as "4a", or "4" for 4a to 4f. @default all */
  readonly figures?: readonly string[];
  /** Whether to train what is missing; otherwise the figures are made of what exists. @default true */
  readonly train?: boolean;
  /** A Python with scikit-learn and xgboost, for figure S3. @default none */
  readonly python?: string;
}

export interface ReproduceResult {
  /** Whether all runs are finished. */
  readonly isComplete: boolean;
  /** The path of the report; absent if the reproduction was stopped. */
  readonly report?: string;
}

/** The figures with these names. @throws {OptionError} for an unknown one. */
export function figuresNamed(names: readonly string[] | undefined): readonly Figure[] {
  if (names === undefined || names.length === 0) return all;
  const chosen = names.map((name) => {
    const found = all.filter(({ id }) => id === name || (id.startsWith(name) && /^\d$/.test(name)));
    if (found.length > 0) return found;
    const known = all.map(({ id }) => id);
    throw new OptionError(`There is no figure "${name}".${didYouMean(name, known)}`);
  });
  return all.filter((figure) => chosen.flat().includes(figure));
}

/** The runs of the figures, each once: our recipe first, since it takes the least time, then figures that need few runs. */
export function runsOf(figures: readonly Figure[], plan: Plan): RunSpec[] {
  const needed = figures.map(({ runs }) => runs(plan)).sort((a, b) => a.length - b.length);
  const specs = needed.flat();
  const distinct = [...new Map(specs.map((spec) => [runId(spec), spec])).values()];
  return columns.flatMap((column) => distinct.filter((spec) => spec.column === column));
}

/**
 * Makes figures of the paper. A reproduction that was stopped or killed continues when it is started again with the same folder and options.
 * @throws {OptionError} for an unknown figure.
 * @example await reproduce({ folder: 'reproduced', figures: ['4a', '4e'], size: 'savings' })
 */
export async function reproduce(
  request: ReproduceRequest,
  hooks: RunHooks = {},
  trainers?: Trainers,
): Promise<ReproduceResult> {
  const { folder, size = 'full', templates, train = true, python, figures: names, ...machine } = request;
  const options: PlanOptions = { size, ...(templates !== undefined && { templates }) };
  const chosen = figuresNamed(names);
  const plan = new Plan(options);
  const specs = runsOf(chosen, plan);
  explained(`Could not create ${folder}`, () => fs.mkdirSync(folder, { recursive: true }));
  // Figures can be made of what exists while another process trains.
  using _lock = train ? lockOfFolder(folder) : undefined;
  if (train && !(await trainAll({ folder, specs, machine }, hooks, trainers))) return { isComplete: false };
  hooks.say?.('Making the figures.');
  using started = await startMachine(machine);
  const context = contextOf({
    ...{ folder, plan, machine: started, say: (line: string) => hooks.say?.(line) },
    ...(python !== undefined && { python }),
  });
  const results: { id: string; title: string; result: FigureResult }[] = [];
  for (const { id, title, make } of chosen) {
    hooks.say?.(`Figure ${id}`);
    results.push({ id, title, result: await make(context) });
  }
  const runs = specs.map((spec) => ({ spec, status: context.status(spec) }));
  const report = writePages(folder, { options, machine: started, figures: results, runs });
  return { isComplete: runs.every(({ status }) => status?.isFinished), report };
}
