/** What error messages are worded with, here and in the packages that are built on this one, so that all read alike. */
import { distance } from 'fastest-levenshtein';

/**
 * The one of `names` that may have been meant, upper and lower case apart; undefined where none is near for its length.
 * @example nearestName('lerning', ['learning', 'seed']) // 'learning'
 */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const wanted = given.toLowerCase();
  const apart = names.map((name) => distance(wanted, name.toLowerCase()));
  const least = Math.min(...apart);
  // Two names of one letter are no misspelling of each other.
  const isNear = least < given.length && least <= Math.max(2, given.length / 3);
  return isNear ? names[apart.indexOf(least)] : undefined;
}

/**
 * A wrong value as messages show it.
 * @example describeValue('2') // '"2"'; null: 'null'; [1]: 'a list'; {}: 'an object'
 */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) || ArrayBuffer.isView(value) ? 'a list' : 'an object';
}
