/** What a caller may want to see or decide while a run goes on. */
import type { InvariantVAE } from '../models/index.js';
import type { EpochRecord, StepProgress } from '../train/index.js';
import type { Estimate } from './estimate.js';

/** What a step reports, with the number of steps of the whole run. */
export type RunProgress = StepProgress & { readonly steps: number };

export interface RunHooks<M = InvariantVAE> {
  /** Stops after the step that runs when it is aborted; the state is kept. */
  readonly signal?: AbortSignal;
  /** A sentence for the person who waits. */
  readonly say?: (line: string) => void;
  /** Called once, before the first step. */
  readonly onEstimate?: (estimate: Estimate, steps: number) => void;
  readonly onStep?: (progress: RunProgress) => void;
  readonly onEpoch?: (record: EpochRecord, model: M) => void;
}
