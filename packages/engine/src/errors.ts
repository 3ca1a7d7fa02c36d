/** The root of all errors that the packages throw, and the errors of this one. */

/** The root of every error that the packages throw on purpose. Each says what was expected, what came, and what to do about it. */
export class PyroError extends Error {
  constructor(
    message: string,
    /** The sample, param or plate site concerned, if there is one. */
    readonly site?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An engine that does not exist or does not start, or a package that is loaded twice. The message suggests a fix. */
export class EngineError extends PyroError {}
/** Operands that an operation cannot take: shapes that do not fit, an axis that does not exist, an index out of range. */
export class OperandError extends PyroError {}
/** A matrix that is not positive definite (or holds NaN), where one must be. */
export class NotPositiveDefiniteError extends PyroError {}
