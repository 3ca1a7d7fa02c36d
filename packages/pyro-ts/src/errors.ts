/** The typed errors of inference. Each says what was expected, what came, and what to do about it. */
import { PyroError } from '@pyro-ts/engine';
import { nearestName } from '@pyro-ts/engine/internal';

export { PyroError };

/** Shapes that do not fit: of a value, a distribution, a plate or a parameter. */
export class ShapeError extends PyroError {}
/** A name used twice, a site of the wrong kind, or a site where none may be. */
export class SiteError extends PyroError {}
/** Plates that collide, repeat, overflow or are not nested as a tree. */
export class PlateError extends PyroError {}
/** A model and a guide that do not agree with each other. */
export class ModelGuideError extends PyroError {}
/** A value outside the support of its distribution or a parameter outside its constraint. */
export class SupportError extends PyroError {}
/** A NaN or an infinity where a finite number is needed. */
export class NonFiniteError extends PyroError {}
/** A distribution that no draw can be made from, since a parameter is infinite or so large that nothing is accepted. */
export class DrawError extends PyroError {}
/** Enumeration that cannot be done as asked. */
export class EnumerationError extends PyroError {}
/** A tensor that is used after it was disposed of. */
export class DisposedTensorError extends PyroError {}
/** A line of TensorFlow.js in a program that failed; `cause` is its own error. */
export class OperationError extends PyroError {}
/** A primitive that needs something around it (a parameter store, a plate) and finds none. */
export class ContextError extends PyroError {}
/** An option that does not exist or has a value that makes no sense. */
export class OptionError extends PyroError {}
/** A file or a saved state that cannot be read. */
export class FormatError extends PyroError {}

// What follows formats error messages; it is exported for the packages that are built on this one, so that theirs read alike.

/**
 * ` Did you mean "x"?` where one of `names` is near what was given, else the list of what exists.
 * @example didYouMean('lerning', ['learning', 'seed']) // ' Did you mean "learning"?'
 */
export function didYouMean(given: unknown, names: readonly string[]): string {
  if (names.length === 0) return '';
  const near = nearestName(String(given), names);
  return near === undefined ? ` Known: ${names.join(', ')}.` : ` Did you mean "${near}"?`;
}

/**
 * Rejects keys that `known` lacks, naming the nearest valid one. `owner` is what the options belong to, e.g. "SVI".
 * @example rejectUnknownKeys('SVI', { seed: 0 }, ['seed', 'params']) // nothing; for { sede: 0 }: SVI has no option "sede". Did you mean "seed"?
 */
export function rejectUnknownKeys(owner: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new OptionError(`${owner} takes an object of options, not ${JSON.stringify(options)}.`);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new OptionError(`${owner} has no option "${key}".${didYouMean(key, known)}`);
  }
}

/**
 * `[2,3]`, for messages.
 * @example formatShape([2, 3]) // '[2, 3]'
 */
export const formatShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
