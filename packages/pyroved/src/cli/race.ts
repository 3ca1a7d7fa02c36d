/** The progress of several runs that train side by side: bars below each other on a terminal, plain lines that name the run elsewhere. */
import { MultiBar } from 'cli-progress';
import { plainText } from '../plainText.js';
import { barOptions, type Course, courseOf, createProgress, type Progress, type ProgressOptions } from './progress.js';

/** A display of its own for each run; the last one that stops ends it. */
export interface Race {
  /** Adds a run, which has begun. A line that it logs stands above all bars. */
  enter(name: string, steps: Pick<ProgressOptions, 'start' | 'total'>): Progress;
}

interface Lane {
  readonly name: string;
  readonly total: number;
  readonly course: Course;
  /** Shows how far the run is. */
  show(): void;
  isRunning: boolean;
}

/** Characters of a line but for name and bar: percentage, loss, accuracy and the time left. */
const WORDS = 53;

export function createRace({ stream = process.stderr, now }: Pick<ProgressOptions, 'stream' | 'now'> = {}): Race {
  const shared = { stream, ...(now && { now }) };
  if (!stream.isTTY) return { enter: (name, steps) => createProgress({ ...shared, ...steps, name }) };

  let lanes: Lane[] = [];
  let bars: MultiBar | undefined;
  /** Takes the bars away, writes what is to stay, and draws them anew below. */
  const redraw = (...lines: readonly string[]): void => {
    bars?.stop();
    bars = undefined;
    for (const line of lines) stream.write(`${plainText(line)}\n`);
    if (lanes.length === 0) return;
    const width = Math.max(...lanes.map(({ name }) => name.length));
    const format = '{name} {bar} {percentage}%  {words}';
    const drawn = new MultiBar({ ...barOptions(stream, width + WORDS), format });
    bars = drawn;
    for (const lane of lanes) {
      const { name, total, course } = lane;
      const bar = drawn.create(total, course.step, { name: name.padEnd(width), words: course.words() });
      lane.show = () => bar.update(course.step, { words: course.words() });
    }
    drawn.update();
  };

  return {
    enter(name, steps) {
      const lane: Lane = {
        name,
        total: steps.total,
        course: courseOf({ ...shared, ...steps, name }),
        show: () => {},
        isRunning: true,
      };
      lanes.push(lane);
      redraw();
      return {
        update(step, figures) {
          lane.course.update(step, figures);
          lane.show();
        },
        log: redraw,
        stop() {
          lane.isRunning = false;
          if (lanes.some(({ isRunning }) => isRunning)) return;
          const ends = lanes.map(({ course }) => course.line());
          lanes = [];
          redraw(...ends);
        },
      };
    },
  };
}
