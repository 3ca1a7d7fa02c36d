/** Trains a run of an encoder-decoder (VED): loads the pairs, creates the model, trains with checkpoints, and writes figures, pictures and report. */
import type { EpochRecord, VED } from 'pyroved-ts';
import { listProblems, normalisationText } from 'pyroved-ts/internal';
import { type PairsTrainSettings, type VEDSettings, ved } from '../kinds/index.js';
import type { RunHooks } from '../runs/hooks.js';
import { type Machine, machineAgain, recordOf, startMachine } from '../runs/machine.js';
import { trainWithCheckpoints } from '../runs/runToEnd.js';
import { tellOtherMachine } from '../runs/train.js';
import { closedAtEnd } from '../runs/trainingImages.js';
import { lockOf, RunFolder } from '../storage/index.js';
import { versions } from '../version.js';
import { formatCount } from '../viz/index.js';
import { finishPairs, type PairsSummary } from './finish.js';
import { pairsSections } from './sections.js';
import { loadPairs, type PairedSets, type PairsSource } from './source.js';

export interface TrainPairsRequest extends Machine {
  /** The folder of the run; must not exist or be empty. */
  readonly folder: string;
  readonly source: PairsSource;
  readonly model?: VEDSettings;
  readonly train?: PairsTrainSettings;
  readonly seed?: number;
  /** Replace an existing run. @default false */
  readonly overwrite?: boolean;
}

export interface PairsResult {
  readonly folder: RunFolder;
  /** Absent if the run was stopped before its end. */
  readonly summary?: PairsSummary;
  readonly history: readonly EpochRecord[];
  readonly stopped: boolean;
}

/**
 * Trains a VED on a source of pairs and writes a new run folder.
 * @example await trainPairs({ folder: 'runs/spectra', source: { kind: 'pairs', inputs: 'images.npy', outputs: 'spectra.npy' } })
 */
export async function trainPairs(request: TrainPairsRequest, hooks: RunHooks<VED> = {}): Promise<PairsResult> {
  const { folder, source, model = {}, seed = 1, overwrite = false } = request;
  const train = { compile: 'auto' as const, ...ved.training(request.train ?? {}) };
  RunFolder.assertFree(folder, { overwrite });
  using machine = await startMachine(request, hooks.say);
  using sets = await openPairs(source, undefined, hooks);
  const config = ved.configure(sets, model, seed);
  // Create the model and the trainer once, so that invalid options are rejected before the folder exists.
  ved.prepare(config, sets, { ...train, seed }).model.dispose();
  const { normalisation } = sets;
  const settings = {
    model: config,
    data: { source, classNames: [], ...(normalisation && { normalisation }) },
    train,
    seed,
    ...recordOf(machine),
    versions: versions(),
  };
  const run = RunFolder.create(folder, settings, { overwrite });
  using _lock = lockOf(run);
  return await toEnd(run, sets, hooks, false);
}

/**
 * Resumes a run on pairs that was stopped or killed. The results are the same as without the interruption.
 * @example await resumePairs('runs/spectra')
 */
export async function resumePairs(
  folder: string,
  machine: Machine = {},
  hooks: RunHooks<VED> = {},
): Promise<PairsResult> {
  const run = RunFolder.open(folder);
  const { source, normalisation } = pairsSections(run).data;
  using _lock = lockOf(run);
  using started = await startMachine(machineAgain(run.config, machine), hooks.say);
  tellOtherMachine(run.config, started, hooks.say ? { say: hooks.say } : {});
  using sets = await openPairs(source, normalisation, hooks);
  return await toEnd(run, sets, hooks, true);
}

async function toEnd(run: RunFolder, sets: PairedSets, hooks: RunHooks<VED>, resume: boolean): Promise<PairsResult> {
  const { model: config, train } = pairsSections(run);
  const prepare = (options: PairsTrainSettings = {}) =>
    ved.prepare(config, sets, { compile: false, ...train, seed: run.config.seed, ...options });
  const { model, trainer } = prepare();
  try {
    const { history, ended } = await trainWithCheckpoints({
      run,
      trainer,
      hooks,
      resume,
      probe: () => prepare({ compile: false }),
    });
    if (!ended) return { folder: run, history, stopped: true };
    hooks.say?.('Drawing pictures and report.');
    return { folder: run, history, stopped: false, summary: await finishPairs(run, model, sets, history) };
  } finally {
    model.dispose();
  }
}

/** Loads the pairs and describes them to `say`. Disposing the result closes the files. */
async function openPairs(
  source: PairsSource,
  normalisation: PairedSets['normalisation'],
  { say }: RunHooks<VED>,
): Promise<PairedSets & Disposable> {
  const sets = closedAtEnd(await loadPairs(source, normalisation));
  const { train, test, problems } = sets;
  const size = ({ shape, channels }: typeof train.inputs) =>
    `${shape.length === 1 ? 'signals' : 'images'} of ${shape.join(' x ')}${channels > 1 ? `, ${channels} channels` : ''}`;
  say?.(
    `Pairs: ${formatCount(train.inputs.count)} training${test ? `, ${formatCount(test.inputs.count)} validation` : ''}; ` +
      `${size(train.inputs)} to ${size(train.outputs)}.`,
  );
  if (sets.normalisation) {
    const { inputs, outputs } = sets.normalisation;
    say?.(`Inputs: ${normalisationText(inputs)}; outputs: ${normalisationText(outputs)}`);
  }
  if (problems.length > 0) say?.(`${formatCount(problems.length)} skipped:\n${listProblems(problems)}`);
  return sets;
}
