/**
 * mathjs, loaded when a quantity or an expression is first read: its single-file build, since importing its thousand
 * modules takes over a second.
 */
import { createRequire } from 'node:module';

type Mathjs = typeof import('mathjs');

let loaded: Mathjs | undefined;

/** The mathjs library. */
export function mathjs(): Mathjs {
  loaded ??= createRequire(import.meta.url)('mathjs/lib/browser/math.js') as Mathjs;
  return loaded;
}
