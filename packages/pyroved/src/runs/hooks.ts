/** Callbacks of a run. */
import type { EpochRecord, InvariantVAE, StepProgress, TrainingImages } from 'pyroved-ts';
import type { Estimate } from './estimate.js';

/** The progress of a step, with the number of steps of the whole run. */
export type RunProgress = StepProgress & { readonly steps: number };

export interface RunHooks<M = InvariantVAE> {
  /** When aborted, the run saves its state and stops after the current step. */
  readonly signal?: AbortSignal;
  /** Receives messages for the user. */
  readonly say?: (line: string) => void;
  /** Called once, before the first step, with the number of remaining steps and of all steps. */
  readonly onEstimate?: (estimate: Estimate, steps: number, whole: number) => void;
  readonly onStep?: (progress: RunProgress) => void;
  /** Called after each epoch, with the validation images if there are any. */
  readonly onEpoch?: (record: EpochRecord, model: M, validation?: TrainingImages) => void;
  /** Called when training ends or is stopped. */
  readonly onEnd?: () => void;
  /** Called and awaited between epochs, after the state is saved. */
  readonly pause?: () => Promise<void>;
  /** For several concurrent runs: the hooks that the named run calls instead of `onStep`, `onEpoch` and `onEnd`. */
  readonly forRun?: (name: string) => Pick<RunHooks<M>, 'onStep' | 'onEpoch' | 'onEnd'>;
}
