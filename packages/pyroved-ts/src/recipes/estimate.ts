/** How long a training will take and how much memory it needs, measured on a few steps that are thrown away. */
import type { Trainer } from '../train/index.js';

export interface Estimate {
  /** Seconds a step, and for all steps that are left. */
  readonly secondsPerStep: number;
  readonly seconds: number;
  readonly steps: number;
  /** Bytes that the process holds while it trains. */
  readonly bytes: number;
}

/** Takes up to `tries` steps with a trainer of its own, which `makeTrainer` gives and `discard` frees; the first, slower one is not counted. */
export async function estimateTraining(
  makeTrainer: () => { trainer: Trainer; discard: () => void },
  tries = 4,
): Promise<Estimate> {
  const { trainer, discard } = makeTrainer();
  const stop = new AbortController();
  const ends: number[] = [performance.now()];
  const onStep = () => {
    ends.push(performance.now());
    if (ends.length > tries || performance.now() - ends[0] > 5000) stop.abort();
  };
  const perEpoch = trainer.batches(0).length;
  for await (const _ of trainer.epochs({ signal: stop.signal, onStep })) break;
  discard();
  const durations = ends.slice(1).map((end, i) => end - ends[i]);
  const counted = durations.length > 1 ? durations.slice(1) : durations;
  const secondsPerStep = Math.min(...counted) / 1000;
  const steps = perEpoch * trainer.epochCount;
  return { secondsPerStep, steps, seconds: secondsPerStep * steps, bytes: process.memoryUsage().rss };
}

/** "412 MB", "1.3 GB". */
export const formatBytes = (bytes: number): string =>
  bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
