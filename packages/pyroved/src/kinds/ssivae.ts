/** The semi-supervised model, with recognition of class and pose, with templates, or as in the paper. */
import { sizeOf } from '@pyro-ts/engine/internal';
import { OptionError } from 'pyro-ts';
import {
  type AffineRanges,
  accuracyOf,
  type Invariance,
  KnownPoseTrainer,
  type ModelConfig,
  PyrovedError,
  type RecognitionOptions,
  RecognitionSSIVAE,
  SemiSupervisedTrainer,
  SSIVAE,
  TemplateSSIVAE,
  TemplateTrainer,
  type Trainer,
} from 'pyroved-ts';
import {
  defined,
  klSchedule,
  knownPoseKeys,
  resolveRecognition,
  semiSupervisedKeys,
  templateDefaults,
  templateKeys,
} from 'pyroved-ts/internal';

import type { TrainingSets } from '../sources/sets.js';
import { directionSettings, directionsLine } from './directions.js';
import { defineKind, isInvariantTo, type SeededSettings, type SharedOptions } from './kind.js';
import { type ModelSettings, type TrainSettings, trainDefaults } from './settings.js';
import { classVariants, howToLabel, labelledData, trainOptionsOf } from './shared.js';

type SSIVAEConfig = Extract<ModelConfig, { kind: 'ssiVAE' }>;

export const ssivae = defineKind<SSIVAE, SSIVAEConfig>({
  name: 'ssiVAE',
  type: SSIVAE,
  data: 'images',
  summary: 'semi-supervised classification',
  title: 'semi-supervised VAE',
  isDefault: ({ labelled }) => labelled?.labels !== undefined,
  modelOptions: [
    ...(['hiddenClassifier', 'classPrior', 'enumerate', 'exactClasses', 'predictor', 'recognition'] as const),
    ...(['templates', 'templatesPerClass', 'extraClasses'] as const),
  ],
  trainOptions: [...semiSupervisedKeys, ...knownPoseKeys, ...templateKeys],
  usesLabels: true,
  classes: 'known',
  configure,
  training,
  trainer,
  evaluate: (model, images) => ({ on: 'classes', ...accuracyOf(model, images) }),
  variants: ({ numClasses }, classNames) => classVariants(numClasses, classNames),
  poseRanges: recognisedRanges,
  choices: directionsLine,
});

function configure(sets: TrainingSets, settings: ModelSettings, shared: SharedOptions): SSIVAEConfig {
  if (!sets.labelled?.labels) throw new PyrovedError(`An ssiVAE requires labelled images. ${howToLabel}`);
  const { hidden, hiddenClassifier = hidden, classPrior, enumerate, exactClasses, predictor: classifier } = settings;
  const { templates, templatesPerClass, extraClasses = 0, decoder } = settings;
  const hasTemplates = decoder === 'template';
  if (!Number.isInteger(extraClasses) || extraClasses < 0 || (extraClasses > 0 && !hasTemplates)) {
    throw new OptionError(
      `extraClasses must be a non-negative integer and requires decoder "template"; got ${extraClasses}.`,
    );
  }
  const { invariances = [], shape } = shared;
  const common = {
    kind: 'ssiVAE' as const,
    ...shared,
    ...defined({ templatesPerClass, classPrior, enumerate, exactClasses }),
    numClasses: sets.classNames.length + extraClasses,
  };
  const recognised = recognitionOf(settings, invariances);
  if (!recognised) return { ...common, ...defined({ templates, hiddenClassifier, classifier }) };
  return {
    ...common,
    ...(hasTemplates ? defined({ templates }) : pixelsFor(settings, shape)),
    recognition: { ...recognised, ...directionSettings(sets, recognised, invariances) },
  };
}

/** Options of the model without recognition, which imply it. */
const classifierOptions = ['angleGuide', 'angleBins', 'exactBins', 'encoder', 'predictor'] as const;

/** The options of recognition; undefined for a model without recognition. */
function recognitionOf(given: ModelSettings, invariances: readonly Invariance[]): RecognitionOptions | undefined {
  const { recognition } = given;
  if (recognition !== undefined) return recognition || undefined;
  const isPlain = classifierOptions.every((name) => given[name] === undefined);
  return isInvariantTo({ invariances }, 'rt') && isPlain ? {} : undefined;
}

/** Default number of pixels decoded per step: an eighth of the paper's images. */
const USUAL_PIXELS = 288;

const pixelsFor = ({ pixels }: ModelSettings, shape: readonly number[]): { pixels?: number } =>
  pixels === undefined && sizeOf(shape) > USUAL_PIXELS ? { pixels: USUAL_PIXELS } : {};

/** Default number of decoder steps of a model with recognition, and limits on the number of epochs. */
const [USUAL_STEPS, FEWEST_EPOCHS, MOST_EPOCHS] = [1600, 4, 200];

function training(config: SSIVAEConfig, { unlabelled }: TrainingSets, given: TrainSettings): TrainSettings {
  if (config.recognition === undefined) {
    const isOfRecognition = 'recognition, which this model does not have';
    rejectOptions(given, [...knownPoseKeys, ...templateKeys], isOfRecognition);
    return { ...trainDefaults, ...trainOptionsOf(given, semiSupervisedKeys) };
  }
  const isOfPaper = 'models without recognition. Omit it, or set recognition to false (--recipe paper)';
  rejectOptions(given, semiSupervisedKeys, isOfPaper);
  const own = trainOptionsOf(given, [...knownPoseKeys, ...templateKeys]);
  if (config.decoder === 'template') return { ...templateDefaults, ...own };
  rejectOptions(given, templateKeys, 'templates. Omit it, or set decoder to "template"');
  const { batchSize = trainDefaults.batchSize } = own;
  const batches = Math.ceil(unlabelled.count / batchSize);
  const epochs = Math.min(MOST_EPOCHS, Math.max(FEWEST_EPOCHS, Math.round(USUAL_STEPS / batches)));
  return { epochs, batchSize, klWeight: klSchedule, ...own };
}

function rejectOptions(given: TrainSettings, names: readonly (keyof TrainSettings)[], owner: string): void {
  const wrong = names.find((name) => given[name] !== undefined);
  if (wrong !== undefined) throw new OptionError(`${wrong} is an option of ${owner}.`);
}

function trainer(model: SSIVAE, sets: TrainingSets, settings: SeededSettings): Trainer {
  const data = labelledData(sets);
  if (model instanceof TemplateSSIVAE) {
    return new TemplateTrainer(model, data, trainOptionsOf(settings, [...knownPoseKeys, ...templateKeys]));
  }
  if (model instanceof RecognitionSSIVAE) {
    return new KnownPoseTrainer(model, data, trainOptionsOf(settings, knownPoseKeys));
  }
  return new SemiSupervisedTrainer(model, data, trainOptionsOf(settings, semiSupervisedKeys));
}

/** The ranges of angles and shifts of a model with recognition, and of shears if it has latents for them; undefined for other models. */
function recognisedRanges({ recognition, shape, invariances = [] }: SSIVAEConfig): AffineRanges | undefined {
  if (!recognition) return undefined;
  const { angle, shift, shear } = resolveRecognition(recognition, shape, invariances).ranges;
  const isSheared = invariances.includes('h') && shear;
  return { ...(angle && { angle }), ...(shift && { shift }), ...(isSheared && { shear }) };
}
