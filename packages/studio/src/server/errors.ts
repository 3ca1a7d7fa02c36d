/** Errors of the studio. */
import { PyroError } from 'pyro-ts';

/** Thrown when a request cannot be answered; its message is shown in the page. */
export class StudioError extends PyroError {
  constructor(
    message: string,
    /** The HTTP status of the answer. */
    readonly status: 400 | 404 | 409 = 400,
  ) {
    super(message);
  }
}
