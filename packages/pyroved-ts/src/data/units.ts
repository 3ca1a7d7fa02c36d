/** Parses quantities with units, such as "60 deg", "0.5 rad" or "23%". */
import { OptionError } from 'pyro-ts';
import { mathjs } from '#mathjs';
import { scalarExpression } from '../expression.js';

/** A number in the unit of the option, or text with a unit. */
export type Quantity = number | string;

const PERCENT = /^(.*\S)\s*%$/;
const WITH_UNIT = /^(.*[^a-zA-Z])([a-zA-Z]+)$/;

/** The paper labels shear angles as deg * 100 / 64 percent, so 23% is 14.7 degrees. */
export const SHEAR_DEGREES_PER_PERCENT = 0.64;

/** The value of an expression; undefined if it cannot be evaluated. */
function read(text: string): unknown {
  try {
    return scalarExpression(text)({});
  } catch {
    return undefined;
  }
}

/** The size of the unit `name` in degrees; undefined if it is not a unit of angles. */
function degreesIn(name: string): number | undefined {
  try {
    return mathjs().unit(1, name).toNumber('deg');
  } catch {
    return undefined;
  }
}

function reject(option: string, value: unknown, expected: string): never {
  throw new OptionError(`${option}: ${JSON.stringify(value)} is not understood. Expected ${expected}.`);
}

const angleExample = 'an angle such as "60 deg", "1.05 rad" or 60 (degrees)';
const shearExample =
  'a shear angle such as "15 deg", 15 (degrees) or "23%" (percent as the paper labels it: 23% is 14.7 deg)';
const fractionExample = 'a fraction such as "10%" or 0.1';
const rangeExample = 'a range such as "1 to 1.3" or [1, 1.3]';

function degrees(option: string, value: Quantity, expected: string): number {
  if (typeof value === 'number') return number(option, value, value, expected);
  if (typeof value !== 'string') reject(option, value, expected);
  const text = value.trim().replace(/\s*°$/, ' deg');
  if (PERCENT.test(text)) reject(option, value, expected);
  // The unit is removed first, since mathjs reads "pi/3 rad" as pi / (3 rad).
  const [, amount, name] = WITH_UNIT.exec(text) ?? [];
  const size = name && degreesIn(name);
  return size ? size * number(option, value, amount, expected) : number(option, value, text, expected);
}

/**
 * Parses an angle: a plain number is in degrees.
 * @param option name of the option, for error messages
 * @returns degrees
 * @throws {OptionError} when `value` is not an angle.
 * @example parseAngle('--rotation', '1.5 rad') // 85.9
 */
export const parseAngle = (option: string, value: Quantity): number => degrees(option, value, angleExample);

/**
 * Parses a shear angle: a plain number is in degrees, a percentage is read as the paper labels it (23% is 14.7 degrees).
 * @param option name of the option, for error messages
 * @returns degrees
 * @throws {OptionError} when `value` is neither.
 * @example parseShear('--shear', '25%') // 16
 */
export function parseShear(option: string, value: Quantity): number {
  const percent = typeof value === 'string' ? PERCENT.exec(value.trim()) : null;
  if (!percent) return degrees(option, value, shearExample);
  return SHEAR_DEGREES_PER_PERCENT * number(option, value, percent[1], shearExample);
}

/**
 * Parses a fraction: 0.1 and "10%" are the same.
 * @param option name of the option, for error messages
 * @throws {OptionError} when `value` is neither.
 * @example parseFraction('--shift', '10%') // 0.1
 */
export const parseFraction = (option: string, value: Quantity): number => number(option, value, value, fractionExample);

/**
 * Parses a range of fractions, as a pair or as text with "to", ":" or "," between its ends.
 * @param option name of the option, for error messages
 * @returns [low, high]
 * @throws {OptionError} when an end is missing, or the ends are in the wrong order.
 * @example parseRange('--scale', '80% to 125%') // [0.8, 1.25]
 */
export function parseRange(option: string, value: string | readonly [Quantity, Quantity]): [number, number] {
  if (typeof value !== 'string' && !Array.isArray(value)) reject(option, value, rangeExample);
  const ends = typeof value === 'string' ? value.split(/\s*(?:\bto\b|[:,])\s*/) : value;
  const shown = typeof value === 'string' ? value : `[${value.join(', ')}]`;
  if (ends.length !== 2) reject(option, shown, rangeExample);
  const [low, high] = ends.map((end) => parseFraction(option, end));
  if (low > high) throw new OptionError(`${option}: the range ${shown} runs backwards. Write the smaller end first.`);
  return [low, high];
}

function number(option: string, value: Quantity, part: Quantity, expected: string): number {
  const n = typeof part === 'string' ? read(part) : part;
  if (typeof n !== 'number' || !Number.isFinite(n)) reject(option, value, expected);
  return n;
}
