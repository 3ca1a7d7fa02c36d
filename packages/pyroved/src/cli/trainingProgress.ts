/** Training with a progress bar (steps, loss, accuracy and remaining time) that Ctrl-C stops cleanly. */
import { formatBytes, type RunHooks } from '../runs/index.js';
import { formatCount, formatDuration } from '../viz/index.js';
import { interruptible, say } from './messages.js';
import { createMultiProgress } from './multiProgress.js';
import { createProgress, type Progress } from './progress.js';

type ProgressHooks = Required<Pick<RunHooks<unknown>, 'onStep' | 'onEpoch' | 'onEnd'>>;

interface TrainingProgress extends ProgressHooks {
  /** Hooks that update the bar of one of several concurrent runs. */
  readonly forRun: (name: string) => ProgressHooks;
  /** Prints a line above the bars. */
  readonly log: (line: string) => void;
  stop(): void;
}

/** Each run gets a bar at its first step, which is removed when it ends. */
function trainingProgress(): TrainingProgress {
  const display = createMultiProgress();
  const shown = new Set<Progress>();
  const barOf = (begin: (steps: { start: number; total: number }) => Progress): ProgressHooks => {
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

/** "527 ms", "13.1 s". */
const stepTime = (seconds: number): string =>
  seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(1)} s`;

/** Runs a training with a progress bar. Ctrl-C stops it cleanly and sets the exit status. */
export async function withProgress<T>(start: (hooks: RunHooks<unknown>) => Promise<T>): Promise<T> {
  const progress = trainingProgress();
  try {
    return await interruptible(progress.log, (signal) =>
      start({
        signal,
        say: progress.log,
        onEstimate: ({ secondsPerStep, seconds, steps, bytes }, left) => {
          const time = formatDuration((seconds * left) / steps);
          progress.log(
            `${formatCount(left)} steps, ${stepTime(secondsPerStep)} each: about ${time}, ${formatBytes(bytes)}.`,
          );
        },
        onStep: progress.onStep,
        onEpoch: progress.onEpoch,
        onEnd: progress.onEnd,
        forRun: progress.forRun,
      }),
    );
  } finally {
    progress.stop();
  }
}
