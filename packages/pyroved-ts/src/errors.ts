/** The typed errors of this package. Errors of programs (shapes, sites, options) are defined in pyro-ts. */
import { PyroError } from 'pyro-ts';

/**
 * The base class of the errors of this package. Invalid options and shapes are the `OptionError` and `ShapeError` of
 * pyro-ts.
 * @example if (error instanceof PyrovedError) console.error(error.message);
 */
export class PyrovedError extends PyroError {}

/** A file that was skipped or caused an error, and why. */
export interface FileProblem {
  readonly file: string;
  readonly why: string;
}

/**
 * Data that cannot be used: missing, unreadable, contradictory or without any information.
 * @example catch (error) { if (error instanceof DataError) for (const { file, why } of error.problems) console.warn(file, why); }
 */
export class DataError extends PyrovedError {
  constructor(
    message: string,
    /** The files concerned, where there are any. */
    readonly problems: readonly FileProblem[] = [],
    options?: ErrorOptions,
  ) {
    super(message, undefined, options);
  }
}

/** `problems` as an indented list with one file per line, followed by the number of those beyond `limit`. */
export function listProblems(problems: readonly FileProblem[], limit = 20): string {
  const lines = problems.slice(0, limit).map(({ file, why }) => `  ${file}: ${why}`);
  if (problems.length > limit) lines.push(`  and ${problems.length - limit} more`);
  return lines.join('\n');
}
