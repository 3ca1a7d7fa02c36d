/** What a run folder keeps as JSON, checked on the way in and out, so that nothing is lost without a word. */
import { RunError } from './errors.js';

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** An object that JSON can hold. */
export type JsonObject = { [key: string]: Json };

/**
 * A copy of `value` as JSON has it; without properties that are undefined.
 * @param where how the value is called in an error, e.g. "config.model".
 * @param nonFinite what to do with NaN and infinities, which JSON lacks.
 * @throws RunError for a value that JSON would lose: a typed array, a class, a function.
 */
export function toJson(value: unknown, where: string, nonFinite: 'refuse' | 'null' = 'refuse'): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    if (nonFinite === 'null') return null;
    throw new RunError(`${where} is ${value}, which JSON cannot hold. Omit it, or use null.`);
  }
  if (Array.isArray(value)) return value.map((item, i) => toJson(item, `${where}[${i}]`, nonFinite));
  if (!isPlainObject(value)) throw new RunError(`${where} is ${describe(value)}, which JSON cannot hold.`);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, toJson(item, `${where}.${key}`, nonFinite)]));
}

/** As `toJson`, for what has to be an object. */
export function toJsonObject(value: object, where: string, nonFinite: 'refuse' | 'null' = 'refuse'): JsonObject {
  const json = toJson(value, where, nonFinite);
  if (!isJsonObject(json)) throw new RunError(`${where} has to be an object, but is a list.`);
  return json;
}

/** The object that `text` holds. @throws RunError that names `source` where it is damaged. */
export function parseJsonObject(text: string, source: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RunError(`${source} is damaged: it is not JSON (${why}).`, undefined, { cause });
  }
  if (!isJsonObject(value)) throw new RunError(`${source} is damaged: it does not hold a JSON object.`);
  return value;
}

/** True for a JSON object, as against a list, a number, a text or null. */
export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  return value === undefined ? 'undefined' : `a ${typeof value}`;
}
