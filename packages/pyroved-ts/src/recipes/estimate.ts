/** How long a training will take and how much memory it needs, measured on a few steps that are thrown away. */
import type { Batch } from '../data/index.js';
import type { InvariantVAE, VED } from '../models/index.js';
import type { Trainer } from '../train/index.js';

export interface Estimate {
  /** Mean over the steps of an epoch. */
  readonly secondsPerStep: number;
  /** Steps of the whole run, and seconds for them and for judging the model after each epoch. */
  readonly steps: number;
  readonly seconds: number;
  /** Bytes that the process holds while it trains. */
  readonly bytes: number;
}

/** Steps that are tried, unless they take longer than the time. The first, slower one is not counted. */
const TRIES = { steps: 5, milliseconds: 5000 };

/** Takes some steps with a trainer of its own, which `makeTrainer` gives and `discard` frees. */
export async function estimateTraining(
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
    const secondsPerStep = meanSeconds(batches, ends);
    const evaluated = performance.now();
    if (!signal?.aborted) trainer.evaluate();
    const evaluation = (performance.now() - evaluated) / 1000;
    const { epochCount } = trainer;
    const steps = batches.length * epochCount;
    const seconds = secondsPerStep * steps + evaluation * epochCount;
    return { secondsPerStep, steps, seconds, bytes: process.memoryUsage().rss };
  } finally {
    discard();
  }
}

/** Labelled steps, which know the class, cost less than unlabelled ones: each kind counts as often as an epoch has it. */
function meanSeconds(batches: readonly Batch[], ends: readonly number[]): number {
  const taken = ends.slice(1).map((end, i) => ({ kind: batches[i].kind, seconds: (end - ends[i]) / 1000 }));
  const counted = taken.length > 1 ? taken.slice(1) : taken;
  if (counted.length === 0) return Number.NaN;
  const cost = (kind?: Batch['kind']): number => {
    const seconds = counted.filter((step) => kind === undefined || step.kind === kind).map((step) => step.seconds);
    return seconds.length > 0 ? seconds.sort((a, b) => a - b)[seconds.length >> 1] : cost();
  };
  return batches.reduce((sum, { kind }) => sum + cost(kind), 0) / batches.length;
}

/** "412 MB", "1.3 GB". */
export const formatBytes = (bytes: number): string =>
  bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
