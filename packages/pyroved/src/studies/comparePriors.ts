/** Comparison of angle priors: trains each with the same seeds on the same images, one epoch each in turn, and compares them by paired tests. */
import { type EpochRecord, PyrovedError } from 'pyroved-ts';
import { finishRun } from '../runs/finish.js';
import type { RunHooks } from '../runs/hooks.js';
import type { Machine, StartedMachine } from '../runs/machine.js';
import { checkTrainSettings } from '../runs/settings.js';
import { settingsOf } from '../runs/train.js';
import type { TrainingSets } from '../sources/sets.js';
import type { JsonObject, StudyFolder } from '../storage/index.js';
import { formatDuration, formatPercent } from '../viz/index.js';
import { ordersOf, type Symmetry } from './angleError.js';
import { type Comparison, comparisonCsv, comparisonOf, type PriorRun, symmetryOf } from './comparison.js';
import { comparisonReport } from './comparisonReport.js';
import { hooksOfParts, type PartResult, trainPart } from './part.js';
import { beginStudy, planOf, resumeStudy, type StudyAtWork, type StudyPlan, type StudyRequest } from './plan.js';
import { type PriorFigures, priorFigures } from './priorFigures.js';
import { seedList } from './seeds.js';
import { inTurns } from './turns.js';
import { comparedModel, modelWith, type PriorVariant, priorVariants } from './variants.js';

export interface CompareRequest extends StudyRequest {
  /** Names of angle priors, each optionally with a guide: "normal", "von-mises", "normal+binned". The first is the reference of the tests. */
  readonly priors: readonly string[];
  /** A number of seeds, or a list: 5 means seeds 1 to 5. They determine weights, order and noise, but not the images. */
  readonly seeds: number | readonly number[];
  /** The symmetry of classes. @default known for generated classes, else none */
  readonly symmetry?: Symmetry;
}

export interface CompareResult {
  readonly folder: StudyFolder;
  /** Absent if the comparison was stopped before its end. */
  readonly comparison?: Comparison;
  /** The finished runs. */
  readonly runs: readonly PriorRun[];
  readonly stopped: boolean;
}

interface ComparePlan extends StudyPlan {
  readonly priors: readonly string[];
  readonly seeds: readonly number[];
  readonly symmetry: Symmetry;
}

const noAngle = 'Angle priors require a model with the invariance "r".';

const partOf = (prior: string, seed: number): string => `${prior}/seed-${seed}`;

/**
 * Trains every prior with every seed, compares, and writes `results.json`, `results.csv` and `report.html`.
 * @example const { comparison } = await comparePriors({ folder: 'runs/priors', source: { kind: 'cards' }, priors: ['normal', 'von-mises'], seeds: [1, 2, 3] })
 */
export async function comparePriors(request: CompareRequest, hooks: RunHooks = {}): Promise<CompareResult> {
  const { priors, source } = request;
  const variants = priorVariants(priors);
  const seeds = seedList(request.seeds);
  checkTrainSettings(request.train ?? {});
  if (request.model?.invariances?.includes('r') === false) throw new PyrovedError(noAngle);
  const requested = { ...request, model: comparedModel(request.model ?? {}, variants) };
  const planned = (sets: TrainingSets, machine: StartedMachine) => {
    if (sets.unlabelled.shape.length === 1) throw new PyrovedError(`Signals have no angle. ${noAngle}`);
    const symmetry = symmetryOf(source, sets, request.symmetry);
    ordersOf(sets.classNames, symmetry);
    const plan: ComparePlan = { ...planOf(requested, sets, machine), priors, seeds, symmetry };
    for (const variant of variants)
      settingsOf({ ...plan, model: modelWith(plan.model, variant), sets, machine, seed: seeds[0] });
    return { plan, parts: seeds.flatMap((seed) => priors.map((prior) => partOf(prior, seed))) };
  };
  return beginStudy('priors', requested, hooks, planned, runAll);
}

/**
 * Resumes a comparison that was stopped or killed. The results are the same as without the interruption.
 * @example await resumeComparison('runs/priors')
 */
export async function resumeComparison(
  folder: string,
  machine: Machine = {},
  hooks: RunHooks = {},
): Promise<CompareResult> {
  return resumeStudy<ComparePlan, CompareResult>(
    'priors',
    folder,
    ['priors', 'seeds', 'symmetry'],
    machine,
    hooks,
    runAll,
  );
}

type All = StudyAtWork<ComparePlan>;

/** Trains all priors with the first seed, then with the next, so that finished seeds can be compared at any time. */
async function runAll(all: All): Promise<CompareResult> {
  const { study, plan, sets, hooks } = all;
  const { priors, seeds, symmetry } = plan;
  const variants = priorVariants(priors);
  const runs: PriorRun[] = [];
  const histories: { prior: string; history: readonly EpochRecord[] }[] = [];
  const hooksFor = hooksOfParts(hooks);
  for (const [i, seed] of seeds.entries()) {
    hooks.say?.(`Seed ${seed} (${i + 1} of ${seeds.length}): ${priors.join(', ')}, one epoch each in turn`);
    const after = priors.length * (seeds.length - 1 - i);
    const trained = await trainSideBySide(all, variants, seed, () => hooksFor(after, priors.length - 1));
    for (const { variant, summary, history } of trained) {
      if (!summary) continue;
      const run = runOf(variant.name, seed, summary);
      runs.push(run);
      histories.push({ prior: variant.name, history });
      hooks.say?.(runLine(run));
    }
    if (runs.length < priors.length * (i + 1)) return { folder: study, runs, stopped: true };
  }
  const comparison = comparisonOf({ priors, seeds, classNames: sets.classNames, symmetry, runs });
  study.writeResults(comparison, comparisonCsv(comparison));
  hooks.say?.('Drawing charts and report.');
  const { html, pictures } = comparisonReport({ comparison, histories, plan, sets, path: study.path });
  study.writeReport(html, pictures);
  return { folder: study, comparison, runs, stopped: false };
}

/** Trains all priors with one seed, one epoch each in turn. If one fails, the others save their state and stop. */
function trainSideBySide(
  all: All,
  variants: readonly PriorVariant[],
  seed: number,
  hooksForNext: () => RunHooks,
): Promise<(Omit<PartResult, 'run'> & { readonly variant: PriorVariant })[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(all.hooks.signal ? [all.hooks.signal] : [])]);
  return inTurns(
    variants.map((variant) => async (pause) => {
      if (signal.aborted) return { variant, history: [] };
      const name = `${variant.name}, seed ${seed}`;
      const hooks = hooksForNext();
      const { say } = hooks;
      const named = { ...hooks.forRun?.(name), ...(say && { say: (line: string) => say(`${name}: ${line}`) }) };
      try {
        return { variant, ...(await train(all, variant, seed, { ...hooks, ...named, signal, pause })) };
      } catch (error) {
        failed.abort();
        throw error;
      }
    }),
  );
}

function train(
  { study, plan, sets, machine }: All,
  variant: PriorVariant,
  seed: number,
  hooks: RunHooks,
): Promise<PartResult> {
  const orders = ordersOf(sets.classNames, plan.symmetry);
  return trainPart({
    ...plan,
    folder: study.part(partOf(variant.name, seed)),
    model: modelWith(plan.model, variant),
    sets,
    seed,
    machine,
    hooks,
    finish: (run, model, images, history) =>
      finishRun(run, model, images, history, { report: false, also: priorFigures(model, images, orders, seed) }),
  });
}

/** The figures of a run, from its summary. */
function runOf(prior: string, seed: number, summary: JsonObject): PriorRun {
  const { accuracy, elbo, meanEvidence, angles, calibrationError, seconds, epochs, loss } = summary as JsonObject &
    PriorFigures &
    Pick<PriorRun, 'accuracy' | 'calibrationError' | 'seconds' | 'epochs' | 'loss'>;
  return {
    prior,
    seed,
    ...(accuracy !== undefined && { accuracy }),
    ...(elbo !== undefined && { elbo }),
    ...(meanEvidence !== undefined && { meanEvidence }),
    ...(angles && { angleError: angles.meanDegrees, angles }),
    ...(calibrationError !== undefined && { calibrationError }),
    seconds,
    epochs,
    loss,
  };
}

function runLine({ prior, seed, accuracy, elbo, meanEvidence, angleError, seconds }: PriorRun): string {
  const parts = [
    ...(accuracy === undefined ? [] : [`accuracy ${formatPercent(accuracy)}`]),
    ...(elbo === undefined ? [] : [`ELBO ${elbo.toFixed(2)}`]),
    ...(meanEvidence === undefined ? [] : [`evidence ${meanEvidence.toFixed(2)}`]),
    ...(angleError === undefined ? [] : [`angle error ${angleError.toFixed(1)}°`]),
    formatDuration(seconds),
  ];
  return `${prior}, seed ${seed}: ${parts.join(', ')}.`;
}
