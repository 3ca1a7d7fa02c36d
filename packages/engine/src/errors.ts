/** The one error that this package throws on purpose. */

/** An engine that does not exist or does not start, or a package that is loaded twice. The message says how to mend it. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}
