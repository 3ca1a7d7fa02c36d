/** The plan of a study, stored so that it can be resumed. */
import type { Normalisation, Preprocessing } from 'pyroved-ts';
import {
  kindOf,
  type ModelSettings,
  modelConfigFor,
  rejectForeignOptions,
  type TrainSettings,
} from '../kinds/index.js';
import type { RunHooks } from '../runs/hooks.js';
import {
  type Machine,
  type MachineRecord,
  machineAgain,
  recordOf,
  type StartedMachine,
  startMachine,
} from '../runs/machine.js';
import { checkPreprocess, type PreprocessSetting } from '../runs/preprocess.js';
import { type RecipeName, withRecipe } from '../runs/recipe.js';
import { sizedSource } from '../runs/train.js';
import { openImages } from '../runs/trainingImages.js';
import type { TrainingSets } from '../sources/sets.js';
import type { Source } from '../sources/source.js';
import { type JsonObject, lockOf, RunError, StudyFolder, type StudyKind } from '../storage/index.js';

/** The options that all studies share. */
export interface StudyRequest extends Machine {
  /** The folder of the study; must not exist or be empty. */
  readonly folder: string;
  readonly source: Source;
  readonly model?: ModelSettings;
  readonly train?: TrainSettings;
  /** Background removal and standardisation of the images. @default "auto" */
  readonly preprocess?: PreprocessSetting;
  /** See `TrainRequest`. */
  readonly recipe?: RecipeName;
  /** Replace an existing run or study. @default false */
  readonly overwrite?: boolean;
}

export interface StudyPlan extends MachineRecord {
  readonly source: Source;
  readonly model: ModelSettings;
  readonly train: TrainSettings;
  readonly normalisation?: Normalisation;
  readonly preprocessing?: Preprocessing;
}

/** The plan for a request. */
export function planOf(request: StudyRequest, sets: TrainingSets, machine: StartedMachine): StudyPlan {
  const { source, model = {}, train = {} } = withRecipe(request.recipe, request);
  const { normalisation, preprocessing } = sets;
  const config = modelConfigFor(sets, model, 1);
  rejectForeignOptions(config, request.model ?? {}, request.train ?? {});
  return {
    source: sizedSource(source, sets),
    model,
    train: kindOf(config).training(config, sets, train),
    ...(normalisation && { normalisation }),
    ...(preprocessing && { preprocessing }),
    ...recordOf(machine),
  };
}

/** A running study: its locked folder, and what its runs share. */
export interface StudyAtWork<Plan extends StudyPlan> {
  readonly study: StudyFolder;
  readonly plan: Plan;
  readonly sets: TrainingSets;
  readonly machine: StartedMachine;
  readonly hooks: RunHooks;
}

/**
 * Starts a study: starts the machine, loads the images, creates the folder with the plan returned by `planned`, and calls `work`. Errors thrown by
 * `planned` occur before the folder is created.
 */
export async function beginStudy<Plan extends StudyPlan, T>(
  kind: StudyKind,
  {
    folder,
    source,
    model: given,
    recipe,
    preprocess: setting = 'auto',
    overwrite = false,
    ...machine
  }: Pick<StudyRequest, 'folder' | 'source' | 'model' | 'recipe' | 'preprocess' | 'overwrite'> & Machine,
  hooks: RunHooks,
  planned: (sets: TrainingSets, machine: StartedMachine) => { readonly plan: Plan; readonly parts: readonly string[] },
  work: (at: StudyAtWork<Plan>) => Promise<T>,
): Promise<T> {
  const { model = {} } = withRecipe(recipe, { model: given });
  const preprocess = { setting, likelihood: model.likelihood };
  checkPreprocess(preprocess);
  StudyFolder.assertFree(folder, { overwrite });
  using started = await startMachine(machine, hooks.say);
  using sets = await openImages({ source, preprocess }, hooks);
  const { plan, parts } = planned(sets, started);
  const study = StudyFolder.create(folder, { kind, parts, plan }, { overwrite });
  using _lock = lockOf(study);
  return await work({ study, plan, sets, machine: started, hooks });
}

/** Resumes a study that was stopped or killed, with its engine and kernel unless others are given. */
export async function resumeStudy<Plan extends StudyPlan, T>(
  kind: StudyKind,
  folder: string,
  more: readonly (keyof Plan & string)[],
  changes: Machine,
  hooks: RunHooks,
  work: (at: StudyAtWork<Plan>) => Promise<T>,
): Promise<T> {
  const study = StudyFolder.open(folder, kind);
  const plan = planIn<Plan>(study, ['source', 'model', 'train', 'engine', 'kernel', ...more]);
  using _lock = lockOf(study);
  using machine = await startMachine(machineAgain(plan, changes), hooks.say);
  using sets = await openImages(plan, hooks);
  return await work({ study, plan, sets, machine, hooks });
}

/** The stored plan of a study, which has the entries `names`. @throws {RunError} when one is missing */
export function planIn<Plan>(study: StudyFolder, names: readonly (keyof Plan & string)[]): Plan {
  const missing = names.filter((name) => !(name in study.plan));
  if (missing.length === 0) return study.plan as JsonObject & Plan;
  throw new RunError(`${study.file('study')} is damaged: its plan lacks ${missing.join(', ')}. Start the study again.`);
}
