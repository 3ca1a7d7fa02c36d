/**
 * The images of each training step: a seeded order for every epoch and the interleaving of labelled with unlabelled
 * batches.
 */
import { OptionError, RandomStream } from 'pyro-ts';
import { type OptionTable, oneOf, resolveOptions } from '../options.js';

/**
 * The images of one training step: indices into the unlabelled or the labelled set. "recognition": labelled images from
 * which only class and pose are learned.
 */
export interface Batch {
  readonly kind: 'unlabelled' | 'labelled' | 'recognition';
  readonly indices: Int32Array;
}

/** Options of `epochSchedule`. */
export interface ScheduleOptions {
  /** Number of unlabelled images. */
  readonly unlabelled: number;
  /** Number of labelled images. @default 0 */
  readonly labelled?: number;
  readonly batchSize: number;
  readonly seed: string | number;
  /** Counted from 0. */
  readonly epoch: number;
  /**
   * `spread`: every labelled batch once per epoch, evenly spaced. `pyroved`: with p = floor((labelled + unlabelled
   * batches) / labelled batches), one labelled batch after each unlabelled batch i with i % p == 1, which skips labelled
   * batches if p does not divide, and all of them if p is 1.
   * @default 'spread'
   */
  readonly schedule?: 'spread' | 'pyroved';
}

const table = {
  unlabelled: { required: true },
  labelled: { default: 0 },
  batchSize: { required: true },
  seed: { required: true },
  epoch: { required: true },
  schedule: { default: 'spread', ...oneOf(['spread', 'pyroved']) },
} satisfies OptionTable<ScheduleOptions>;

/**
 * `count` images in an order drawn from `(seed, epoch, label)`, cut into batches; the last one may be smaller. The same
 * arguments give the same batches, so that a resumed run sees the same images as an uninterrupted one.
 * @returns indices of the images of each batch
 * @throws {OptionError} when the batch size is not a positive integer.
 * @example shuffledBatches(5, 2, 'seed', 0).map((batch) => batch.length) // [2, 2, 1]
 */
export function shuffledBatches(
  count: number,
  batchSize: number,
  seed: string | number,
  epoch: number,
  label = 'batches',
): Int32Array[] {
  const order = new RandomStream(seed).fork(`${label}/${epoch}`).permutation(count);
  return cut(order, batchSize);
}

/** The images 0..count-1 in order, cut into batches, for evaluation. */
export const orderedBatches = (count: number, batchSize: number): Int32Array[] =>
  cut(
    Int32Array.from({ length: count }, (_, i) => i),
    batchSize,
  );

function cut(order: Int32Array, batchSize: number): Int32Array[] {
  if (!(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new OptionError(`batchSize must be an integer of at least 1; got ${batchSize}.`);
  }
  return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, b) =>
    order.slice(b * batchSize, (b + 1) * batchSize),
  );
}

/**
 * The batches of one epoch of semi-supervised training, in order. The same options give the same batches.
 * @throws {OptionError} when an option is unknown or invalid.
 * @example
 * epochSchedule({ unlabelled: 4, labelled: 1, batchSize: 2, seed: 1, epoch: 0 }).map(({ kind }) => kind);
 * // ['unlabelled', 'labelled', 'unlabelled']
 */
export function epochSchedule(options: ScheduleOptions): Batch[] {
  const resolved = resolveOptions('epochSchedule', options, table);
  const { batchSize, seed, epoch, schedule } = resolved;
  const batches = (kind: Batch['kind'], count: number): Batch[] =>
    shuffledBatches(count, batchSize, seed, epoch, kind).map((indices) => ({ kind, indices }));
  const unlabelled = batches('unlabelled', resolved.unlabelled);
  const labelled = batches('labelled', resolved.labelled);
  return schedule === 'pyroved' ? pyrovedOrder(unlabelled, labelled) : spreadOrder(unlabelled, labelled);
}

/** The order of pyroVED's `auxSVItrainer.train`. */
function pyrovedOrder(unlabelled: Batch[], labelled: Batch[]): Batch[] {
  if (labelled.length === 0) return unlabelled;
  const period = Math.floor((labelled.length + unlabelled.length) / labelled.length);
  const next = labelled.values();
  return unlabelled.flatMap((batch, i) => {
    const also = i % period === 1 ? next.next().value : undefined;
    return also ? [batch, also] : [batch];
  });
}

/** Labelled batch k of L is at the centre of the k-th of L equal parts of the epoch. */
function spreadOrder(unlabelled: Batch[], labelled: Batch[]): Batch[] {
  const total = unlabelled.length + labelled.length;
  const order: Batch[] = [];
  let used = 0;
  for (let slot = 0; slot < total; slot++) {
    const due = Math.floor(((used + 0.5) * total) / labelled.length);
    if (used < labelled.length && slot >= due) order.push(labelled[used++]);
    else order.push(unlabelled[slot - used]);
  }
  return order;
}
