/** Seeded randomness. All of it comes from here, is drawn on the host, and is therefore the same on every engine. */
import { hostCall, noteUse } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import seedrandom from 'seedrandom';
import { Alea, seededStates } from './alea.js';
import { OptionError } from './errors.js';

/**
 * A stream of random numbers from a seed. Streams are cheap: `fork` derives an independent one from the seed and a label, without moving this
 * one, so that the draws of one site do not depend on which other sites there are.
 * @example new RandomStream(0).fork('noise').normal([2, 3]) // the same six numbers in every run, on every engine
 */
export class RandomStream {
  private alea: Alea | undefined;
  private isStarted = false;
  private spare: number | undefined;

  /** @throws {OptionError} for a seed that is neither a number nor a string */
  constructor(private origin: string | number) {
    const seed = origin;
    if (typeof seed !== 'string' && typeof seed !== 'number')
      throw new OptionError(
        `RandomStream: the seed must be a number or a string, not ${seed === null ? 'null' : typeof seed}.`,
      );
  }

  get seed(): string | number {
    return this.origin;
  }

  /**
   * Begins again, as the stream of another seed.
   * @param states `seededStates` of several seeds, of which this one is number `index`
   * @internal
   */
  restart(seed: string | number, states?: Float64Array, index = 0): void {
    this.origin = seed;
    this.spare = undefined;
    this.isStarted = states !== undefined;
    if (!states) return;
    this.alea ??= new Alea();
    this.alea.load(states, index);
  }

  /** Seeded at the first draw: most streams are only forked from, or not needed. */
  private draw(): number {
    noteUse(this);
    this.alea ??= new Alea();
    if (!this.isStarted) {
      this.alea.load(seededStates([String(this.origin)]), 0);
      this.isStarted = true;
    }
    return this.alea.next();
  }

  /** An independent stream, the same for the same seed and label. */
  fork(label: string | number): RandomStream {
    return new RandomStream(`${this.seed}/${label}`);
  }

  /** Uniform in the open interval (0, 1). */
  next(): number {
    let u = this.draw();
    while (u <= 0) u = this.draw();
    return u;
  }

  /** A standard normal draw (Marsaglia's polar method). */
  nextNormal(): number {
    if (this.spare !== undefined) {
      noteUse(this);
      const z = this.spare;
      this.spare = undefined;
      return z;
    }
    for (;;) {
      const u = 2 * this.draw() - 1;
      const v = 2 * this.draw() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      this.spare = v * factor;
      return u * factor;
    }
  }

  /** Uniform integer in 0..n-1. */
  nextInt(n: number): number {
    return Math.floor(this.draw() * n);
  }

  /** A tensor of draws that `draw` makes one at a time. */
  fill(shape: readonly number[], draw: () => number): tf.Tensor {
    const run = (_: unknown, out: Float32Array | Int32Array): void => {
      for (let i = 0; i < out.length; i++) out[i] = draw();
    };
    return hostCall({ name: 'random draws', inputs: [], shape, dtype: 'float32', run, writesAll: true });
  }

  /** Uniform draws, strictly between 0 and 1 also in float32. */
  uniform(shape: readonly number[]): tf.Tensor {
    return this.fill(shape, () => Math.min(Math.max(this.next(), 2 ** -30), 1 - 2 ** -24));
  }

  /** Standard normal draws. */
  normal(shape: readonly number[]): tf.Tensor {
    return this.fill(shape, () => this.nextNormal());
  }

  /** The integers 0..n-1 in random order. */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.nextInt(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** A stream seeded by the operating system, for programs that run without a seed. */
export const unseededStream = (): RandomStream => new RandomStream(seedrandom().int32());
