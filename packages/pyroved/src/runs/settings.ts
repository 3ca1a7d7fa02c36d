/** What decides a run: images, model and training, each a section of its configuration. */
import { sizeOf } from '@pyro-ts/engine';
import { didYouMean, OptionError } from 'pyro-ts';
import {
  type ConvNet,
  checkKnownPoseOptions,
  checkSemiSupervisedOptions,
  checkTemplateSteps,
  factorNames,
  type Invariance,
  isIdentity,
  type JointOptions,
  KnownPoseTrainer,
  type KnownPoseTrainerOptions,
  klSchedule,
  knownPoseKeys,
  type Model,
  type ModelConfig,
  type ModelOptions,
  modelFromConfig,
  modelKinds,
  type Normalisation,
  noPreprocessing,
  type Preprocessing,
  PyrovedError,
  type RecognitionOptions,
  RecognitionSSIVAE,
  type RegressionOptions,
  type SemiSupervisedData,
  type SemiSupervisedOptions,
  SemiSupervisedTrainer,
  type SemiSupervisedTrainerOptions,
  scheduleOf,
  standardised,
  TemplateSSIVAE,
  TemplateTrainer,
  type TemplateTrainerOptions,
  type Trainer,
  templateDefaults,
  templateKeys,
  UnsupervisedTrainer,
  type UnsupervisedTrainerOptions,
} from 'pyroved-ts';
import { defined, disposeOnError } from 'pyroved-ts/internal';
import type { Fold } from '../sources/fold.js';
import type { TrainingSets } from '../sources/sets.js';
import type { ImportedSource, Source } from '../sources/source.js';
import { type RunConfig, RunError } from '../storage/index.js';
import { directionSettings } from './directions.js';
import { learntFrom } from './kinds.js';

/** What the images decide, and what a configuration cannot hold. */
type Decided = 'shape' | 'channels' | 'kernel' | 'encoder' | 'decoder' | 'classifier' | 'regressor' | 'numClasses';

/** The model's options but for what the images decide. Those that another kind of model has are ignored. */
export interface ModelSettings
  extends Omit<SemiSupervisedOptions, Decided | 'recognition'>,
    Partial<Omit<JointOptions, Decided>>,
    Partial<Omit<RegressionOptions, Decided | 'targets'>> {
  /** @default see `modelConfigFor` */
  readonly kind?: Model['kind'];
  /** How many classes to look for: of a jiVAE, and of a template model without labels. */
  readonly numClasses?: number;
  /** Of an ssRegIVAE: the factors to predict. @default all that the table of factors has */
  readonly targets?: readonly string[];
  /** Of an iVAE: the factors that condition it; "class" is the class. @default none */
  readonly condition?: readonly string[];
  /** Convolutional networks in place of dense ones; a decoder of a model without invariances alone. */
  readonly encoder?: ConvNet;
  /** "template": of an ssiVAE with recognition, one deformable picture per class. */
  readonly decoder?: ConvNet | 'template';
  readonly classifier?: ConvNet;
  readonly regressor?: ConvNet;
  /** With decoder "template": number of classes that have no labels and are to be found among the unlabelled images. @default 0 */
  readonly extraClasses?: number;
  /**
   * How class and pose are recognised; false for a classifier of the image as it is, as in the paper. @default recognition with its defaults, for an ssiVAE
   * that is invariant to rotation or translation and has none of the options of the other
   */
  readonly recognition?: RecognitionOptions | false;
}

/** The trainer's options; those about labels are ignored where there are none. */
export type TrainSettings = Omit<SemiSupervisedTrainerOptions, 'seed'> &
  Pick<KnownPoseTrainerOptions, (typeof knownPoseKeys)[number]> &
  Pick<TemplateTrainerOptions, (typeof templateKeys)[number]> &
  Pick<UnsupervisedTrainerOptions, 'discreteKlWeight'>;

/** What a model without recognition trains with by default: the paper's weights. */
export const trainDefaults = {
  epochs: 100,
  batchSize: 64,
  klWeight: 'min(1 + epoch/29, 2)',
  auxLossMultiplier: 30,
} as const satisfies TrainSettings;

/** The data section of a run's configuration. */
export interface DataSection {
  readonly source: Source | ImportedSource;
  readonly classNames: readonly string[];
  readonly normalisation?: Normalisation;
  /** What is done to images before the model sees them; absent: nothing. */
  readonly preprocessing?: Preprocessing;
  /** Of a template model without labels: how many classes are found among the images. */
  readonly foundClasses?: number;
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
/** What is needed of a model before it is made; the model itself checks the rest. */
function isModelConfig(section: object): section is ModelConfig {
  const { shape, invariances = [], recognition = {} } = section as Record<string, unknown>;
  return (
    hasKind(section) &&
    isList(shape, isCount) &&
    isList(invariances, isText) &&
    typeof recognition === 'object' &&
    recognition !== null
  );
}
const isList = (value: unknown, is: (entry: unknown) => boolean): boolean => Array.isArray(value) && value.every(is);
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0;
const isText = (value: unknown): boolean => typeof value === 'string';
const isRange = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['low', 'high'].every((end) => typeof (value as Record<string, unknown>)[end] === 'number');
const isTrainSettings = (section: object): section is TrainSettings => !('seed' in section);
function isDataSection(section: object): section is DataSection {
  const { source, classNames, normalisation } = section as Record<string, unknown>;
  return hasKind(source) && isList(classNames, isText) && (normalisation === undefined || isRange(normalisation));
}

/** Checks what can be checked before there are images. @throws {OptionError} that names the option. */
export function checkTrainSettings({ discreteKlWeight, ...given }: TrainSettings): void {
  const {
    recognitionSteps,
    recognitionBatch,
    recognitionLr,
    posedBatch,
    consistency,
    dropout,
    templateSteps,
    ...settings
  } = given;
  if (templateSteps !== undefined) checkTemplateSteps(templateSteps);
  checkKnownPoseOptions(
    defined({ recognitionSteps, recognitionBatch, recognitionLr, posedBatch, consistency, dropout }),
  );
  checkSemiSupervisedOptions(settings);
  const { epochs = trainDefaults.epochs } = settings;
  if (discreteKlWeight !== undefined) scheduleOf(discreteKlWeight, { option: 'discreteKlWeight', epochs });
}

/**
 * The model's configuration. Its kind by default: ssRegIVAE where targets are named or a table of factors came with the images, jiVAE where a number
 * of classes to look for is given, iVAE where it is told something or there are no labels, else ssiVAE. Invariant to rotation and translation (a
 * signal to translation) by default.
 */
export function modelConfigFor(sets: TrainingSets, given: ModelSettings, seed: number | string): ModelConfig {
  const { shape, channels } = sets.unlabelled;
  const invariances = given.invariances ?? (shape.length === 1 ? (['t'] as const) : (['r', 't'] as const));
  const { kind = kindFor(sets, given), ...settings } = given;
  const { hiddenClassifier, classPrior, enumerate, exactClasses, numClasses, targets, condition, ...others } = settings;
  const { recognition, ...rest } = others;
  const { regressorSigma, hiddenRegressor, classifier, regressor, ...own } = rest;
  const { decoder, templates, extraClasses = 0, ...networks } = own;
  const hasTemplates = decoder === 'template';
  const likelihood = hasTemplates ? {} : likelihoodFor(sets, own);
  const shared = { ...networks, ...defined({ decoder }), ...likelihood, invariances, shape, channels, seed };
  if (!Number.isInteger(extraClasses) || extraClasses < 0 || (extraClasses > 0 && !hasTemplates)) {
    throw new OptionError(
      `extraClasses is a number of classes without labels, and needs decoder "template"; got ${extraClasses}.`,
    );
  }
  if (hasTemplates && kind !== 'ssiVAE') {
    throw new OptionError(
      `decoder "template" belongs to a model of classes with labels (ssiVAE); this one is an ${kind}.`,
    );
  }
  const classes = { enumerate, exactClasses };
  switch (kind) {
    case 'ssiVAE': {
      if (!sets.labelled?.labels) throw new PyrovedError(`An ssiVAE needs labelled images. ${howToLabel}`);
      const numClasses = sets.classNames.length + extraClasses;
      const common = { kind: 'ssiVAE' as const, ...shared, ...defined({ classPrior, ...classes }), numClasses };
      const recognised = recognitionOf(given, invariances);
      return recognised
        ? {
            ...common,
            ...(hasTemplates ? defined({ templates }) : pixelsFor(given, shape)),
            recognition: { ...recognised, ...directionSettings(sets, recognised, invariances) },
          }
        : { ...common, ...defined({ hiddenClassifier, classifier }) };
    }
    case 'jiVAE':
      return { kind, ...shared, ...defined(classes), numClasses: numClasses ?? classesToFind(sets) };
    case 'ssRegIVAE':
      return {
        kind,
        ...shared,
        ...defined({ regressorSigma, hiddenRegressor, regressor }),
        targets: targetsOf(sets, targets),
      };
    case 'iVAE':
      return { kind, ...shared, ...conditionOf(sets, condition) };
    default:
      throw new OptionError(`There is no kind of model "${String(kind)}".${didYouMean(String(kind), modelKinds)}`);
  }
}

/** The likelihood and its options; of preprocessed images, whose values have no bounds, a normal one with a learned standard deviation. */
function likelihoodFor(
  { preprocessing = noPreprocessing }: TrainingSets,
  { likelihood, decoderSigma, sigmoidOutput }: ModelSettings,
): Pick<ModelSettings, 'likelihood' | 'decoderSigma' | 'sigmoidOutput'> {
  if (isIdentity(preprocessing) || (likelihood !== undefined && likelihood !== 'gaussian')) {
    return { likelihood: likelihood ?? 'bernoulli' };
  }
  return { likelihood: 'gaussian', decoderSigma: decoderSigma ?? 'learned', sigmoidOutput: sigmoidOutput ?? false };
}

/** Options of an ssiVAE that has a classifier of the image as it is, and so imply it. */
const classifierOptions = ['angleGuide', 'angleBins', 'exactBins', 'encoder', 'classifier'] as const;

/** The options of recognition; undefined for a model without it. */
function recognitionOf(given: ModelSettings, invariances: readonly Invariance[]): RecognitionOptions | undefined {
  const { recognition } = given;
  if (recognition !== undefined) return recognition || undefined;
  const hasPose = invariances.includes('r') || invariances.includes('t');
  return hasPose && classifierOptions.every((name) => given[name] === undefined) ? {} : undefined;
}

/** Pixels that are decoded per step where the settings don't say: enough for the gradient, an eighth of the paper's images. */
const USUAL_PIXELS = 288;

const pixelsFor = ({ pixels }: ModelSettings, shape: readonly number[]): { pixels?: number } =>
  pixels === undefined && sizeOf(shape) > USUAL_PIXELS ? { pixels: USUAL_PIXELS } : {};

/** About how many steps the decoder of a model with recognition is trained for, and epochs of them. */
const [USUAL_STEPS, FEWEST_EPOCHS, MOST_EPOCHS] = [1600, 4, 200];

/** A run's training settings: those that are given, and for the others what suits the model and the number of images. */
export function trainingOf(config: ModelConfig, { unlabelled }: TrainingSets, given: TrainSettings): TrainSettings {
  const hasRecognition = config.kind === 'ssiVAE' && config.recognition !== undefined;
  if (!hasRecognition) {
    if (config.kind === 'ssiVAE')
      refuseOptionsOf(given, [...knownPoseKeys, ...templateKeys], 'recognition, which this model does not have');
    const own = Object.fromEntries(Object.entries(given).filter(([name]) => !isKnownPoseKey(name)));
    return { ...trainDefaults, ...own };
  }
  refuseOptionsOf(
    given,
    ['auxLossMultiplier', 'auxStep', 'schedule', 'warmUp'],
    'the model without recognition. Omit it, or set recognition to false (--recipe paper)',
  );
  if (config.decoder === 'template') return { ...templateDefaults, ...given };
  refuseOptionsOf(given, templateKeys, 'templates. Omit it, or set decoder to "template"');
  const { batchSize = trainDefaults.batchSize } = given;
  const batches = Math.ceil(unlabelled.count / batchSize);
  const epochs = Math.min(MOST_EPOCHS, Math.max(FEWEST_EPOCHS, Math.round(USUAL_STEPS / batches)));
  return { epochs, batchSize, klWeight: klSchedule, ...given };
}

const isKnownPoseKey = (name: string): boolean => [...knownPoseKeys, ...templateKeys].some((key) => key === name);

function refuseOptionsOf(given: TrainSettings, names: readonly (keyof TrainSettings)[], owner: string): void {
  const wrong = names.find((name) => given[name] !== undefined);
  if (wrong !== undefined) throw new OptionError(`${wrong} is an option of ${owner}.`);
}

function kindFor({ labelled }: TrainingSets, { targets, numClasses, condition }: ModelSettings): Model['kind'] {
  if (targets !== undefined) return 'ssRegIVAE';
  if (numClasses !== undefined) return 'jiVAE';
  if (condition !== undefined || !labelled) return 'iVAE';
  return labelled.labels ? 'ssiVAE' : 'ssRegIVAE';
}

const howToLabel = 'Give a folder per class, or a table of labels.';

function classesToFind({ classNames }: TrainingSets): number {
  if (classNames.length > 1) return classNames.length;
  throw new PyrovedError(
    'A jiVAE needs to know how many classes to look for. Give their number (numClasses, --num-classes).',
  );
}

function targetsOf({ labelled }: TrainingSets, names: readonly string[] | undefined) {
  const known = factorNames(labelled ?? {});
  if (!labelled || known.length === 0) {
    throw new PyrovedError('An ssRegIVAE needs images of which the quantity is known. Give a table of them (factors).');
  }
  return standardised(labelled, names ?? known);
}

function conditionOf({ labelled, classNames }: TrainingSets, names: readonly string[] = []) {
  if (names.length === 0) return {};
  if (!labelled)
    throw new PyrovedError('Nothing is known of the images that an iVAE could be told. Give labels or factors.');
  const factors = names.filter((name) => name !== 'class');
  const onClass = names.includes('class');
  if (onClass && !labelled.labels) throw new PyrovedError(`The images have no classes to tell an iVAE. ${howToLabel}`);
  return {
    ...(onClass && { numClasses: classNames.length }),
    ...(factors.length > 0 && { condition: standardised(labelled, factors) }),
  };
}

/** Whether models of this kind learn from labelled images beside unlabelled ones. */
export const isSemiSupervised = (kind: Model['kind']): boolean => kind === 'ssiVAE' || kind === 'ssRegIVAE';

/** The settings but for those that say how labelled images are used. */
export function unsupervised<S extends TrainSettings>(
  settings: S,
): Omit<S, 'auxLossMultiplier' | 'auxStep' | 'schedule' | 'warmUp'> {
  const { auxLossMultiplier: _, auxStep: __, schedule: ___, warmUp: ____, ...shared } = settings;
  return shared;
}

/** A fresh model and the trainer for it. */
export function prepareTraining(
  config: ModelConfig,
  sets: TrainingSets,
  settings: TrainSettings & { seed: number | string },
  kernel: ModelOptions['kernel'],
): { model: Model; trainer: Trainer } {
  return disposeOnError(modelFromConfig(config, { kernel }), (model) => ({
    model,
    trainer: trainerFor(model, sets, settings),
  }));
}

function trainerFor(model: Model, sets: TrainingSets, settings: TrainSettings & { seed: number | string }): Trainer {
  const { discreteKlWeight, templateSteps, ...supervised } = settings;
  if (model instanceof TemplateSSIVAE)
    return new TemplateTrainer(model, labelledData(sets), { ...supervised, ...defined({ templateSteps }) });
  if (model instanceof RecognitionSSIVAE) return new KnownPoseTrainer(model, labelledData(sets), supervised);
  if (model.kind === 'ssiVAE' || model.kind === 'ssRegIVAE')
    return new SemiSupervisedTrainer(model, labelledData(sets), supervised);
  const shared = unsupervised(supervised);
  const discrete = model.kind === 'jiVAE' && discreteKlWeight !== undefined && { discreteKlWeight };
  return new UnsupervisedTrainer(model, { images: learntFrom(model, sets) }, { ...shared, ...discrete });
}

const labelledData = ({ unlabelled, labelled, test }: TrainingSets): SemiSupervisedData => ({
  unlabelled,
  labelled: labelled as NonNullable<TrainingSets['labelled']>,
  ...(test && { test }),
});
