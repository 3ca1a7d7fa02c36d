/** What all studies keep of how they were begun, so that they can go on. */
import type { Normalisation } from '../../data/index.js';
import { defined } from '../../defined.js';
import { type JsonObject, RunError, type StudyFolder } from '../../run/index.js';
import type { Machine, StartedMachine } from '../machine.js';
import { type ModelSettings, type TrainSettings, trainDefaults } from '../settings.js';
import type { TrainingSets } from '../sources/sets.js';
import type { Source } from '../sources/source.js';

/** What is asked of a study, but for what it is about. */
export interface StudyRequest extends Machine {
  /** The folder of the study; it must not exist yet, or hold nothing. */
  readonly folder: string;
  readonly source: Source;
  readonly model?: ModelSettings;
  readonly train?: TrainSettings;
  /** Replace a run or study that is there. */
  readonly overwrite?: boolean;
}

export interface StudyPlan {
  readonly source: Source;
  readonly model: ModelSettings;
  readonly train: TrainSettings;
  readonly normalisation?: Normalisation;
  readonly engine: string;
  readonly kernel: string;
}

/** The plan of a request. */
export function planOf(
  { source, model = {}, train }: StudyRequest,
  { normalisation }: TrainingSets,
  { engine, kernel }: StartedMachine,
): StudyPlan {
  return {
    source,
    model,
    train: { ...trainDefaults, ...train },
    ...(normalisation && { normalisation }),
    engine: engine.name,
    kernel: kernel.name,
  };
}

/** The plan that a study keeps, with the entries `more`. @throws {RunError} where one is missing. */
export function savedPlan<Plan extends StudyPlan>(study: StudyFolder, more: readonly (keyof Plan & string)[]): Plan {
  const missing = ['source', 'model', 'train', 'engine', 'kernel', ...more].filter((name) => !(name in study.plan));
  if (missing.length === 0) return study.plan as JsonObject & Plan;
  throw new RunError(`${study.file('study')} is damaged: its plan lacks ${missing.join(', ')}. Begin the study anew.`);
}

/** The machine that a study was begun with, but for what is asked for anew. */
export const machineOf = ({ engine, kernel }: StudyPlan, asked: Machine): Machine => ({
  engine,
  kernel,
  ...defined(asked),
});
