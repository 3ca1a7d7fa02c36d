/** What a caller may want to see or decide while a run goes on. */
import type { EpochRecord, InvariantVAE, StepProgress } from 'pyroved-ts';
import type { Estimate } from './estimate.js';

/** What a step reports, with the number of steps of the whole run. */
export type RunProgress = StepProgress & { readonly steps: number };

export interface RunHooks<M = InvariantVAE> {
  /** Stops after the step that runs when it is aborted; the state is kept. */
  readonly signal?: AbortSignal;
  /** A sentence for the person who waits. */
  readonly say?: (line: string) => void;
  /** Called once, before the first step; `steps` are to be taken, a run from its beginning has `whole`. */
  readonly onEstimate?: (estimate: Estimate, steps: number, whole: number) => void;
  readonly onStep?: (progress: RunProgress) => void;
  readonly onEpoch?: (record: EpochRecord, model: M) => void;
  /** Called where training has come to its end, or was stopped. */
  readonly onEnd?: () => void;
  /** Called between two epochs, once the state is kept, and waited for. */
  readonly pause?: () => Promise<void>;
  /** Several runs that train side by side: what one of them, by its name, calls in place of `onStep`, `onEpoch` and `onEnd`. */
  readonly forRun?: (name: string) => Pick<RunHooks<M>, 'onStep' | 'onEpoch' | 'onEnd'>;
}
