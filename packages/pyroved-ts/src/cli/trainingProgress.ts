/** The progress bar of a training: steps, loss, accuracy and the time left. */
import type { RunProgress } from '../recipes/index.js';
import type { EpochRecord } from '../train/index.js';
import { createProgress, type Progress } from './progress.js';

export interface TrainingProgress {
  readonly onStep: (progress: RunProgress) => void;
  readonly onEpoch: (record: EpochRecord) => void;
  /** Prints a line above the bar. */
  log(line: string): void;
  stop(): void;
}

/** A bar that appears with the first step and ends with the last, so that each of several trainings in turn has its own. */
export function trainingProgress(): TrainingProgress {
  let bar: Progress | undefined;
  let accuracy: number | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
    accuracy = undefined;
  };
  return {
    onStep: ({ step, steps, loss }) => {
      bar ??= createProgress({ start: step - 1, total: steps });
      bar.update(step, { ...(loss !== undefined && { loss }), ...(accuracy !== undefined && { accuracy }) });
      if (step >= steps) stop();
    },
    onEpoch: ({ evaluation }) => {
      accuracy = evaluation?.accuracy ?? accuracy;
    },
    log: (line) => (bar ? bar.log(line) : console.error(line)),
    stop,
  };
}
