/** The progress bar of a training: steps, loss, accuracy and the time left; and a training under it that Ctrl-C stops cleanly. */
import { formatBytes, type RunHooks } from '../runs/index.js';
import { formatCount, formatDuration } from '../viz/index.js';
import { interruptSignal, say } from './messages.js';
import { createMultiProgress } from './multiProgress.js';
import { createProgress, type Progress } from './progress.js';

type Told = Required<Pick<RunHooks<unknown>, 'onStep' | 'onEpoch' | 'onEnd'>>;

interface TrainingProgress extends Told {
  /** The bar of one of several trainings side by side. */
  readonly forRun: (name: string) => Told;
  /** Prints a line above the bars. */
  log(line: string): void;
  stop(): void;
}

/** A bar that appears with the first step and goes with the end, so that each of several trainings in turn has its own. */
function trainingProgress(): TrainingProgress {
  const display = createMultiProgress();
  const shown = new Set<Progress>();
  const barOf = (begin: (steps: { start: number; total: number }) => Progress): Told => {
    let bar: Progress | undefined;
    return {
      onStep: ({ step, steps, loss }) => {
        bar ??= begin({ start: step - 1, total: steps });
        shown.add(bar);
        bar.update(step, loss === undefined ? {} : { loss });
      },
      onEpoch: ({ step, evaluation }) => {
        if (evaluation?.accuracy !== undefined) bar?.update(step, { accuracy: evaluation.accuracy });
      },
      onEnd: () => {
        bar?.stop();
        if (bar) shown.delete(bar);
        bar = undefined;
      },
    };
  };
  return {
    ...barOf(createProgress),
    forRun: (name) => barOf((steps) => display.enter(name, steps)),
    log: (line) => {
      const [bar] = shown;
      if (bar) bar.log(line);
      else say(line);
    },
    stop: () => {
      for (const bar of shown) bar.stop();
      shown.clear();
    },
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
      onEnd: progress.onEnd,
      forRun: progress.forRun,
    });
  } finally {
    progress.stop();
    release();
    if (signal.aborted) process.exitCode = exitCode();
  }
}
