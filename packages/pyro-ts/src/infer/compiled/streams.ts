/** The random streams of a compiled step, which begin again in each step from its seed. */
import { seededStates } from '../../alea.js';
import type { RandomStream } from '../../random.js';

/** A stream, and what follows the step's seed in its own. */
export interface Source {
  readonly stream: RandomStream;
  readonly path: string;
}

/** Steps that are seeded together, as that takes little longer than seeding one. */
const TOGETHER = 8;

export class StepStreams {
  private first = Number.NaN;
  private states: Float64Array = new Float64Array();
  private seeds: readonly string[] = [];

  constructor(private readonly sources: readonly Source[]) {}

  /** The streams of one step. */
  restart(seed: string): void {
    for (const { stream, path } of this.sources) stream.restart(seed + path);
  }

  /** The streams of step number `index`, which is likely to be followed by the next ones. */
  restartAt(index: number, seedOf: (index: number) => string): void {
    const { sources } = this;
    if (sources.length === 0) return;
    if (!(index >= this.first && index < this.first + TOGETHER)) {
      this.first = index;
      this.seeds = Array.from({ length: TOGETHER }, (_, i) => seedOf(index + i)).flatMap((seed) =>
        sources.map(({ path }) => seed + path),
      );
      this.states = seededStates(this.seeds);
    }
    const from = (index - this.first) * sources.length;
    for (let i = 0; i < sources.length; i++) {
      sources[i].stream.restart(this.seeds[from + i], this.states, from + i);
    }
  }
}
