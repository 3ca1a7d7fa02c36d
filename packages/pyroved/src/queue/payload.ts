/** What a queue says of a trial. Whoever can write to the queue can write anything, so that it is checked like any input. */

import { isSha256, sha256 } from '../shared/store.js';
import { canonical } from '../sources/contentHash.js';
import type { TrialSettings } from '../sweep/trial.js';
import { isPin, type Pin } from './pin.js';
import { QueueError } from './taskQueue.js';

/** The settings of a trial without its images, which the worker finds by their hash. */
export type PortableSettings = Omit<TrialSettings, 'source'>;

export interface TrialPayload {
  /** Identifies the trial; determined by the entries below it except `until`. */
  readonly hash: string;
  readonly seed: number;
  readonly settings: PortableSettings;
  /** See `publishData`. */
  readonly data: string;
  readonly pin: Pin;
  /** Stop after this epoch, counted from 1. @default the last one */
  readonly until?: number;
}

/** A payload with its hash. */
export function payloadOf(content: Omit<TrialPayload, 'hash'>): TrialPayload {
  return { hash: hashOf(content), ...content };
}

/** The name of a task, under which its result is stored: that of the trial, and how far it is trained. */
export const taskName = ({ hash, until }: Pick<TrialPayload, 'hash' | 'until'>): string =>
  until === undefined ? hash : `${hash}-${until}`;

const hashOf = ({ seed, settings, data, pin }: Omit<TrialPayload, 'hash'>): string =>
  sha256(canonical({ seed, settings, data, pin }));

/** Characters of JSON; settings have some hundred. */
const LARGEST = 100_000;
const DEEPEST = 8;

/**
 * Checks a payload. Its settings have options of models and trainings only, which name no files; the run checks them further. Images are named by a hash, and so is
 * the trial: whoever changes one of them gets another trial, whose results are stored elsewhere.
 * @throws {QueueError} when it is something else
 */
export function parsePayload(value: unknown): TrialPayload {
  const text = JSON.stringify(value) ?? '';
  if (text.length > LARGEST) throw invalid(`at most ${LARGEST} characters; it has ${text.length}`);
  // A copy has no prototypes but those of JSON.
  const payload: unknown = text === '' ? undefined : JSON.parse(text);
  if (!isRecord(payload)) throw invalid('an object');
  rejectOthers('entries', payload, ['hash', 'seed', 'settings', 'data', 'pin', 'until']);
  const { hash, seed, settings, data, pin, until } = payload;
  if (!isSha256(hash)) throw invalid('hash: a SHA-256');
  if (!isSha256(data)) throw invalid('data: a SHA-256');
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed)) throw invalid('seed: an integer');
  if (until !== undefined && !(typeof until === 'number' && Number.isSafeInteger(until) && until >= 1))
    throw invalid('until: an integer of at least 1');
  if (!isPin(pin)) throw invalid('pin: texts such as { code, node, engine, kernel }');
  if (!isRecord(settings)) throw invalid('settings: an object');
  rejectOthers('settings', settings, ['model', 'train', 'preprocess', 'recipe']);
  checkDepth(settings, 'settings');
  const content = { seed, settings, data, pin, ...(until !== undefined && { until }) };
  if (hashOf(content) !== hash) throw invalid('hash: that of its other entries');
  return { hash, ...content };
}

const invalid = (expected: string): QueueError =>
  new QueueError(
    `A task of the queue is not a trial: expected ${expected}. Another program or version has written it.`,
  );

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function rejectOthers(what: string, value: object, known: readonly string[]): void {
  const other = Object.keys(value).find((name) => !known.includes(name));
  if (other !== undefined) throw invalid(`${what}: ${known.join(', ')}; it has ${JSON.stringify(other.slice(0, 50))}`);
}

/** Settings are shallow, and no name in them is that of a property that all objects have. */
function checkDepth(value: unknown, where: string, depth = 0): void {
  if (depth > DEEPEST) throw invalid(`${where}: at most ${DEEPEST} levels`);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (['__proto__', 'constructor', 'prototype'].includes(name)) throw invalid(`${where}: no ${name}`);
    checkDepth(inner, where, depth + 1);
  }
}
