/** What decides a run: images, model and training, each a section of its configuration. */
import type { Normalisation } from '../data/index.js';
import { type IVAE, type ModelConfig, type ModelOptions, modelFromConfig, type SSIVAE } from '../models/index.js';
import { type RunConfig, RunError } from '../run/index.js';
import {
  checkSemiSupervisedOptions,
  SemiSupervisedTrainer,
  type SemiSupervisedTrainerOptions,
  type Trainer,
  UnsupervisedTrainer,
} from '../train/index.js';
import type { Fold } from './sources/fold.js';
import type { TrainingSets } from './sources/sets.js';
import type { Source } from './sources/source.js';

/** The model's options but for what the images decide: their shape, channels and number of classes. */
export type ModelSettings = Omit<
  Extract<ModelConfig, { kind: 'ssiVAE' }>,
  'kind' | 'shape' | 'channels' | 'numClasses' | 'kernel' | 'encoder' | 'decoder' | 'classifier'
>;

/** The trainer's options; those about labels are ignored where there are none. */
export type TrainSettings = Omit<SemiSupervisedTrainerOptions, 'seed'>;

/** What a run trains with unless told: the paper's weights. */
export const trainDefaults = {
  epochs: 100,
  batchSize: 64,
  scaleFactor: 'min(1 + epoch/29, 2)',
  auxLossMultiplier: 30,
} as const satisfies TrainSettings;

/** The data section of a run's configuration. */
export interface DataSection {
  readonly source: Source;
  readonly classNames: readonly string[];
  readonly normalisation?: Normalisation;
  /** The part of the labelled images that the run is tested on, in a cross-validation. */
  readonly fold?: Fold;
}

/** The typed sections of a run's configuration. What is read here is the frame; sources, models and trainers check their own options. */
export const dataSection = ({ data }: RunConfig): DataSection => checked(data, isDataSection, 'data');
export const modelSection = ({ model }: RunConfig): ModelConfig => checked(model, isModelConfig, 'model');
export const trainSection = ({ train }: RunConfig): TrainSettings => checked(train, isTrainSettings, 'train');

function checked<T extends object>(section: object, is: (section: object) => section is T, name: string): T {
  if (is(section)) return section;
  throw new RunError(
    `The section "${name}" of the run's config.json is damaged. Restore the file, or train the run anew.`,
  );
}

const hasKind = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
const isModelConfig = (section: object): section is ModelConfig => hasKind(section);
const isTrainSettings = (section: object): section is TrainSettings => !('seed' in section);
const isDataSection = (section: object): section is DataSection =>
  'source' in section && hasKind(section.source) && 'classNames' in section && Array.isArray(section.classNames);

/** Checks what can be checked before there are images. @throws {OptionError} that names the option. */
export const checkTrainSettings = (settings: TrainSettings): void => checkSemiSupervisedOptions(settings);

/**
 * The model's configuration: an ssiVAE where there are labels, else an iVAE; invariant to rotation and translation (a signal to translation) unless told.
 */
export function modelConfigFor(sets: TrainingSets, given: ModelSettings, seed: number | string): ModelConfig {
  const { shape, channels } = sets.unlabelled;
  const settings = { ...given, invariances: given.invariances ?? (shape.length === 1 ? ['t'] : ['r', 't']) } as const;
  if (sets.labelled) return { kind: 'ssiVAE', ...settings, shape, channels, numClasses: sets.classNames.length, seed };
  const { hiddenClassifier: _, classPrior: __, enumerate: ___, exactClasses: ____, ...shared } = settings;
  return { kind: 'iVAE', ...shared, shape, channels, seed };
}

/** A fresh model and the trainer for it. */
export function prepareTraining(
  config: ModelConfig,
  sets: TrainingSets,
  settings: TrainSettings & { seed: number | string },
  kernel: ModelOptions['kernel'],
): { model: IVAE | SSIVAE; trainer: Trainer } {
  const model = modelFromConfig(config, { kernel });
  if (model.kind === 'ssiVAE') {
    const data = {
      unlabelled: sets.unlabelled,
      labelled: sets.labelled as NonNullable<TrainingSets['labelled']>,
      ...(sets.test && { test: sets.test }),
    };
    return { model, trainer: new SemiSupervisedTrainer(model, data, settings) };
  }
  const { auxLossMultiplier: _, auxStep: __, schedule: ___, warmUp: ____, ...shared } = settings;
  return { model, trainer: new UnsupervisedTrainer(model, { images: sets.unlabelled }, shared) };
}
