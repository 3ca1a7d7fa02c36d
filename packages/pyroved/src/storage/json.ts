/** Validated conversion to and from JSON, without silent loss. */
import { RunError } from './errors.js';

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/**
 * Converts `value` to JSON; undefined properties are omitted.
 * @param where name of the value in error messages, e.g. "config.model"
 * @param nonFinite whether to reject NaN and infinities, which JSON lacks, or to convert them to null
 * @throws {RunError} when a value has no JSON representation: a typed array, a class instance, a function.
 */
export function toJson(value: unknown, where: string, nonFinite: 'reject' | 'null' = 'reject'): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    if (nonFinite === 'null') return null;
    throw new RunError(`${where} is ${value}, which JSON cannot represent. Omit it, or use null.`);
  }
  if (Array.isArray(value)) return value.map((item, i) => toJson(item, `${where}[${i}]`, nonFinite));
  if (!isPlainObject(value)) throw new RunError(`${where} is ${describe(value)}, which JSON cannot represent.`);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, toJson(item, `${where}.${key}`, nonFinite)]));
}

/** `toJson` for objects. */
export function toJsonObject(value: object, where: string, nonFinite: 'reject' | 'null' = 'reject'): JsonObject {
  const json = toJson(value, where, nonFinite);
  if (!isJsonObject(json)) throw new RunError(`${where} must be an object; got an array.`);
  return json;
}

/** Parses a JSON object. @throws {RunError} when it is damaged, naming `source`. */
export function parseJsonObject(text: string, source: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RunError(`${source} is damaged: it is not JSON (${why}).`, undefined, { cause });
  }
  if (!isJsonObject(value)) throw new RunError(`${source} is damaged: it does not contain a JSON object.`);
  return value;
}

/** Whether a value is a JSON object, not an array, a primitive or null. */
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
