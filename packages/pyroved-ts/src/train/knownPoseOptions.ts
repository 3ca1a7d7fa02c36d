/** The options of `KnownPoseTrainer`, with their defaults and checks. */
import type { RecognitionSSIVAE } from '../models/index.js';
import { checkOptions, integer, nonNegative, type OptionTable, optionNames, positive } from '../options.js';
import type { TrainerOptions } from './options.js';

/** Options of `KnownPoseTrainer`. */
export interface KnownPoseTrainerOptions extends TrainerOptions {
  /**
   * Number of recognition steps, before the steps of the first epoch; the latter do not change recognition. Use 0 to
   * keep the recognition of a run whose weights were loaded.
   * @default 600 plus 60 per class, up to twice as many with fewer than twelve views
   */
  readonly recognitionSteps?: number;
  /** Batch size of the recognition steps. @default 48 */
  readonly recognitionBatch?: number;
  /** Adam's initial learning rate in the recognition steps, with cosine decay. @default 3e-3 */
  readonly recognitionLr?: number;
  /** Number of labelled images at random poses for each unlabelled batch. @default 16 */
  readonly posedBatch?: number;
  /**
   * Weight of consistency in the second half of the recognition steps: log q(class | image) of unlabelled images at new
   * random poses, with the class that is certain at their original pose. 0 turns it off.
   * @default 1
   */
  readonly consistency?: number;
  /** Dropout rate of the features of a view in the recognition steps. @default 0.5 */
  readonly dropout?: number;
}

/**
 * Default of `klWeight`: large at first, so that the content stays centred while the decoder learns the mean image of
 * each class. Otherwise the content of all images drifts and acts as a bias of the decoder, and the loss stays much
 * higher for thousands of steps.
 */
export const klSchedule = 'epochs < 3 ? 1 : 1 + 9 * max(0, 1 - 3 * epoch / epochs)';

/** Maximum number of steps and of images of a batch. */
const MOST = 1e6;

export const knownPoseTable = {
  recognitionSteps: integer(0, MOST),
  recognitionBatch: { default: 48, ...integer(1, MOST) },
  recognitionLr: { default: 3e-3, ...positive },
  posedBatch: { default: 16, ...integer(1, MOST) },
  consistency: { default: 1, ...nonNegative },
  dropout: { default: 0.5, must: 'a probability from 0 to below 1', isValid: (p) => p >= 0 && p < 1 },
} satisfies OptionTable<Omit<KnownPoseTrainerOptions, keyof TrainerOptions>>;

/** The names of these options. */
export const knownPoseKeys = optionNames(knownPoseTable);

/** @throws {OptionError} when an option is invalid. */
export const checkKnownPoseOptions = (options: KnownPoseTrainerOptions): void =>
  checkOptions('', options, knownPoseTable);

/** Default number of recognition steps; with fewer than twelve views, more steps take about the same time. */
export function stepsFor({ numClasses, recognition }: RecognitionSSIVAE): number {
  const views = recognition.angles.length;
  return Math.round((600 + 60 * numClasses) * Math.min(2, Math.max(1, 12 / views)));
}
