/** Options written once: a table of defaults whose keys the compiler compares with the interface of the options. */
import { rejectUnknownKeys } from 'pyro-ts/internal';
import { defined } from 'pyroved-ts/internal';
import type { ReadLimits } from 'pyroved-ts/node';

/** A default for every option of `O`; `undefined` for options that are required or have no fixed default. */
export type Defaults<O> = { readonly [K in keyof Required<O>]: O[K] | undefined };

/** The options of `O` with the defaults `D` filled in. */
export type WithDefaults<O, D> = {
  readonly [K in keyof Required<O>]: K extends keyof D
    ? undefined extends D[K]
      ? O[K]
      : Exclude<O[K], undefined>
    : never;
};

/** The limits of `READ_LIMITS` have no fixed default: they grow with the file. */
export const LIMIT_DEFAULTS = { maxPixels: undefined, maxBytes: undefined } as const satisfies Defaults<ReadLimits>;

/**
 * `options` with `defaults` in place of those that are omitted or undefined.
 * @param owner the function that takes the options, for messages
 * @throws {OptionError} for an option that `defaults` does not list, with the nearest one that it does.
 */
export function withDefaults<O extends object, D extends Defaults<O>>(
  owner: string,
  options: O,
  defaults: D & Defaults<O>,
): WithDefaults<O, D> {
  rejectUnknownKeys(owner, options, Object.keys(defaults));
  return { ...defaults, ...defined(options) } as WithDefaults<O, D>;
}
