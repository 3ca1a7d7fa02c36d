/** Progress of several concurrent runs: one bar per run on a terminal, else plain lines that name the run. */
import { MultiBar } from 'cli-progress';
import { plainText } from '../plainText.js';
import { barOptions, createProgress, type Pace, type Progress, type ProgressOptions, paceOf } from './progress.js';

/** One progress display per run; ends when the last run stops. */
export interface MultiProgress {
  /** Adds a run. Lines that it logs are printed above all bars. */
  enter(name: string, steps: Pick<ProgressOptions, 'start' | 'total'>): Progress;
}

interface Row {
  readonly name: string;
  readonly total: number;
  readonly pace: Pace;
  /** Redraws the bar. */
  show(): void;
  isRunning: boolean;
}

/** Characters of a line besides name and bar: percentage, loss, accuracy and remaining time. */
const WORDS = 53;

export function createMultiProgress({
  stream = process.stderr,
  now,
}: Pick<ProgressOptions, 'stream' | 'now'> = {}): MultiProgress {
  const shared = { stream, ...(now && { now }) };
  if (!stream.isTTY) return { enter: (name, steps) => createProgress({ ...shared, ...steps, name }) };

  let rows: Row[] = [];
  let bars: MultiBar | undefined;
  /** Removes the bars, writes permanent lines, and redraws the bars below them. */
  const redraw = (...lines: readonly string[]): void => {
    bars?.stop();
    bars = undefined;
    for (const line of lines) stream.write(`${plainText(line)}\n`);
    if (rows.length === 0) return;
    const width = Math.max(...rows.map(({ name }) => name.length));
    const format = '{name} {bar} {percentage}%  {words}';
    const drawn = new MultiBar({ ...barOptions(stream, width + WORDS), format });
    bars = drawn;
    for (const row of rows) {
      const { name, total, pace } = row;
      const bar = drawn.create(total, pace.step, { name: name.padEnd(width), words: pace.words() });
      row.show = () => bar.update(pace.step, { words: pace.words() });
    }
    drawn.update();
  };

  return {
    enter(name, steps) {
      const row: Row = {
        name,
        total: steps.total,
        pace: paceOf({ ...shared, ...steps, name }),
        show: () => {},
        isRunning: true,
      };
      rows.push(row);
      redraw();
      return {
        update(step, figures) {
          row.pace.update(step, figures);
          row.show();
        },
        log: redraw,
        stop() {
          row.isRunning = false;
          if (rows.some(({ isRunning }) => isRunning)) return;
          const ends = rows.map(({ pace }) => pace.line());
          rows = [];
          redraw(...ends);
        },
      };
    },
  };
}
