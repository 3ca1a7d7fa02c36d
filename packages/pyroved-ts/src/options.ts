/**
 * Options written once: a table has the default and the constraint of every option of an object, and the compiler
 * compares its keys with the interface that documents them.
 */
import { OptionError } from 'pyro-ts';
import { didYouMean, rejectUnknownKeys } from 'pyro-ts/internal';
import { defined } from './defined.js';

/** What is required of a value besides its type. */
export interface Constraint<T> {
  /** The end of "OPTION must be ...", which may depend on the invalid value. */
  readonly must: string | ((value: T) => string);
  isValid(value: T): boolean;
  /** The valid values, from which error messages suggest the nearest. */
  readonly names?: readonly string[];
}

/** One option: its default, unless that depends on other options, and its constraint. */
export type Rule<T> = { readonly default?: T; readonly required?: true } & Partial<Constraint<T>>;

/** A rule for every option of `O`; `required` for those that cannot be omitted. */
export type OptionTable<O> = {
  readonly [K in keyof Required<O>]: Rule<Exclude<O[K], undefined>> &
    (Record<never, never> extends Pick<O, K> ? { readonly required?: never } : { readonly required: true });
};

/** The options `O`, where those that have a default in `Table` are defined. */
export type WithDefaults<O, Table> = O & {
  readonly [K in keyof O & keyof Table as Table[K] extends { readonly default: unknown } ? K : never]-?: Exclude<
    O[K],
    undefined
  >;
};

/**
 * The options with their defaults, after all checks. An option that is undefined counts as omitted.
 * @param owner what takes the options, in error messages
 * @throws {OptionError} when an option is unknown or invalid.
 * @example resolveOptions('grid', { size: 3 }, { size: { default: 8, ...positiveInteger }, title: {} }) // { size: 3 }
 */
export function resolveOptions<O extends object, Table extends OptionTable<O>>(
  owner: string,
  options: O,
  table: Table,
): WithDefaults<O, Table> {
  rejectUnknownKeys(owner, options, Object.keys(table));
  checkOptions(owner, options, table);
  return withDefaults(options, table);
}

/**
 * Checks the options that `table` has a constraint for.
 * @param owner what takes the options, in error messages; '' for none
 * @throws {OptionError} when one is invalid.
 */
export function checkOptions<O extends object>(owner: string, options: O, table: Partial<OptionTable<O>>): void {
  const given: Readonly<Record<string, unknown>> = defined(options);
  const rules: readonly (readonly [string, Rule<unknown>])[] = Object.entries(table);
  for (const [name, { required, must, isValid, names }] of rules) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined && !required) continue;
    if (must === undefined || isValid === undefined || isValid(value)) continue;
    const valid = typeof must === 'string' ? must : must(value);
    const suggestion = names ? didYouMean(String(value), names) : '';
    throw new OptionError(
      `${owner === '' ? '' : `${owner}: `}${name} must be ${valid}; got ${shown(value)}.${suggestion}`,
    );
  }
}

/** The options with their defaults, unchecked. */
export function withDefaults<O extends object, Table extends Partial<OptionTable<O>>>(
  options: O,
  table: Table,
): WithDefaults<O, Table> {
  const rules: readonly (readonly [string, Rule<unknown>])[] = Object.entries(table);
  const defaults = rules.flatMap(([name, rule]) => ('default' in rule ? [[name, rule.default] as const] : []));
  // Every option that has a default is defined now, as the type says.
  return { ...Object.fromEntries(defaults), ...defined(options) } as WithDefaults<O, Table>;
}

/** The names of the options of a table, which is a literal and has no other keys than those of its type. */
export const optionNames = <Table extends object>(table: Table): readonly (keyof Table & string)[] =>
  Object.keys(table) as (keyof Table & string)[];

const shown = (value: unknown): string =>
  typeof value === 'object' || typeof value === 'string' ? JSON.stringify(value) : String(value);

// Constraints.

export const integer = (least: number, most = Number.POSITIVE_INFINITY): Constraint<number> => ({
  must: (n) => (Number.isInteger(n) && n > most ? `at most ${most}` : `an integer of at least ${least}`),
  isValid: (n) => Number.isInteger(n) && n >= least && n <= most,
});

export const positiveInteger = integer(1);

export const positive: Constraint<number> = { must: 'a positive number', isValid: (x) => x > 0 && Number.isFinite(x) };

export const nonNegative: Constraint<number> = {
  must: 'a number of at least 0',
  isValid: (x) => x >= 0 && Number.isFinite(x),
};

/** Strictly between 0 and 1. */
export const openFraction: Constraint<number> = { must: 'between 0 and 1', isValid: (x) => x > 0 && x < 1 };

/** One of `names`. */
export const oneOf = <Name extends string>(names: readonly Name[]): Constraint<Name> => ({
  must: alternatives(names.map((name) => `"${name}"`)),
  isValid: (name) => names.includes(name),
  names,
});

const alternatives = (names: readonly string[]): string =>
  names.length < 3 ? names.join(' or ') : `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}`;

export const layerWidths: Constraint<readonly number[]> = {
  must: 'a list of widths such as [128, 128]',
  isValid: (list) => Array.isArray(list) && list.length > 0 && list.every(positiveInteger.isValid),
};
