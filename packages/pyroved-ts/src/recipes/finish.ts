/** The end of a run: its figures on images that it was not trained on, its pictures, its summary and its report. */
import type { Model } from '../models/index.js';
import type { RunFolder } from '../run/index.js';
import type { EpochRecord } from '../train/index.js';
import { disentangledBy } from './disentangled.js';
import { type HeadlineFigures, headlineFigures } from './headline.js';
import { type Figures, figuresOf, judge } from './judge.js';
import { classNamesOf } from './kinds.js';
import type { MachineRecord } from './machine.js';
import { type ReportExtras, writeReport } from './report.js';
import { modelSection } from './settings.js';
import type { TrainingSets } from './sources/sets.js';
import { validationFor } from './validation.js';

/** What `summary.json` holds; figures are of the validation images, where there are any. */
export interface RunSummary extends Figures, HeadlineFigures, CourseFigures {
  readonly model: string;
  readonly invariances: readonly string[];
  /** Number of distinct validation images. */
  readonly testImages?: number;
  readonly classNames: readonly string[];
}

/** What every summary tells of how the run went. */
export interface CourseFigures extends MachineRecord {
  /** Minus the ELBO in the last epoch, nats an image (or a pair). */
  readonly loss: number;
  readonly epochs: number;
  readonly steps: number;
  /** Wall-clock time of the training steps. */
  readonly seconds: number;
  readonly seed: number;
}

export function courseOf({ config }: RunFolder, history: readonly EpochRecord[]): CourseFigures {
  const { loss, epoch: epochs, step: steps } = history.at(-1) as EpochRecord;
  const { engine, kernel, precision, seed } = config;
  const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
  return { loss, epochs, steps, seconds, engine, kernel, ...(precision && { precision }), seed };
}

export interface FinishOptions extends ReportExtras {
  /** Whether to draw pictures and a report; true. */
  readonly report?: boolean;
  /** More entries for `summary.json`. */
  readonly also?: object;
}

/** Judges the trained model and writes pictures, `summary.json` and `report.html`. */
export async function finishRun(
  run: RunFolder,
  model: Model,
  sets: TrainingSets,
  history: readonly EpochRecord[],
  { report = true, also, ...shown }: FinishOptions = {},
): Promise<RunSummary> {
  const validation = validationFor(run.config, sets);
  const judged = validation && judge(model, validation.images);
  const disentanglement = sets.test && disentangledBy(run, model, sets.test);
  const summary: RunSummary = {
    model: model.kind,
    invariances: modelSection(run.config).invariances ?? [],
    ...(judged && { testImages: validation.distinct, ...figuresOf(judged) }),
    ...headlineFigures(model, judged, validation),
    ...labelsOnly(history),
    ...(disentanglement && { disentanglement }),
    classNames: classNamesOf(model, sets.classNames),
    ...courseOf(run, history),
  };
  run.writeSummary({ ...summary, ...also });
  if (report) await writeReport(run, model, sets, { summary, judged, history, ...shown });
  return summary;
}

/** The accuracy of the classifier that the trainer trained on labelled images alone, where it has one. */
function labelsOnly(history: readonly EpochRecord[]): Pick<RunSummary, 'labelsOnlyAccuracy'> {
  const labelsOnlyAccuracy = history.findLast(({ evaluation }) => evaluation?.labelsOnlyAccuracy !== undefined)
    ?.evaluation?.labelsOnlyAccuracy;
  return labelsOnlyAccuracy === undefined ? {} : { labelsOnlyAccuracy };
}
