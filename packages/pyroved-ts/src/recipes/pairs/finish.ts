/** The end of a run on pairs: its error on pairs that it was not trained on, its summary and its report. */
import type { VED } from '../../models/index.js';
import type { RunFolder } from '../../run/index.js';
import { type EpochRecord, predictionError } from '../../train/index.js';
import { renderReport } from '../../viz/index.js';
import { pairsReport } from './report.js';
import type { PairedSets } from './source.js';

/** What `summary.json` of a run on pairs holds. */
export interface PairsSummary {
  readonly model: 'VED';
  readonly testPairs?: number;
  /** The share of the test targets' variance that is predicted. */
  readonly r2?: number;
  /** Root of the mean squared error of the test targets, as the network sees them: in [0, 1]. */
  readonly rmse?: number;
  /** Minus the ELBO in the last epoch, nats a pair. */
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
export async function finishPairs(
  run: RunFolder,
  model: VED,
  sets: PairedSets,
  history: readonly EpochRecord[],
): Promise<PairsSummary> {
  const last = history.at(-1) as EpochRecord;
  const { engine, kernel, seed } = run.config;
  const summary: PairsSummary = {
    model: model.kind,
    ...(sets.test && { testPairs: sets.test.inputs.count, ...predictionError(model, sets.test) }),
    loss: last.loss,
    epochs: last.epoch,
    steps: last.step,
    seconds: history.reduce((sum, record) => sum + record.seconds, 0),
    engine,
    kernel,
    seed,
  };
  run.writeSummary(summary);
  const { html, pictures } = await renderReport(await pairsReport(run, model, sets, { summary, history }));
  for (const [name, content] of pictures) run.writePicture(name, content);
  run.writeReport(html);
  return summary;
}
