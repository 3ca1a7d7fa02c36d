/** A whole run: images, model, training with checkpoints, and at the end the figures, pictures and report in the run's folder. */
import { RunFolder, type RunSettings, whileLocked } from '../run/index.js';
import { versions } from '../version.js';
import { finishRun } from './finish.js';
import type { RunHooks } from './hooks.js';
import {
  kernelInWords,
  type Machine,
  type MachineRecord,
  machineAgain,
  recordOf,
  type StartedMachine,
  withMachine,
} from './machine.js';
import { checkPreprocess, type PreprocessSetting } from './preprocess.js';
import type { ReportBaseline } from './report.js';
import { type RunResult, runToEnd } from './runToEnd.js';
import {
  checkTrainSettings,
  type DataSection,
  dataSection,
  type ModelSettings,
  modelConfigFor,
  prepareTraining,
  type TrainSettings,
  trainDefaults,
} from './settings.js';
import type { Fold } from './sources/fold.js';
import type { TrainingSets } from './sources/sets.js';
import type { Source } from './sources/source.js';
import { withImages } from './trainingImages.js';

export interface TrainRequest extends Machine {
  /** The folder of the run; it must not exist yet, or hold nothing. */
  readonly folder: string;
  readonly source: Source;
  readonly model?: ModelSettings;
  readonly train?: TrainSettings;
  /** Background removal and standardisation of the images; see `choosePreprocessing`. @default "auto" */
  readonly preprocess?: PreprocessSetting;
  readonly seed?: number;
  /** Replace a run that is there. */
  readonly overwrite?: boolean;
  /** What the report holds the result against. */
  readonly baseline?: ReportBaseline;
}

/** Trains a model on a source of images into a new run folder. */
export async function trainRun(request: TrainRequest, hooks: RunHooks = {}): Promise<RunResult> {
  const { folder, source, model = {}, seed = 1, overwrite = false, baseline } = request;
  const train = { ...trainDefaults, ...request.train };
  checkTrainSettings(train);
  const preprocess = { setting: request.preprocess ?? 'auto', likelihood: model.likelihood };
  checkPreprocess(preprocess);
  RunFolder.assertFree(folder, { overwrite });
  return withMachine(request, hooks.say, async (machine) => {
    return withImages({ source, preprocess }, hooks, (sets) => {
      const settings = settingsOf({ source, sets, model, train, seed, machine });
      const run = RunFolder.create(folder, settings, { overwrite });
      return whileLocked(run, () =>
        runToEnd({
          run,
          sets,
          machine,
          hooks,
          resume: false,
          ...(baseline && { finish: (...ended) => finishRun(...ended, { baseline }) }),
        }),
      );
    });
  });
}

/** Goes on with a run that was stopped, or ends one that was killed, with the same numbers as if it never had been. */
export async function resumeRun(folder: string, machine: Machine = {}, hooks: RunHooks = {}): Promise<RunResult> {
  const run = RunFolder.open(folder);
  return whileLocked(run, () =>
    withMachine(machineAgain(run.config, machine), hooks.say, async (started) => {
      tellOtherMachine(run.config, started, hooks);
      return withImages(dataSection(run.config), hooks, (sets) =>
        runToEnd({ run, sets, machine: started, hooks, resume: true }),
      );
    }),
  );
}

/** Says so where a run goes on with another engine, kernel or precision than it was begun with. */
export function tellOtherMachine(config: MachineRecord, started: StartedMachine, { say }: RunHooks): void {
  const now = recordOf(started);
  const { engine, precision = now.precision } = config;
  const before = kernelInWords(config);
  const isAsPrecise = precision === now.precision;
  if (now.engine === engine && now.kernel === config.kernel && isAsPrecise) return;
  say?.(
    `The run was made with engine ${engine} and kernel ${before}; with ${now.engine} and ${kernelInWords(now)} its numbers will differ${isAsPrecise ? ' in the last digits' : ''}.`,
  );
}

/** The source with the size of images that was chosen from them, if it was. */
export const sizedSource = (source: Source, { size }: TrainingSets): Source =>
  source.kind === 'images' && size !== undefined ? { ...source, size } : source;

interface SettingsRequest {
  readonly source: Source;
  readonly sets: TrainingSets;
  readonly model: ModelSettings;
  readonly train: TrainSettings;
  readonly seed: number;
  readonly machine: StartedMachine;
  readonly fold?: Fold;
}

/** The configuration of a new run. A model and a trainer that cannot be made are refused here, before there is a folder. */
export function settingsOf({ source, sets, model, train, seed, machine, fold }: SettingsRequest): RunSettings {
  const data: DataSection = {
    source: sizedSource(source, sets),
    classNames: sets.classNames,
    ...(sets.normalisation && { normalisation: sets.normalisation }),
    ...(sets.preprocessing && { preprocessing: sets.preprocessing }),
    ...(fold && { fold }),
  };
  const config = modelConfigFor(sets, model, seed);
  prepareTraining(config, sets, { ...train, seed }, machine.kernel).model.dispose();
  return {
    model: config,
    data,
    train,
    seed,
    ...recordOf(machine),
    versions: versions(),
  };
}
