/** The end of a run: its figures on images that it was not trained on, its pictures, its summary and its report. */
import type { IVAE, SSIVAE } from '../models/index.js';
import type { RunFolder } from '../run/index.js';
import { accuracyOf, type EpochRecord } from '../train/index.js';
import { type ReportBaseline, writeReport } from './report.js';
import { modelSection } from './settings.js';
import type { TrainingSets } from './sources/sets.js';

/** What `summary.json` holds. */
export interface RunSummary {
  readonly model: string;
  readonly invariances: readonly string[];
  /** Share of the test images that are classified rightly; absent without labels to test on. */
  readonly accuracy?: number;
  readonly testImages?: number;
  /** confusion[true][found], numbers of test images. */
  readonly confusion?: readonly (readonly number[])[];
  readonly classNames: readonly string[];
  /** Minus the ELBO in the last epoch, nats an image. */
  readonly loss: number;
  readonly epochs: number;
  readonly steps: number;
  /** Wall-clock time of the training steps. */
  readonly seconds: number;
  readonly engine: string;
  readonly kernel: string;
  readonly seed: number;
}

/** Judges the trained model and writes pictures, `summary.json` and `report.html`. */
export async function finishRun(
  run: RunFolder,
  model: IVAE | SSIVAE,
  sets: TrainingSets,
  history: readonly EpochRecord[],
  baseline?: ReportBaseline,
): Promise<RunSummary> {
  const last = history.at(-1) as EpochRecord;
  const judged = model.kind === 'ssiVAE' && sets.test ? accuracyOf(model, sets.test) : undefined;
  const { engine, kernel, seed } = run.config;
  const summary: RunSummary = {
    model: model.kind,
    invariances: modelSection(run.config).invariances ?? [],
    ...(judged && { accuracy: judged.accuracy, testImages: sets.test?.count, confusion: judged.confusion }),
    classNames: sets.classNames,
    loss: last.loss,
    epochs: last.epoch,
    steps: last.step,
    seconds: history.reduce((sum, record) => sum + record.seconds, 0),
    engine,
    kernel,
    seed,
  };
  run.writeSummary(summary);
  await writeReport(run, model, sets, { summary, history, ...(baseline && { baseline }) });
  return summary;
}
