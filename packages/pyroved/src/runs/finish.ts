/** The end of a run: evaluation on validation images, pictures, summary and report. */
import {
  type EpochRecord,
  type EvidenceGate,
  labelsOnlyAccuracy,
  type Model,
  RecognitionSSIVAE,
  SSIVAE,
  SSRegIVAE,
  subset,
  TemplateSSIVAE,
  type TrainingImages,
} from 'pyroved-ts';
import { isClassifier, reconstructionQuantiles } from 'pyroved-ts/internal';
import { evaluateFound, type Figures, figuresOf } from '../kinds/evaluation.js';
import { classNamesOf, kindOf } from '../kinds/index.js';
import type { TrainingSets } from '../sources/sets.js';
import type { RunFolder } from '../storage/index.js';
import { type AnglePriorFigures, anglePriorFigures, anglePriorTable } from './anglePriors.js';
import { affordableBounds, type LikelihoodBounds } from './bound.js';
import { disentangledBy } from './disentangled.js';
import { type HeadlineFigures, headlineFigures } from './headline.js';
import { learningFigures } from './learningFigures.js';
import { type LearningProblem, learningProblems } from './learningProblems.js';
import type { MachineRecord } from './machine.js';
import { type ReportExtras, writeReport } from './report.js';
import { modelSection } from './settings.js';
import { evenPlaces } from './show.js';
import { doubtfulCsv, doubtfulLabels, doubtfulTable } from './suspicious.js';
import { type Validation, validationFor } from './validation.js';

/** The content of `summary.json`; figures are of the validation images, if there are any. */
export interface RunSummary extends Figures, HeadlineFigures, TrainingFigures {
  readonly model: string;
  readonly invariances: readonly string[];
  /** Number of distinct validation images. */
  readonly testImages?: number;
  readonly classNames: readonly string[];
  /** Signs that the run did not learn, each with suggestions; absent if there are none. */
  readonly problems?: readonly LearningProblem[];
  /** ELBO and importance-weighted bound on validation images, if they can be computed within seconds; see `evaluate --bound`. */
  readonly bounds?: LikelihoodBounds;
  /** For a template model: the weight of its evidence in the classification, and the evidence of validation images. */
  readonly evidence?: EvidenceFigures;
  /** For a classifier without templates: quantiles of how well training images are reconstructed, for the outlier scores. */
  readonly reconstructionQuantiles?: readonly number[];
  /** Number of labelled training images with a suspicious label, which are listed in suspicious-labels.csv. */
  readonly suspiciousLabels?: number;
}

/** Figures of the training, in every summary. */
export interface TrainingFigures extends MachineRecord {
  /** Negative ELBO in the last epoch, nats per image (or per pair). */
  readonly loss: number;
  readonly epochs: number;
  readonly steps: number;
  /** Wall-clock time of the training steps. */
  readonly seconds: number;
  readonly seed: number;
}

export function trainingFigures({ config }: RunFolder, history: readonly EpochRecord[]): TrainingFigures {
  const { loss, epoch: epochs, step: steps } = history.at(-1) as EpochRecord;
  const { engine, kernel, precision, seed } = config;
  const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
  return { loss, epochs, steps, seconds, engine, kernel, ...(precision && { precision }), seed };
}

export interface FinishOptions extends ReportExtras {
  /** Whether to draw pictures and a report. @default true */
  readonly report?: boolean;
  /** Additional entries of `summary.json`. */
  readonly also?: object;
}

/** Evaluates the trained model and writes pictures, `summary.json` and `report.html`. */
export async function finishRun(
  run: RunFolder,
  model: Model,
  sets: TrainingSets,
  history: readonly EpochRecord[],
  { report = true, also, ...shown }: FinishOptions = {},
): Promise<RunSummary> {
  const { seed } = run.config;
  const validation = validationFor(run.config, sets);
  const found = sets.found?.test;
  const evaluation =
    found && isClassifier(model)
      ? evaluateFound(model, found)
      : validation && kindOf(model).evaluate(model, validation.images);
  const disentanglement = sets.test && disentangledBy(run, model, sets.test);
  const figures = { ...(evaluation && figuresOf(evaluation)), ...headlineFigures(model, evaluation, validation) };
  const problems = learningProblems(learningFigures(model, kindOf(model).images(model, sets), history, figures));
  const bounds =
    validation && !(model instanceof SSRegIVAE) ? affordableBounds(model, validation.images, seed) : undefined;
  const evidence = evidenceFigures(model, validation?.images ?? found, sets);
  const doubtful =
    model instanceof SSIVAE && sets.labelled && !sets.found && !isAtChance(problems)
      ? doubtfulLabels(model, sets.labelled, classNamesOf(model, sets.classNames), seed)
      : [];
  run.writeSuspiciousLabels(doubtful.length > 0 ? doubtfulCsv(doubtful) : undefined);
  const summary: RunSummary = {
    model: model.kind,
    invariances: modelSection(run.config).invariances ?? [],
    ...(evaluation && { testImages: validation?.distinct ?? found?.count }),
    ...figures,
    ...(report && labelsOnly(model, sets, validation, run)),
    ...(disentanglement && { disentanglement }),
    ...(problems.length > 0 && { problems }),
    ...(bounds && { bounds }),
    ...(evidence && { evidence }),
    ...qualityFigures(model, sets),
    ...(doubtful.length > 0 && { suspiciousLabels: doubtful.length }),
    classNames: classNamesOf(model, sets.classNames),
    ...trainingFigures(run, history),
  };
  run.writeSummary({ ...summary, ...also });
  const tables = [
    ...(shown.tables ?? []),
    ...(evidence ? [anglePriorTable(evidence.anglePriors)] : []),
    ...(doubtful.length > 0 ? [doubtfulTable(doubtful)] : []),
  ];
  if (report)
    await writeReport(run, model, sets, {
      ...shown,
      summary,
      evaluation,
      history,
      ...(tables.length > 0 && { tables }),
    });
  return summary;
}

export interface EvidenceFigures extends EvidenceGate {
  /** Images with a lower outlier score are marked as outliers; corresponds to a false-alarm rate of 5%. */
  readonly outlierThreshold: number;
  /** Mean evidence of validation images, nats per image. */
  readonly mean?: number;
  /** Comparison of angle priors on validation images, or on unlabelled ones if there are none. */
  readonly anglePriors: readonly AnglePriorFigures[];
}

/** Number of images whose evidence is computed. */
const EXPLAINED = 200;

function evidenceFigures(
  model: Model,
  validation: TrainingImages | undefined,
  { unlabelled }: TrainingSets,
): EvidenceFigures | undefined {
  if (!(model instanceof TemplateSSIVAE)) return undefined;
  const images = validation ?? unlabelled;
  const anglePriors = anglePriorFigures(model, subset(images, evenPlaces(images.count, EXPLAINED)));
  const figures = { ...model.gate, outlierThreshold: model.outlierThreshold(), anglePriors };
  return validation ? { ...figures, mean: anglePriors[0].evidence } : figures;
}

/** Of up to `EXPLAINED` training images, unlabelled ones if there are any. */
function qualityFigures(
  model: Model,
  { unlabelled, labelled }: TrainingSets,
): Pick<RunSummary, 'reconstructionQuantiles'> {
  if (!isClassifier(model) || model instanceof TemplateSSIVAE) return {};
  const images = unlabelled.count > 0 ? unlabelled : labelled;
  if (!images) return {};
  const quantiles = reconstructionQuantiles(model, subset(images, evenPlaces(images.count, EXPLAINED)));
  return { reconstructionQuantiles: quantiles.map((q) => Number(q.toFixed(4))) };
}

/** The accuracy of a plain classifier trained only on the labelled images, augmented with the poses that the model expects. */
function labelsOnly(
  model: Model,
  { labelled }: TrainingSets,
  validation: Validation | undefined,
  { config: { seed } }: RunFolder,
): Pick<RunSummary, 'labelsOnlyAccuracy'> {
  if (!(model instanceof RecognitionSSIVAE) || !labelled || !validation) return {};
  const { numClasses, recognition } = model;
  const { angle = 0, shift = 0 } = recognition.ranges;
  const ranges = { angle, shift };
  return { labelsOnlyAccuracy: labelsOnlyAccuracy(labelled, validation.images, { numClasses, ranges, seed }) };
}

const isAtChance = (problems: readonly LearningProblem[]): boolean =>
  problems.some(({ code }) => code === 'accuracy-at-chance');
