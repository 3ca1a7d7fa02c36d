/** Progress of a long run: a bar with loss, accuracy and time left on a terminal, a plain line now and then elsewhere. */
import { type Options, SingleBar } from 'cli-progress';
import { formatDuration, formatPercent } from '../viz/format.js';

/** What there is to say of a step. */
export interface ProgressFigures {
  readonly loss?: number;
  /** Share from 0 to 1. */
  readonly accuracy?: number;
}

/** A progress display that runs from its making to `stop`. */
export interface Progress {
  /** Shows that `step` steps are done. */
  update(step: number, figures?: ProgressFigures): void;
  /** Prints a line that stays, above the bar. */
  log(line: string): void;
  /** Ends the display with a last line; needed, for a bar hides behind it a timer that keeps the process alive. */
  stop(): void;
}

/** How the display is made. */
export interface ProgressOptions {
  /** Steps that are done already, as in a resumed run. Default 0. */
  readonly start?: number;
  readonly total: number;
  /** Where to write; a bar is drawn where `isTTY` is true. Default stderr, so that stdout stays free for results. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Milliseconds from any origin, for the time left. Default `performance.now`. */
  readonly now?: () => number;
}

/** Without a terminal, a line comes after this share of the steps or this many milliseconds, whichever is later. */
const QUIET = { share: 0.02, milliseconds: 10_000 };

/** Starts a display. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream = process.stderr, total, start = 0, now = () => performance.now() } = options;
  const begun = now();
  let step = start;
  let figures: ProgressFigures = {};
  const left = (): string => {
    if (step <= start || step >= total) return '';
    return `${formatDuration(((now() - begun) / 1000 / (step - start)) * (total - step))} left`;
  };
  const words = (): string =>
    [
      figures.loss !== undefined && `loss ${formatLoss(figures.loss)}`,
      figures.accuracy !== undefined && `accuracy ${formatPercent(figures.accuracy)}`,
      left(),
    ]
      .filter(Boolean)
      .join(', ');
  const line = (): string => {
    const percent = total > 0 ? Math.floor((100 * step) / total) : 100;
    return [`step ${step}/${total} (${percent}%)`, words()].filter(Boolean).join(', ');
  };
  const remember = (done: number, said: ProgressFigures): void => {
    step = done;
    figures = { ...figures, ...said };
  };
  const write = (text: string): void => {
    stream.write(`${text}\n`);
  };

  if (!stream.isTTY) {
    let shownAt = begun;
    let shownStep = start;
    return {
      update(done, said = {}) {
        remember(done, said);
        if (now() - shownAt < QUIET.milliseconds || step - shownStep < QUIET.share * total) return;
        [shownAt, shownStep] = [now(), step];
        write(line());
      },
      log: write,
      stop: () => write(line()),
    };
  }

  const bar = new SingleBar(barOptions(stream));
  bar.start(total, start, { words: '' });
  return {
    update(done, said = {}) {
      remember(done, said);
      bar.update(step, { words: words() });
    },
    log(text) {
      // The bar remembers where on the screen it began, so it begins anew below the line.
      bar.stop();
      write(text);
      bar.start(total, step, { words: words() });
    },
    stop() {
      bar.stop();
      write(line());
    },
  };
}

function barOptions(stream: NonNullable<ProgressOptions['stream']>): Options {
  return {
    stream,
    format: '{bar} {percentage}% {value}/{total}  {words}',
    barsize: Math.max(8, Math.min(32, (stream.columns || 80) - 68)),
    barCompleteChar: '█',
    barIncompleteChar: '░',
    clearOnComplete: true,
    hideCursor: true,
    // Ctrl-C belongs to whoever runs the training.
    gracefulExit: false,
    // A training leaves the timer little room.
    synchronousUpdate: true,
    fps: 5,
    emptyOnZero: true,
  };
}

/** Four digits are what changes from step to step. */
const formatLoss = (loss: number): string => (Math.abs(loss) >= 1000 ? loss.toFixed(0) : loss.toPrecision(4));
