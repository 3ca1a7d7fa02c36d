/** A trained model from its run folder, ready for new images. */
import type { SpatialDecoderOptions } from '@pyro-ts/spatial-decoder';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import {
  type ClassAnswer,
  type Classifier,
  classified,
  isClassifier,
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
import { disposeOnError } from 'pyroved-ts/internal';
import { classNamesOf } from '../kinds/index.js';
import { isPairsRun } from '../pairs/sections.js';
import { type Classification, RunFolder } from '../storage/index.js';
import { dataSection, modelSection } from './settings.js';
import { classAnglesOf, degreesFromUpright } from './upright.js';

export interface TrainedModel {
  readonly run: RunFolder;
  readonly model: Model;
  readonly classNames: readonly string[];
  /** The angle (radians) at which the model sees each class's upright images; where it tells angles. */
  readonly classAngles?: Float32Array;
  readonly normalisation?: Normalisation;
  /** Applied to class probabilities: fitted on the validation images at the end of training; 1 where it was not. */
  readonly temperature?: number;
  /** What is done to images before the model sees them; absent: nothing. */
  readonly preprocessing?: Preprocessing;
  /** Said where the newest checkpoint is damaged and the one before it was taken. */
  readonly warning?: string;
}

/**
 * Loads the newest whole checkpoint of a run.
 * @param kernel what computes the spatial decoder and the convolutions of recognition (see `selectKernel`). @default plain tensor operations, which
 * classify some fifty times more slowly
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
      `${folder} holds an encoder-decoder (VED), which predicts targets from inputs and knows neither classes nor poses: use pyroved predict, encode, manifold, traverse or export, or loadVED.`,
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
    ...temperatureOf(run),
    ...(preprocessing && { preprocessing }),
    ...(warning !== undefined && { warning }),
  };
}

function temperatureOf(run: RunFolder): Pick<TrainedModel, 'temperature'> {
  const temperature = run.hasSummary() ? run.readSummary().temperature : undefined;
  return typeof temperature === 'number' && temperature > 0 ? { temperature } : {};
}

/** The model as a classifier, or an error that says that it has no classes. */
export function classifierOf({ run, model }: TrainedModel): Classifier {
  if (isClassifier(model)) return model;
  throw new PyrovedError(
    `The model of ${run.path} (${model.kind}) tells no classes. Train one with labels, or a jiVAE, which looks for classes by itself.`,
  );
}

/** What `classifyImages` does with a model that has templates. */
export interface ClassifyOptions {
  /** See `ClassAnswer`. @default 'gated' */
  readonly answer?: ClassAnswer;
  /** Rate at which images of known classes may be taken for outliers. @default 0.05 */
  readonly falseAlarms?: number;
}

/**
 * Class, probabilities and angle of each image; with templates, its evidence, its outlier score and whether it is an outlier.
 * @param threshold an image whose likeliest class is less likely than this is marked unsure
 * @throws {PyrovedError} for an answer that needs templates where the model has none.
 */
export function classifyImages(
  trained: TrainedModel,
  set: TrainingImages,
  threshold = 0.8,
  options: ClassifyOptions = {},
): Classification[] {
  const model = classifierOf(trained);
  refuseUnknownKeys('classifyImages', options, ['answer', 'falseAlarms']);
  const { answer, falseAlarms } = options;
  const hasTemplates = model instanceof TemplateSSIVAE;
  if (!hasTemplates && (answer === 'evidence' || falseAlarms !== undefined)) {
    throw new PyrovedError(
      `The model of ${trained.run.path} has no templates, so there is no evidence of its classes. Train one with decoder "template" (--decoder template).`,
    );
  }
  const all = hasTemplates ? model.answers(set, { ...(answer && { answer }) }) : undefined;
  const { encoding, classified: found = model.classify(set) } = all
    ? { encoding: all.encoding, classified: all.found }
    : model.infer(set);
  const lowest = hasTemplates ? model.outlierThreshold(falseAlarms) : 0;
  // Fitted on the default answer.
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
      ...(all && {
        evidence: all.evidence[i],
        outlierScore: all.outlierScore[i],
        outlier: all.outlierScore[i] < lowest,
      }),
    };
  });
}
