/** Finds objects in several micrographs or tiles at a time, in threads. The results do not depend on the number of threads. */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { OptionError } from 'pyro-ts';
import { DataError } from 'pyroved-ts';
import type { Plane } from '../images/resize.js';
import { type FindOptions, type FindValues, type Segmented, segmented } from './objects.js';
import type { SegmentAnswer, SegmentOrder } from './segmentWorker.js';

/** How many threads find objects. */
export interface SegmentThreads {
  /** Threads that find objects. @default one per core, as many as need less than about 1.6 GB */
  readonly workers?: number;
}

/** What a caller needs of each plane: its objects, or everything that `segmented` computes. */
export type Needed = 'objects' | 'everything';
export type SegmentsFor<N extends Needed> = N extends 'everything' ? Segmented : Pick<Segmented, 'found'>;

/** Bytes that all threads together may need, and each of them, and each of their pixels. */
const MEMORY = 1.6e9;
const PER_THREAD = 60e6;
const PER_PIXEL = { objects: 42, everything: 55 };
/** A thread takes a second to start, in which about so many pixels can be segmented. */
const WORTH_THREADS = 8e6;

/** Threads that segment planes. They start once enough has been segmented that they are faster. */
export class SegmentPool implements Disposable {
  readonly #workers: number;
  readonly #isGiven: boolean;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  #pixels = 0;

  /** @throws {OptionError} when the number of workers is no whole number of at least 1. */
  constructor({ workers }: SegmentThreads = {}) {
    if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1))
      throw new OptionError(`workers must be a whole number of at least 1; got ${workers}.`);
    this.#workers = workers ?? availableParallelism();
    this.#isGiven = workers !== undefined;
  }

  /**
   * Segments the planes of `items` and yields them in their order.
   * @param orderOf the plane of an item, how objects are found in it, and the values to use if they are known
   */
  async *inOrder<T, N extends Needed>(
    items: AsyncIterable<T>,
    need: N,
    orderOf: (item: T) => Pick<SegmentOrder, 'plane' | 'options' | 'known'>,
  ): AsyncGenerator<{ readonly item: T; readonly segments: SegmentsFor<N> }> {
    const running: { item: T; segments: Promise<SegmentsFor<N>> }[] = [];
    const first = async () => {
      const { item, segments } = running.shift() as (typeof running)[number];
      return { item, segments: await segments };
    };
    for await (const item of items) {
      const order = orderOf(item);
      const slots = this.#slotsFor(order.plane, need);
      while (running.length >= slots) yield first();
      const segments = this.#segment(order, need, slots);
      // What fails is thrown when its turn comes.
      segments.catch(() => {});
      running.push({ item, segments });
      if (slots === 1) yield first();
    }
    while (running.length > 0) yield first();
  }

  /** How many planes of this size are segmented at a time. */
  #slotsFor({ height, width }: Plane, need: Needed): number {
    if (this.#pixels < WORTH_THREADS && !this.#isGiven) return 1;
    if (this.#isGiven) return this.#workers;
    const each = PER_THREAD + height * width * PER_PIXEL[need];
    return Math.max(1, Math.min(this.#workers, Math.floor(MEMORY / each)));
  }

  async #segment<N extends Needed>(
    { plane, options, known }: { plane: Plane; options: FindOptions; known: FindValues | undefined },
    need: N,
    slots: number,
  ): Promise<SegmentsFor<N>> {
    this.#pixels += plane.height * plane.width;
    if (slots === 1) return segmented(plane, options, known);
    const worker = this.#idle.pop() ?? this.#started();
    const answer = await answered(worker, { plane, options, known, isFoundEnough: need === 'objects' });
    if (answer.is === 'failed') throw new DataError(`Finding objects failed: ${answer.message}`);
    this.#idle.push(worker);
    // A worker answers with what was needed.
    return answer.segments as SegmentsFor<N>;
  }

  #started(): Worker {
    const { Worker: Thread } = process.getBuiltinModule('node:worker_threads');
    const worker = new Thread(new URL('./segmentWorker.js', import.meta.url), { execArgv: [] });
    this.#all.add(worker);
    return worker;
  }

  [Symbol.dispose](): void {
    for (const worker of this.#all) void worker.terminate();
    this.#all.clear();
    this.#idle.length = 0;
  }
}

/** The answer of a worker, which is an error where its thread ended. */
function answered(worker: Worker, order: SegmentOrder): Promise<SegmentAnswer> {
  return new Promise((resolve) => {
    const end = (answer: SegmentAnswer) => {
      worker.off('message', end).off('error', onError).off('exit', onExit);
      resolve(answer);
    };
    const onError = ({ message }: Error) => end({ is: 'failed', message });
    const onExit = (code: number) => end({ is: 'failed', message: `its thread ended with code ${code}` });
    worker.once('message', end).once('error', onError).once('exit', onExit);
    worker.postMessage(order);
  });
}
