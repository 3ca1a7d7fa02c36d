/** Errors during training. */
import { PyrovedError } from '../errors.js';

/** A position in the training run. */
export interface Position {
  /** Counted from 1. */
  readonly epoch: number;
  /** Counted from 1 through the whole run. */
  readonly step: number;
}

/**
 * A loss or a gradient is not finite. The message states the position and the last checkpoint; `cause` is the error of
 * the step.
 * @example catch (error) { if (error instanceof TrainingError) console.error(`stopped at step ${error.position.step}`); }
 */
export class TrainingError extends PyrovedError {
  constructor(
    message: string,
    readonly position: Position,
    site: string | undefined,
    options?: ErrorOptions,
  ) {
    super(message, site, options);
  }
}
