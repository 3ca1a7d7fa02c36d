/** Estimates of the duration and the memory of a training, measured on a few discarded steps. */
import type { Batch, InvariantVAE, Trainer, VED } from 'pyroved-ts';

export interface Estimate {
  /** Mean over the steps of an epoch. */
  readonly secondsPerStep: number;
  /** Steps of the whole run, and seconds for them, including the evaluation after each epoch. */
  readonly steps: number;
  readonly seconds: number;
  /** Memory of the process during training, in bytes. */
  readonly bytes: number;
}

/** Number of steps measured, within this time. */
const TRIES = { steps: 14, milliseconds: 6000 };

/** Steps of recognition alone in a probe; the first ones of every kind are slower. */
export const PROBED_RECOGNITION = 7;

/** The first steps of each kind are not counted if there are others: the engine is still compiling. */
const COLD = 3;

/** Measures some steps of each kind in `run` with a separate trainer, created by `makeTrainer` and disposed by `discard`. */
export async function estimateTraining(
  run: Trainer<InvariantVAE | VED>,
  makeTrainer: () => { trainer: Trainer<InvariantVAE | VED>; discard: () => void },
  signal?: AbortSignal,
): Promise<Estimate> {
  const { trainer, discard } = makeTrainer();
  try {
    const stop = new AbortController();
    const ends: number[] = [performance.now()];
    const onStep = () => {
      ends.push(performance.now());
      if (ends.length > TRIES.steps || ends[ends.length - 1] - ends[0] > TRIES.milliseconds) stop.abort();
    };
    const batches = trainer.batches(0);
    const signals = signal ? [stop.signal, signal] : [stop.signal];
    for await (const _ of trainer.epochs({ signal: AbortSignal.any(signals), onStep })) break;
    const cost = costOf(batches, ends);
    const evaluated = performance.now();
    if (!signal?.aborted) trainer.evaluate();
    const evaluation = (performance.now() - evaluated) / 1000;
    const { epochCount, totalSteps: steps } = run;
    const ofEpoch = (epoch: number): number => run.batches(epoch).reduce((sum, { kind }) => sum + cost(kind), 0);
    const stepping = ofEpoch(0) + (epochCount > 1 ? (epochCount - 1) * ofEpoch(1) : 0);
    const seconds = stepping + evaluation * epochCount;
    return { secondsPerStep: stepping / steps, steps, seconds, bytes: process.memoryUsage().rss };
  } finally {
    discard();
  }
}

/** Seconds per step of each kind: the median of the measured ones, without the first. */
function costOf(batches: readonly Batch[], ends: readonly number[]): (kind: Batch['kind']) => number {
  const taken = ends.slice(1).map((end, i) => ({ kind: batches[i].kind, seconds: (end - ends[i]) / 1000 }));
  const cost = (kind?: Batch['kind']): number => {
    const own = taken.filter((step) => kind === undefined || step.kind === kind).map((step) => step.seconds);
    const counted = own.slice(Math.min(COLD, Math.max(0, own.length - 1))).sort((a, b) => a - b);
    if (counted.length > 0) return counted[counted.length >> 1];
    return kind === undefined ? Number.NaN : cost();
  };
  return cost;
}

/** "412 MB", "1.3 GB". */
export const formatBytes = (bytes: number): string =>
  bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
