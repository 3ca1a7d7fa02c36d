/** The activations that a kernel keeps of its forward passes, by the `Saved` that it returned: for the same problem only, and until released. */
import { SpatialDecoderError } from './errors.js';
import type { HostKernel, Problem, Saved } from './hostKernel.js';

interface Entry<T> {
  readonly sizes: string;
  /** Absent once it was released. */
  kept?: T;
}

export class KeptCalls<T, P> {
  private readonly entries = new WeakMap<Saved, Entry<T>>();

  /** @param sizesOf distinguishes the problems */
  constructor(
    private readonly kernel: HostKernel['name'],
    private readonly sizesOf: (problem: P) => string,
  ) {}

  /** Wraps `kept` as the result of a pass of `problem`; `free` is called once, at the first release. */
  add(problem: P, kept: T, free: (kept: T) => void): Saved {
    const entry: Entry<T> = { sizes: this.sizesOf(problem), kept };
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

  /** The content of `saved`; undefined if it was omitted or released, so that everything has to be recomputed. Throws if another call created it. */
  of(problem: P, saved: Saved | undefined): T | undefined {
    if (saved === undefined) return undefined;
    const entry = this.entries.get(saved);
    if (entry?.sizes === this.sizesOf(problem)) return entry.kept;
    throw new SpatialDecoderError(
      `${this.kernel} kernel: the saved activations are those of another call. Pass what the forward pass of this problem returned, or leave them out.`,
    );
  }
}

/** All sizes of a problem of the decoder. */
export const sizesOf = ({ rows, pixels, dims, channels, widths, firstActivation, activation }: Problem): string =>
  [rows, pixels, dims, channels, firstActivation, activation, ...widths].join();
