/** Trains a run: reads the images, creates the model, trains with checkpoints, and writes figures, pictures and report to the run's folder. */

import { OptionError } from 'pyro-ts';
import type { CompileMode, ModelConfig } from 'pyroved-ts';
import {
  kindOf,
  type ModelSettings,
  modelConfigFor,
  prepareTraining,
  rejectForeignOptions,
  type TrainSettings,
} from '../kinds/index.js';
import type { Fold } from '../sources/fold.js';
import type { TrainingSets } from '../sources/sets.js';
import type { Source } from '../sources/source.js';
import { lockOf, RunFolder, type RunSettings } from '../storage/index.js';
import { versions } from '../version.js';
import { checkStart, rejectModelOptions, type Start, startFrom } from './extend.js';
import { type FinishOptions, finishRun } from './finish.js';
import { foundSettings, looksForClasses, withFoundClasses, withoutClasses } from './foundClasses.js';
import type { RunHooks } from './hooks.js';
import {
  kernelLabel,
  type Machine,
  type MachineRecord,
  machineAgain,
  recordOf,
  type StartedMachine,
  startMachine,
} from './machine.js';
import { checkPreprocess, type PreprocessSetting } from './preprocess.js';
import { type RecipeName, withRecipe } from './recipe.js';
import { type Finish, type RunResult, runToEnd } from './runToEnd.js';
import { checkTrainSettings, type DataSection, dataSection } from './settings.js';
import { openImages } from './trainingImages.js';

export interface TrainRequest extends Machine {
  /** The folder of the run; must not exist or be empty. */
  readonly folder: string;
  /** The images. @default those of `from` */
  readonly source?: Source;
  /** Not allowed with `from`, whose model is used. */
  readonly model?: ModelSettings;
  readonly train?: TrainSettings;
  /** Background removal and standardisation of the images; see `choosePreprocessing`. @default "auto" */
  readonly preprocess?: PreprocessSetting;
  /** `paper`: pyroVED's protocol; the settings above take precedence. @default 'default' */
  readonly recipe?: RecipeName;
  readonly seed?: number;
  /**
   * The folder of a run to extend: training starts from its weights, with a new optimiser, and with its model, preprocessing and training options, which
   * `train` overrides. Classes are matched by name; the images may differ.
   */
  readonly from?: string;
  /** Replace an existing run. @default false */
  readonly overwrite?: boolean;
  /** Whether to draw pictures and a report at the end, for which a classifier is also trained on the labelled images only. @default true */
  readonly report?: boolean;
}

/**
 * Trains a model on a source of images and writes a new run folder.
 * @example await trainRun({ folder: 'runs/first', source: { kind: 'images', labelled: 'examples', unlabelled: 'images' }, train: { epochs: 20 } })
 */
export async function trainRun(request: TrainRequest, hooks: RunHooks = {}): Promise<RunResult> {
  const {
    folder,
    model = {},
    train: given = {},
    seed = 1,
    overwrite = false,
    report,
  } = withRecipe(request.recipe, request);
  const start = request.from === undefined ? undefined : startFrom(request.from);
  if (start) rejectModelOptions(start.origin.run, { ...model, preprocess: request.preprocess });
  const source = request.source ?? start?.source;
  if (!source)
    throw new OptionError('trainRun requires a source of images, or a run to extend (from) that has images.');
  const train = { ...start?.train, ...given };
  checkTrainSettings(train);
  const preprocess = { setting: request.preprocess ?? 'auto', likelihood: model.likelihood };
  checkPreprocess(preprocess);
  RunFolder.assertFree(folder, { overwrite });
  using machine = await startMachine(request, hooks.say);
  using loaded = await openImages(start ? { ...start, source } : { source, preprocess }, hooks);
  const isFound = !start && looksForClasses(model, loaded);
  const found = isFound ? foundSettings(model, loaded) : undefined;
  const sets = found
    ? withFoundClasses(withoutClasses(loaded), { ...found, seed, ...findingWith(machine, hooks) })
    : loaded;
  const settings = settingsOf({
    ...{ source, sets, train, seed, machine },
    ...(start && { start }),
    ...(found ?? { model }),
  });
  if (!found) rejectForeignOptions(settings.model, request.model ?? {}, request.train ?? {});
  const line = start ? undefined : kindOf(settings.model).choices(settings.model, model);
  if (line !== undefined) hooks.say?.(line);
  const run = RunFolder.create(folder, settings, { overwrite });
  using _lock = lockOf(run);
  const finish = finishing(hooks, { ...(report !== undefined && { report }) });
  return await runToEnd({ run, sets, machine, hooks, finish, resume: false });
}

/** What is decided when a run is resumed. */
export interface ResumeOptions extends Pick<TrainRequest, 'report'> {
  /** Whether steps are compiled, whose numbers differ by rounding. @default as in the run so far */
  readonly compile?: CompileMode;
}

/**
 * Resumes a run that was stopped or killed. The results are the same as without the interruption.
 * @example const { summary } = await resumeRun('runs/first')
 */
export async function resumeRun(
  folder: string,
  machine: Machine = {},
  hooks: RunHooks = {},
  options: ResumeOptions = {},
): Promise<RunResult> {
  const run = RunFolder.open(folder);
  using _lock = lockOf(run);
  using started = await startMachine(machineAgain(run.config, machine), hooks.say);
  tellOtherMachine(run.config, started, hooks);
  const data = dataSection(run.config);
  using loaded = await openImages(data, hooks);
  const { foundClasses } = data;
  const { seed } = run.config;
  const request = foundClasses !== undefined && { foundClasses, seed, ...findingWith(started, hooks) };
  const sets = request ? withFoundClasses(loaded, request) : loaded;
  const { compile, ...others } = options;
  const finish = finishing(hooks, others);
  return await runToEnd({
    ...{ run, sets, machine: started, hooks, finish, resume: true },
    ...(compile !== undefined && { compile }),
  });
}

/** Evaluates a trained model and, unless that is switched off, draws pictures and report. */
const finishing =
  ({ say }: RunHooks, options: FinishOptions): Finish =>
  (...ended) => {
    if (options.report !== false) say?.('Drawing pictures and report.');
    return finishRun(...ended, options);
  };

const findingWith = ({ kernel }: StartedMachine, { say }: RunHooks) => ({
  ...(kernel && { kernel }),
  ...(say && { say }),
});

/** Warns if a run is resumed with another engine, kernel or precision. */
export function tellOtherMachine(config: MachineRecord, started: StartedMachine, { say }: RunHooks): void {
  const now = recordOf(started);
  const { engine, precision = now.precision } = config;
  const before = kernelLabel(config);
  const isAsPrecise = precision === now.precision;
  if (now.engine === engine && now.kernel === config.kernel && isAsPrecise) {
    if (config.isa !== undefined && now.isa !== config.isa)
      say?.(
        `The run was started with the instruction set ${config.isa}; with ${now.isa} the numbers will differ in the last digits. Use --isa ${config.isa}, on a machine that supports it, to get the same numbers.`,
      );
    return;
  }
  say?.(
    `The run was started with engine ${engine} and kernel ${before}; with ${now.engine} and ${kernelLabel(now)} the numbers will differ${isAsPrecise ? ' in the last digits' : ''}.`,
  );
}

/** The source with what was chosen from the images, if it was: their size, or the patch and the pixel size of micrographs. */
export function sizedSource(source: Source, { size, patches }: TrainingSets): Source {
  if (source.kind === 'images' && size !== undefined) return { ...source, size };
  return source.kind === 'micrographs' ? { ...source, ...patches } : source;
}

interface SettingsRequest {
  readonly source: Source;
  readonly sets: TrainingSets;
  readonly model: ModelSettings;
  readonly train: TrainSettings;
  readonly seed: number;
  readonly machine: StartedMachine;
  readonly fold?: Fold;
  /** Number of classes to find among the images. */
  readonly foundClasses?: number;
  /** What is inherited from an extended run. */
  readonly start?: Start;
}

/** The configuration of a new run. Creates the model and the trainer once, so that invalid options are rejected before the folder exists. */
export function settingsOf({
  source,
  sets,
  model,
  train,
  seed,
  machine,
  fold,
  foundClasses,
  start,
}: SettingsRequest): RunSettings & { readonly model: ModelConfig } {
  const data: DataSection = {
    source: sizedSource(source, sets),
    classNames: sets.classNames,
    ...(sets.normalisation && { normalisation: sets.normalisation }),
    ...(sets.preprocessing && { preprocessing: sets.preprocessing }),
    ...(foundClasses !== undefined && { foundClasses }),
    ...(fold && { fold }),
  };
  const config = start?.model ?? modelConfigFor(sets, model, seed);
  if (start) checkStart(start);
  // What a run was trained with is recorded, since its steps are to be the same when it is resumed by a later version.
  const training = { compile: 'auto' as const, ...kindOf(config).training(config, sets, train) };
  prepareTraining(config, sets, { ...training, seed }, machine.kernel).model.dispose();
  return {
    model: config,
    data,
    train: training,
    seed,
    ...recordOf(machine),
    ...(start && { from: start.origin }),
    versions: versions(),
  };
}
