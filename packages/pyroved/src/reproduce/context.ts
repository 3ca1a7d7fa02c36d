/** The context that figures are made in: models of runs, and stored measurements. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { loadModel } from '../runs/loadModel.js';
import type { StartedMachine } from '../runs/machine.js';
import { trainSection } from '../runs/settings.js';
import { explained } from '../storage/errors.js';
import { RunFolder, writeFileAtomic } from '../storage/index.js';
import type { FigureContext, RunStatus } from './figure.js';
import { type Plan, type RunSpec, runId } from './plan.js';

export interface ContextOptions {
  readonly folder: string;
  readonly plan: Plan;
  readonly machine: StartedMachine;
  readonly python?: string;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The folder of a run within that of the reproduction. */
export const folderOfRun = (folder: string, spec: RunSpec): string => path.join(folder, 'runs', runId(spec));

/** How far the run in a folder has got; undefined before its first checkpoint. */
export function statusIn(folder: string): RunStatus | undefined {
  if (!RunFolder.isIn(folder)) return undefined;
  const run = RunFolder.open(folder);
  if (!run.hasCheckpoint()) return undefined;
  const records = run.metrics.read();
  const of = (name: string, record: (typeof records)[number]): number | undefined =>
    typeof record[name] === 'number' ? record[name] : undefined;
  const curve = records.map((record) => {
    const accuracy = of('accuracy', record);
    return {
      ...{ epoch: of('epoch', record) ?? 0, loss: of('loss', record) ?? Number.NaN },
      ...(accuracy !== undefined && { accuracy }),
    };
  });
  if (curve.length === 0) return undefined;
  return {
    epoch: curve[curve.length - 1].epoch,
    epochs: trainSection(run.config).epochs ?? curve.length,
    isFinished: run.hasSummary(),
    curve,
    seconds: records.reduce((sum, record) => sum + (of('seconds', record) ?? 0), 0),
  };
}

export function contextOf({ folder, plan, machine, python, say, signal }: ContextOptions): FigureContext {
  const store = path.join(folder, 'measured');
  explained(`Could not create ${store}`, () => fs.mkdirSync(store, { recursive: true }));
  const folderOf = (spec: RunSpec): string => folderOfRun(folder, spec);
  const status = (spec: RunSpec): RunStatus | undefined => statusIn(folderOf(spec));
  const withModel: FigureContext['withModel'] = async (spec, body) => {
    if (!status(spec)) return undefined;
    const trained = await loadModel(folderOf(spec), machine.kernel);
    try {
      return await body(trained);
    } finally {
      trained.model.dispose();
    }
  };
  return {
    ...{ plan, folder, say, status, folderOf, withModel },
    ...(python !== undefined && { python }),
    ...(signal && { signal }),
    measured: async <T extends object>(
      spec: RunSpec,
      name: string,
      body: Parameters<typeof withModel<T>>[1],
    ): Promise<T | undefined> => {
      const reached = status(spec);
      if (!reached) return undefined;
      const key = createHash('sha256').update(name).digest('hex').slice(0, 12);
      const file = path.join(store, `${runId(spec)}-epoch${reached.epoch}-${key}.json`);
      // Written below for the same run, epoch and measurement.
      if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
      say(`Measuring ${name} of ${spec.name}.`);
      const value = await withModel(spec, body);
      if (value !== undefined) writeFileAtomic(file, `${JSON.stringify(value)}\n`);
      return value;
    },
  };
}
