/** Options as a damaged or hand-written configuration may hold them. */
import { PyroError } from 'pyro-ts';
import { expect } from 'vitest';

const wrong = [null, undefined, -1, 0.5, 'x', '', true, [], {}, [null], ['x']];

/** The places of all entries, nested ones too. */
const placesIn = (value: unknown): string[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [[key], ...placesIn(inner).map((rest) => [key, ...rest])])
    : [];

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  Object.assign(copy, { [key]: replaced((value as Record<string, unknown>)[key], rest, by) });
  return copy;
}

/** Calls `use` with each entry replaced by each wrong value, and counts the errors, which have to be typed. */
export async function rejections<Options>(options: Options, use: (options: Options) => unknown): Promise<number> {
  let count = 0;
  for (const place of placesIn(options)) {
    for (const value of wrong) {
      try {
        await use(replaced(options, place, value) as Options);
      } catch (error) {
        expect(error, `${place.join('.')}: ${JSON.stringify(value)}`).toBeInstanceOf(PyroError);
        count++;
      }
    }
  }
  return count;
}
