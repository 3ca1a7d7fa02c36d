/** Progress of a run: a bar with loss, accuracy and remaining time on a terminal, else occasional plain lines. */
import { type Options, SingleBar } from 'cli-progress';
import { plainText } from '../plainText.js';
import { formatDuration, formatPercent } from '../viz/format.js';

/** Figures shown beside the progress. */
export interface ProgressFigures {
  readonly loss?: number;
  /** Fraction from 0 to 1. */
  readonly accuracy?: number;
}

/** A progress display, shown from its creation until `stop`. */
export interface Progress {
  /** Updates the number of finished steps. */
  update(step: number, figures?: ProgressFigures): void;
  /** Prints a permanent line above the bar. */
  log(line: string): void;
  /** Ends the display with a last line. Must be called: the timer of a bar keeps the process alive. */
  stop(): void;
}

/** Options of a progress display. */
export interface ProgressOptions {
  /** Steps already finished, as in a resumed run. @default 0 */
  readonly start?: number;
  readonly total: number;
  /** Output stream; a bar is drawn if it is a terminal. @default stderr, so that stdout is free for results */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Clock in milliseconds, for the remaining time. @default performance.now */
  readonly now?: () => number;
  /** Prefix of each plain line, to distinguish several displays. */
  readonly name?: string;
}

/** Without a terminal, a line is printed after this fraction of the steps or this many milliseconds, whichever is later. */
const QUIET = { share: 0.02, milliseconds: 10_000 };

/** The progress of a run and its description as text. */
export interface Pace {
  readonly step: number;
  update(step: number, figures?: ProgressFigures): void;
  /** Loss, accuracy and remaining time, if known. */
  words(): string;
  /** `words` preceded by the name of the run and the steps. */
  line(): string;
}

export function paceOf({ total, start = 0, now = () => performance.now(), name }: ProgressOptions): Pace {
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
  return {
    get step() {
      return step;
    },
    update(done, said = {}) {
      step = done;
      figures = { ...figures, ...said };
    },
    words,
    line: () => {
      const percent = total > 0 ? Math.floor((100 * step) / total) : 100;
      const parts = [`step ${step}/${total} (${percent}%)`, words()].filter(Boolean).join(', ');
      return name === undefined ? parts : `${name}: ${parts}`;
    },
  };
}

/** Starts a progress display. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream = process.stderr, total, start = 0, now = () => performance.now() } = options;
  const pace = paceOf({ ...options, now });
  const write = (text: string): void => {
    stream.write(`${plainText(text)}\n`);
  };

  if (!stream.isTTY) {
    let shownAt = now();
    let shownStep = start;
    return {
      update(done, said) {
        pace.update(done, said);
        if (now() - shownAt < QUIET.milliseconds || done - shownStep < QUIET.share * total) return;
        [shownAt, shownStep] = [now(), done];
        write(pace.line());
      },
      log: write,
      stop: () => write(pace.line()),
    };
  }

  const bar = new SingleBar({ ...barOptions(stream, 68), format: '{bar} {percentage}% {value}/{total}  {words}' });
  bar.start(total, start, { words: '' });
  return {
    update(done, said) {
      pace.update(done, said);
      bar.update(done, { words: pace.words() });
    },
    log(text) {
      // The bar keeps its position on the screen, so it is restarted below the line.
      bar.stop();
      write(text);
      bar.start(total, pace.step, { words: pace.words() });
    },
    stop() {
      bar.stop();
      write(pace.line());
    },
  };
}

/** Appearance of a bar that shares its line with `beside` other characters. */
export function barOptions(stream: NonNullable<ProgressOptions['stream']>, beside: number): Options {
  return {
    stream,
    barsize: Math.max(8, Math.min(32, (stream.columns || 80) - beside)),
    barCompleteChar: '█',
    barIncompleteChar: '░',
    clearOnComplete: true,
    hideCursor: true,
    // Ctrl-C is handled by the caller.
    gracefulExit: false,
    // Training blocks the event loop, so timers rarely fire.
    synchronousUpdate: true,
    fps: 5,
    emptyOnZero: true,
  };
}

/** Four significant digits. */
const formatLoss = (loss: number): string => (Math.abs(loss) >= 1000 ? loss.toFixed(0) : loss.toPrecision(4));
