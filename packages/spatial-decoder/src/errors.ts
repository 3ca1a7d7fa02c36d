/** The one error of this package: an operand or an option that the operation cannot take, or a kernel that cannot go on. */
import { closest } from 'fastest-levenshtein';

export class SpatialDecoderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SpatialDecoderError';
  }
}

/** `value` where it is one of `valid`, else an error that says which one may have been meant. */
export function oneOf<T extends string>(what: string, value: string, valid: readonly T[]): T {
  if ((valid as readonly string[]).includes(value)) return value as T;
  throw new SpatialDecoderError(
    `${what} "${value}" does not exist. Did you mean "${closest(value, valid as readonly string[])}"? Known: ${valid.join(', ')}.`,
  );
}

/** Refuses keys that `known` lacks. `owner` is what the options belong to. */
export function refuseUnknownKeys(owner: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) oneOf(`${owner}: option`, key, known);
}

/** A wrong value as messages show it: "2", null, 5, a list, an object. */
export function inWords(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) || ArrayBuffer.isView(value) ? 'a list' : 'an object';
}
