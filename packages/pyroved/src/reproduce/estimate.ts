/** The time that the trainings of a plan will take: some steps of one run of each kind are measured. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { RecognitionSSIVAE } from 'pyroved-ts';
import { prepareTraining } from '../kinds/index.js';
import { estimateTraining, PROBED_RECOGNITION } from '../runs/estimate.js';
import { type Machine, startMachine } from '../runs/machine.js';
import { withRecipe } from '../runs/recipe.js';
import { settingsOf } from '../runs/train.js';
import { openImages } from '../runs/trainingImages.js';
import { canonical } from '../sources/contentHash.js';
import { readText, writeFileAtomic } from '../storage/files.js';
import { parseJsonObject } from '../storage/json.js';
import type { RunStatus } from './figure.js';
import { type RunSpec, runId } from './plan.js';

/** Seconds that each run still takes, by its id. */
export type Estimates = ReadonlyMap<string, number>;

/** Runs of one kind take the same time: they differ in seeds, angles and priors alone. */
function kindOfRun({ column, request: { source, seed: _, model, ...rest } }: RunSpec): string {
  const { anglePrior: _prior, ...others } = model ?? {};
  const whole = canonical({ column, source: source.kind, model: others, ...rest });
  return createHash('sha256').update(whole).digest('hex').slice(0, 12);
}

export interface EstimateRequest {
  readonly specs: readonly RunSpec[];
  readonly statusOf: (spec: RunSpec) => RunStatus | undefined;
  readonly machine: Machine;
  /** Where the measured times are kept, for when the reproduction is continued. */
  readonly file: string;
  readonly signal?: AbortSignal;
}

/** Measures some steps of each kind of run that is not finished. Data are generated and models created, so that each kind takes some seconds. */
export async function estimateRuns({ specs, statusOf, machine, file, signal }: EstimateRequest): Promise<Estimates> {
  const ofKind = keptIn(file);
  const estimates = new Map<string, number>();
  using started = await startMachine(machine);
  for (const spec of specs) {
    const status = statusOf(spec);
    if (status?.isFinished) continue;
    const kind = kindOfRun(spec);
    let seconds = ofKind.get(kind);
    if (seconds === undefined) {
      signal?.throwIfAborted();
      seconds = await secondsOf(spec, started);
      ofKind.set(kind, seconds);
      writeFileAtomic(file, `${JSON.stringify(Object.fromEntries(ofKind), null, 2)}\n`);
    }
    const left = status ? Math.max(0, 1 - status.epoch / status.epochs) : 1;
    estimates.set(runId(spec), seconds * left);
  }
  return estimates;
}

/** The times that are kept, by kind. */
function keptIn(file: string): Map<string, number> {
  if (!fs.existsSync(file)) return new Map();
  const entries = Object.entries(parseJsonObject(readText(file), file));
  return new Map(entries.flatMap(([kind, seconds]) => (typeof seconds === 'number' ? [[kind, seconds]] : [])));
}

async function secondsOf({ request }: RunSpec, machine: Awaited<ReturnType<typeof startMachine>>): Promise<number> {
  const { source, seed, model = {}, train = {}, preprocess = 'auto' } = withRecipe(request.recipe, request);
  using sets = await openImages({ source, preprocess: { setting: preprocess, likelihood: model.likelihood } }, {});
  const { model: config, train: training } = settingsOf({ source, sets, model, train, seed, machine });
  const settings = { ...training, seed, compile: false };
  const { model: whole, trainer } = prepareTraining(config, sets, settings, machine.kernel);
  try {
    const { seconds } = await estimateTraining(trainer, () => {
      const probe = {
        ...settings,
        ...(whole instanceof RecognitionSSIVAE && { recognitionSteps: PROBED_RECOGNITION }),
      };
      const { model: tried, trainer: other } = prepareTraining(config, sets, probe, machine.kernel);
      return { trainer: other, discard: () => tried.dispose() };
    });
    return seconds;
  } finally {
    whole.dispose();
  }
}
