/** The progress bar of a training: steps, loss, accuracy and the time left; and a training under it that Ctrl-C stops cleanly. */
import { formatBytes, type RunHooks, type RunProgress } from '../recipes/index.js';
import type { EpochRecord } from '../train/index.js';
import { formatCount, formatDuration } from '../viz/index.js';
import { interruptSignal } from './messages.js';
import { createProgress, type Progress } from './progress.js';

interface TrainingProgress {
  readonly onStep: (progress: RunProgress) => void;
  readonly onEpoch: (record: EpochRecord) => void;
  /** Prints a line above the bar. */
  log(line: string): void;
  stop(): void;
}

/** A bar that appears with the first step and ends with the last, so that each of several trainings in turn has its own. */
function trainingProgress(): TrainingProgress {
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

/** Runs a training with a progress bar and a clean Ctrl-C, of which the exit status then tells. */
export async function withProgress<T>(start: (hooks: RunHooks<unknown>) => Promise<T>): Promise<T> {
  const progress = trainingProgress();
  const { signal, exitCode, release } = interruptSignal(() =>
    progress.log('Stopping; the state is kept. Ctrl-C again ends at once.'),
  );
  try {
    return await start({
      signal,
      say: (line) => progress.log(line),
      onEstimate: ({ secondsPerStep, seconds, steps, bytes }, left) => {
        const time = formatDuration((seconds * left) / steps);
        progress.log(
          `${formatCount(left)} steps of about ${(secondsPerStep * 1000).toFixed(0)} ms: about ${time}, with ${formatBytes(bytes)} of memory.`,
        );
      },
      onStep: progress.onStep,
      onEpoch: progress.onEpoch,
    });
  } finally {
    progress.stop();
    release();
    if (signal.aborted) process.exitCode = exitCode();
  }
}
