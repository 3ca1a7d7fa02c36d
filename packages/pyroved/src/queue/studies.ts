/** The studies of a shared storage that have trials to train: where workers find them, and which workers they accept. */

import { ContentError, jsonBytes, readJson, type SharedStore } from '../shared/store.js';
import { isJsonObject, type Json } from '../storage/index.js';
import { isPin, type Pin } from './pin.js';

export interface OpenStudy {
  /** Random; also names its queue. */
  readonly id: string;
  readonly pin: Pin;
  /** Whether workers with another pin may train its trials. */
  readonly allowMixed: boolean;
}

const openKey = (id: string): string => `studies/${id}.json`;
const cancelledKey = (id: string): string => `studies/${id}.cancelled`;

/** The name of a study's queue on the server. */
export const queueName = (id: string): string => `pyroved-${id}`;

/** Makes a study known to workers. */
export async function openStudy(store: SharedStore, study: OpenStudy): Promise<void> {
  await store.remove(cancelledKey(study.id));
  await store.write(openKey(study.id), jsonBytes(study));
}

/** No worker looks for trials of the study any more. */
export const closeStudy = (store: SharedStore, id: string): Promise<void> => store.remove(openKey(id));

/** Closes a study for whoever coordinates it, too. */
export async function cancelStudy(store: SharedStore, id: string): Promise<void> {
  await store.create(cancelledKey(id), jsonBytes({ id }));
  await closeStudy(store, id);
}

export const isCancelled = (store: SharedStore, id: string): Promise<boolean> => store.has(cancelledKey(id));

/** The open studies. */
export async function openStudies(store: SharedStore): Promise<OpenStudy[]> {
  const ids = (await store.list('studies')).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -5)] : []));
  const found = await Promise.all(ids.map((id) => readStudy(store, id)));
  return found.filter((study) => study !== undefined);
}

/** An open study; undefined if it is closed. @throws {ContentError} when it is damaged */
async function readStudy(store: SharedStore, id: string): Promise<OpenStudy | undefined> {
  const value = (await readJson(store, openKey(id))) as Json | undefined;
  if (value === undefined) return undefined;
  if (isJsonObject(value) && value.id === id && isPin(value.pin))
    return { id, pin: value.pin, allowMixed: value.allowMixed === true };
  throw new ContentError(`${store.name}: ${openKey(id)} is damaged. Remove it, and resume the study.`);
}
