/** The values that a sweep gives to an option: a list, or a range whose bounds may be expressions. */
import { OptionError, type RandomStream } from 'pyro-ts';
import { scalarExpression } from 'pyroved-ts/internal';

/** A list of values, as one would type them on the command line, or a range of numbers. */
export type OptionValues = OptionList | OptionRange;

export interface OptionList {
  readonly kind: 'list';
  readonly values: readonly string[];
}

export interface OptionRange {
  /** `range`: evenly spaced; `logrange`: evenly spaced logarithms; `integers`: every integer. */
  readonly kind: (typeof rangeKinds)[number];
  readonly low: number;
  readonly high: number;
  /** Number of values in a grid, including both bounds; all integers of `integers`. */
  readonly count?: number;
}

const rangeKinds = ['range', 'logrange', 'integers'] as const;

/**
 * Reads the values of an option: "2,3,5", or `range(low, high, count)`, `logrange(low, high, count)` and `integers(low, high)`, whose arguments may be
 * expressions. A search at random needs no count.
 * @throws {OptionError} when they are not understood
 * @example parseValues('lr', 'logrange(10^-4, 10^-2, 3)')
 */
export function parseValues(option: string, text: string): OptionValues {
  const call = /^\s*(\w+)\s*\((.*)\)\s*$/s.exec(text);
  if (!call) return listOf(option, text.split(','));
  const kind = rangeKinds.find((name) => name === call[1]);
  if (kind === undefined)
    throw new OptionError(`Values of ${option}: unknown function ${call[1]}. Use ${rangeKinds.join(', ')}, or a list.`);
  const given = topLevelArguments(call[2]).map((argument) => numberOf(option, argument));
  const most = kind === 'integers' ? 2 : 3;
  if (given.length < 2 || given.length > most)
    throw new OptionError(
      `Values of ${option}: expected ${kind}(low, high${kind === 'integers' ? '' : ', count'}); got "${text.trim()}".`,
    );
  const [low, high, count] = given;
  const problem = problemOf(kind, low, high, count);
  if (problem) throw new OptionError(`Values of ${option}: ${problem}; got "${text.trim()}".`);
  return { kind, low, high, ...(count !== undefined && { count }) };
}

/** A list of at least one value, none empty or twice. @throws {OptionError} */
export function listOf(option: string, given: readonly string[]): OptionList {
  const values = given.map((value) => value.trim());
  if (values.length === 0 || values.includes(''))
    throw new OptionError(`Values of ${option}: an empty value in "${given.join(',')}".`);
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) throw new OptionError(`Values of ${option}: ${twice} occurs twice.`);
  return { kind: 'list', values };
}

/** All values of a grid. @throws {OptionError} for a range without a count */
export function gridValues(option: string, given: OptionValues): readonly string[] {
  if (given.kind === 'list') return given.values;
  const { kind, low, high } = given;
  const count = kind === 'integers' ? high - low + 1 : given.count;
  if (count === undefined)
    throw new OptionError(
      `Values of ${option}: a grid needs the number of values, e.g. ${kind}(${low}, ${high}, 5). A search at random does not.`,
    );
  return Array.from({ length: count }, (_, i) => written(between(given, i / (count - 1))));
}

/** One value at random. */
export function drawnValue(given: OptionValues, random: RandomStream): string {
  const u = random.next();
  if (given.kind === 'list') return given.values[Math.floor(u * given.values.length)];
  if (given.kind === 'integers') return String(given.low + Math.floor(u * (given.high - given.low + 1)));
  return written(between(given, u));
}

function between({ kind, low, high }: OptionRange, share: number): number {
  if (kind === 'logrange') return low * (high / low) ** share;
  return low + share * (high - low);
}

/** Six digits, as `0.00316228`. */
const written = (value: number): string => String(Number(value.toPrecision(6)));

function problemOf(kind: OptionRange['kind'], low: number, high: number, count?: number): string | undefined {
  if (!(high > low)) return 'the upper bound must exceed the lower one';
  if (kind === 'logrange' && !(low > 0)) return 'the bounds of logrange must be positive';
  if (kind === 'integers' && !(Number.isInteger(low) && Number.isInteger(high))) return 'the bounds must be integers';
  if (count !== undefined && !(Number.isInteger(count) && count >= 2))
    return 'the count must be an integer of at least 2';
  return undefined;
}

function numberOf(option: string, text: string): number {
  let value: unknown;
  try {
    value = scalarExpression(text)({});
  } catch (cause) {
    throw new OptionError(
      `Values of ${option}: "${text.trim()}" is not a number (${cause instanceof Error ? cause.message : cause}).`,
    );
  }
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new OptionError(`Values of ${option}: "${text.trim()}" is not a finite number.`);
}

/** Splits at the commas outside parentheses. */
function topLevelArguments(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of text) {
    if (letter === '(') depth++;
    if (letter === ')') depth--;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts;
}
