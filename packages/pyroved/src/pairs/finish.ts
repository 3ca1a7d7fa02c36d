/** The end of a run on pairs: evaluation on validation pairs, summary and report. */
import type { EpochRecord, VED } from 'pyroved-ts';
import { ved } from '../kinds/index.js';
import { type TrainingFigures, trainingFigures } from '../runs/finish.js';
import type { RunFolder } from '../storage/index.js';
import { renderReport } from '../viz/index.js';
import { pairsReport } from './report.js';
import type { PairedSets } from './source.js';

/** The content of `summary.json` of a run on pairs. */
export interface PairsSummary extends TrainingFigures {
  readonly model: 'VED';
  readonly testPairs?: number;
  /** R² of the predictions on validation pairs. */
  readonly r2?: number;
  /** Root mean squared error on validation pairs, with outputs scaled to [0, 1]. */
  readonly rmse?: number;
}

/** Evaluates the trained model and writes pictures, `summary.json` and `report.html`. */
export async function finishPairs(
  run: RunFolder,
  model: VED,
  sets: PairedSets,
  history: readonly EpochRecord[],
): Promise<PairsSummary> {
  const summary: PairsSummary = {
    model: model.kind,
    ...(sets.test && { testPairs: sets.test.inputs.count, ...ved.evaluate(model, sets.test) }),
    ...trainingFigures(run, history),
  };
  run.writeSummary(summary);
  const { html, pictures } = renderReport(pairsReport(run, model, sets, { summary, history }));
  for (const [name, content] of pictures) run.writePicture(name, content);
  run.writeReport(html);
  return summary;
}
