/** Progress of a long run: a bar with loss, accuracy and time left on a terminal, a plain line now and then elsewhere. */
import { type Options, SingleBar } from 'cli-progress';
import { plainText } from '../plainText.js';
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
  /** What each plain line begins with, where there are several displays. */
  readonly name?: string;
}

/** Without a terminal, a line comes after this share of the steps or this many milliseconds, whichever is later. */
const QUIET = { share: 0.02, milliseconds: 10_000 };

/** How far a run is, and a line of text about it. */
export interface Pace {
  readonly step: number;
  update(step: number, figures?: ProgressFigures): void;
  /** Loss, accuracy and the time left, where known. */
  words(): string;
  /** The same with the steps, under the name of the run. */
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

/** Starts a display. */
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
      // The bar remembers where on the screen it began, so it begins anew below the line.
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

/** How bars look, on a terminal that has to hold `beside` more characters in the same line. */
export function barOptions(stream: NonNullable<ProgressOptions['stream']>, beside: number): Options {
  return {
    stream,
    barsize: Math.max(8, Math.min(32, (stream.columns || 80) - beside)),
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
