/** What a kernel keeps of its forward passes, by the `Saved` that it handed out: for the same problem only, and until it is released. */
import { SpatialDecoderError } from './errors.js';
import type { Kernel, Problem, Saved } from './kernel.js';

interface Entry<T> {
  readonly sizes: string;
  /** Absent once it was released. */
  kept?: T;
}

export class KeptCalls<T> {
  private readonly entries = new WeakMap<Saved, Entry<T>>();

  constructor(private readonly kernel: Kernel['name']) {}

  /** `kept` as the pass of `problem` hands it out; `free` is called once, at the first release. */
  add(problem: Problem, kept: T, free: (kept: T) => void): Saved {
    const entry: Entry<T> = { sizes: sizesOf(problem), kept };
    const saved: Saved = {
      release: () => {
        if (!('kept' in entry)) return;
        delete entry.kept;
        free(kept);
      },
    };
    this.entries.set(saved, entry);
    return saved;
  }

  /** What `saved` holds; undefined where it was left out or released, and all is to be computed again. Throws where another call made it. */
  of(problem: Problem, saved: Saved | undefined): T | undefined {
    if (saved === undefined) return undefined;
    const entry = this.entries.get(saved);
    if (entry?.sizes === sizesOf(problem)) return entry.kept;
    throw new SpatialDecoderError(
      `${this.kernel} kernel: the saved activations are those of another call. Pass what the forward pass of this problem returned, or leave them out.`,
    );
  }
}

const sizesOf = ({ rows, pixels, dims, channels, widths, firstActivation, activation }: Problem): string =>
  [rows, pixels, dims, channels, firstActivation, activation, ...widths].join();
