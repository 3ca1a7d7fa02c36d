/** Typed arrays are compared in one loop: vitest's comparison takes three microseconds for each number. */
import { expect } from 'vitest';

type Numbers = ArrayLike<number> & { readonly constructor: unknown };

const isNumbers = (value: unknown): value is Numbers => ArrayBuffer.isView(value) && 'length' in value;

/** True where all numbers are the same (-0 is not 0, NaN is NaN); otherwise vitest decides, and shows what differs. */
function haveSameNumbers(a: unknown, b: unknown): true | undefined {
  if (!isNumbers(a) || !isNumbers(b) || a.constructor !== b.constructor || a.length !== b.length) return undefined;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return undefined;
  return true;
}

// A module runs once in a process, which runs many test files.
expect.addEqualityTesters([haveSameNumbers]);
