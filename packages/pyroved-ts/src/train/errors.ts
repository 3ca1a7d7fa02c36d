/** What stops a training run. */
import { PyrovedError } from '../errors.js';

/** Where training stood. */
export interface Position {
  /** Counted from 1. */
  readonly epoch: number;
  /** Counted from 1 through the whole run. */
  readonly step: number;
}

/** A loss or a gradient that is not finite, with where it happened and what can be gone back to. `cause` is the error of the step itself. */
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
