/** Loads trained models from run folders and classifies images with them. */
import type { SpatialDecoderOptions } from '@pyro-ts/spatial-decoder';
import { OptionError } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import {
  type ClassAnswer,
  type Classifier,
  loadParams,
  type Model,
  modelFromConfig,
  type Normalisation,
  type Preprocessing,
  PyrovedError,
  TemplateSSIVAE,
  type TrainingImages,
  withTemperature,
} from 'pyroved-ts';
import {
  classified,
  disposeOnError,
  isClassifier,
  reconstructionQuality,
  reconstructionScores,
} from 'pyroved-ts/internal';

import { classNamesOf } from '../kinds/index.js';
import { isPairsRun } from '../pairs/sections.js';
import { type Classification, RunFolder } from '../storage/index.js';
import { dataSection, modelSection } from './settings.js';
import { classAnglesOf, degreesFromUpright } from './upright.js';

export interface TrainedModel {
  readonly run: RunFolder;
  readonly model: Model;
  readonly classNames: readonly string[];
  /** The mean angle inferred for the upright images of each class, radians; absent for a model without angles. */
  readonly classAngles?: Float32Array;
  readonly normalisation?: Normalisation;
  /** Temperature of the class probabilities, fitted on the validation images at the end of training. @default 1 */
  readonly temperature?: number;
  /** Quantiles of how well training images are reconstructed, for the outlier scores of models without templates. */
  readonly reconstructionQuantiles?: readonly number[];
  /** Preprocessing of the images. @default none */
  readonly preprocessing?: Preprocessing;
  /** A warning if the newest checkpoint is damaged and the previous one was loaded. */
  readonly warning?: string;
}

/**
 * Loads the newest intact checkpoint of a run.
 * @param kernel for the spatial decoder and the convolutions of recognition (see `selectKernel`). @default plain tensor operations, which are about
 * fifty times slower
 * @example
 * await selectEngine();
 * const trained = await loadModel('runs/demo', await selectKernel());
 * const { set } = await imagesFor(trained, 'micrographs');
 * for (const { file, classIndex } of classifyImages(trained, set)) console.log(file, trained.classNames[classIndex]);
 */
export async function loadModel(folder: string, kernel?: SpatialDecoderOptions['kernel']): Promise<TrainedModel> {
  const run = RunFolder.open(folder);
  if (isPairsRun(run)) {
    throw new PyrovedError(
      `${folder} contains an encoder-decoder (VED), which predicts outputs from inputs and has neither classes nor poses. Use pyroved predict, encode, manifold, traverse or export, or loadVED.`,
    );
  }
  const { checkpoint, warning } = run.loadCheckpoint();
  const { classNames, normalisation, preprocessing } = dataSection(run.config);
  const model = modelFromConfig(modelSection(run.config), { kernel });
  disposeOnError(model, ({ params }) => loadParams(params, checkpoint.tensors));
  const classAngles = classAnglesOf(checkpoint);
  return {
    run,
    model,
    classNames: classNamesOf(model, classNames),
    ...(classAngles && { classAngles }),
    ...(normalisation && { normalisation }),
    ...fittedAtEnd(run),
    ...(preprocessing && { preprocessing }),
    ...(warning !== undefined && { warning }),
  };
}

function fittedAtEnd(run: RunFolder): Pick<TrainedModel, 'temperature' | 'reconstructionQuantiles'> {
  const { temperature, reconstructionQuantiles: quantiles }: Readonly<Record<string, unknown>> = run.hasSummary()
    ? run.readSummary()
    : {};
  const isAscending = (all: unknown): all is number[] =>
    Array.isArray(all) && all.length >= 2 && all.every((q, i) => Number.isFinite(q) && (i === 0 || q >= all[i - 1]));
  return {
    ...(typeof temperature === 'number' && temperature > 0 && { temperature }),
    ...(isAscending(quantiles) && { reconstructionQuantiles: quantiles }),
  };
}

/** The model as a classifier. @throws {PyrovedError} when it has no classes. */
export function classifierOf({ run, model }: TrainedModel): Classifier {
  if (isClassifier(model)) return model;
  throw new PyrovedError(
    `The model of ${run.path} (${model.kind}) has no classes. Train a model with labels, or a jiVAE, which finds classes without labels.`,
  );
}

/** Options of `classifyImages`. */
export interface ClassifyOptions {
  /** For template models: see `ClassAnswer`. @default 'gated' */
  readonly answer?: ClassAnswer;
  /** Fraction of images of known classes that may be marked as outliers. @default 0.05 */
  readonly falseAlarms?: number;
}

/**
 * Class, probabilities and angle of each image, its outlier score and whether it is an outlier; for template models also its evidence. The score of template
 * models comes from the evidence, that of others from how well the image is reconstructed; runs of earlier versions have none.
 * @param threshold images whose most probable class is below this probability are marked unsure
 * @throws {PyrovedError} when the options require templates and the model has none.
 * @example const rows = classifyImages(trained, set, 0.9); rows[0].classIndex
 */
export function classifyImages(
  trained: TrainedModel,
  set: TrainingImages,
  threshold = 0.8,
  options: ClassifyOptions = {},
): Classification[] {
  const model = classifierOf(trained);
  rejectUnknownKeys('classifyImages', options, ['answer', 'falseAlarms']);
  const { answer, falseAlarms } = options;
  const hasTemplates = model instanceof TemplateSSIVAE;
  const { reconstructionQuantiles: quantiles } = trained;
  if (!hasTemplates && falseAlarms !== undefined && !quantiles)
    throw new PyrovedError(
      `The run ${trained.run.path} has no outlier scores: it did not end, or is of an earlier version.`,
    );
  if (!hasTemplates && answer === 'evidence') {
    throw new PyrovedError(
      `The model of ${trained.run.path} has no templates. Train a model with decoder "template" (--decoder template).`,
    );
  }
  const all = hasTemplates ? model.answers(set, { ...(answer && { answer }) }) : undefined;
  const { encoding, classified: found = model.classify(set) } = all
    ? { encoding: all.encoding, classified: all.found }
    : model.infer(set);
  const scores = all
    ? all.outlierScore
    : quantiles && reconstructionScores(reconstructionQuality(model, set, encoding), quantiles);
  const lowest = hasTemplates ? model.outlierThreshold(falseAlarms) : Math.log(rateIn(falseAlarms));
  // The temperature was fitted for the default answer.
  const { temperature = 1 } = answer === undefined || answer === 'gated' || !hasTemplates ? trained : {};
  const { probabilities, classes, entropy, margin } =
    temperature === 1
      ? found
      : classified(withTemperature(found.probabilities, model.numClasses, temperature), model.numClasses);
  const { angle } = encoding;
  const k = model.numClasses;
  return Array.from(classes, (classIndex, i) => {
    const row = probabilities.subarray(i * k, (i + 1) * k);
    const upright = trained.classAngles?.[classIndex] ?? 0;
    return {
      file: set.names?.[i] ?? `image ${i + 1}`,
      classIndex,
      probabilities: row,
      unsure: row[classIndex] < threshold,
      entropy: entropy[i],
      margin: margin[i],
      ...(angle && { angleDegrees: degreesFromUpright(angle[i], upright) }),
      ...(all && { evidence: all.evidence[i] }),
      ...(scores && { outlierScore: scores[i], outlier: scores[i] < lowest }),
    };
  });
}

function rateIn(falseAlarms = 0.05): number {
  if (falseAlarms >= 0 && falseAlarms <= 1) return falseAlarms;
  throw new OptionError(`falseAlarms must be a rate from 0 to 1; got ${falseAlarms}.`);
}
