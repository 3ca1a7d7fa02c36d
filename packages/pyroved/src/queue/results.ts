/** Trials in a shared storage: the state of those that are trained, and what came of them, which is written once. */
import fs from 'node:fs';
import path from 'node:path';
import { ContentError, getBlob, isSha256, jsonBytes, putBlob, readJson, type SharedStore } from '../shared/store.js';
import { fileOptions } from '../sources/contentHash.js';
import type { Source } from '../sources/source.js';
import { formatConfig, parseConfig } from '../storage/config.js';
import { makeFolder } from '../storage/files.js';
import { explained, isJsonObject, type Json, RUN_FILES, RunFolder, writeFileAtomic } from '../storage/index.js';
import { isPin, type Pin } from './pin.js';

/** What came of a task, by the worker whose result was the first. */
export interface TaskResult {
  readonly is: 'ended' | 'failed';
  /** Why it failed. */
  readonly message?: string;
  /** The files of its run, by the hashes of their contents. */
  readonly files: Readonly<Partial<Record<RunFile, string>>>;
  /** What the training printed, at most its end. */
  readonly log: string;
  /** What trained it; absent if no worker could. */
  readonly pin?: Pin;
  readonly worker?: string;
}

const runFiles = ['metrics', 'checkpoint', 'summary', 'suspiciousLabels', 'config'] as const;
type RunFile = (typeof runFiles)[number];

const resultKey = (task: string): string => `results/${task}.json`;
const stateKey = (trial: string, file: 'config.json' | 'checkpoint.safetensors'): string => `trials/${trial}/${file}`;

/** Stores a result unless the task has one; false if it had. */
export const createResult = (store: SharedStore, task: string, result: TaskResult): Promise<boolean> =>
  store.create(resultKey(task), jsonBytes(result));

export const hasResult = (store: SharedStore, task: string): Promise<boolean> => store.has(resultKey(task));

/** Makes room for another attempt. */
export const removeResult = (store: SharedStore, task: string): Promise<void> => store.remove(resultKey(task));

/** The result of a task; undefined if it has none. @throws {ContentError} when it is damaged */
export async function readResult(store: SharedStore, task: string): Promise<TaskResult | undefined> {
  const value = (await readJson(store, resultKey(task))) as Json | undefined;
  if (value === undefined) return undefined;
  if (isJsonObject(value) && (value.is === 'ended' || value.is === 'failed') && isJsonObject(value.files)) {
    const { is, files, message, log, pin, worker } = value;
    const known = runFiles.flatMap((name) => (isSha256(files[name]) ? [[name, files[name]]] : []));
    return {
      is,
      files: Object.fromEntries(known),
      ...(typeof message === 'string' && { message }),
      log: typeof log === 'string' ? log : '',
      ...(isPin(pin) && { pin }),
      ...(typeof worker === 'string' && { worker }),
    };
  }
  throw new ContentError(`${store.name}: ${resultKey(task)} is damaged. Remove it, and resume the study.`);
}

/** Stores the files of a run by their contents. */
export async function storeRun(store: SharedStore, folder: string): Promise<TaskResult['files']> {
  const files: Partial<Record<RunFile, string>> = {};
  for (const name of runFiles) {
    const content = contentOf(folder, name);
    if (content) files[name] = await putBlob(store, content);
  }
  return files;
}

/** Writes the run of a result to `folder`, as if it had been trained there on `source`. */
export async function restoreRun(
  store: SharedStore,
  files: TaskResult['files'],
  folder: string,
  source: Source,
): Promise<void> {
  explained(`Could not create ${folder}`, () => makeFolder(path.resolve(folder)));
  // The configuration last, since it makes the folder a run.
  for (const name of runFiles) {
    const hash = files[name];
    if (hash === undefined) continue;
    const content = await getBlob(store, hash);
    const file = path.join(folder, RUN_FILES[name]);
    writeFileAtomic(file, name === 'config' ? configFor(content, file, source) : content);
  }
}

/** Stores the state of a run that is being trained, from which another worker can continue. */
export async function storeState(store: SharedStore, trial: string, folder: string): Promise<void> {
  const config = contentOf(folder, 'config');
  const checkpoint = contentOf(folder, 'checkpoint');
  if (!config || !checkpoint) return;
  await store.create(stateKey(trial, 'config.json'), config);
  await store.write(stateKey(trial, 'checkpoint.safetensors'), checkpoint);
}

/** Creates the run of a trial in `folder` from its stored state, with the images of this machine; false if there is no state. */
export async function restoreState(
  store: SharedStore,
  trial: string,
  folder: string,
  source: Source,
): Promise<boolean> {
  const config = await store.read(stateKey(trial, 'config.json'));
  const checkpoint = await store.read(stateKey(trial, 'checkpoint.safetensors'));
  if (!config || !checkpoint) return false;
  explained(`Could not create ${folder}`, () => makeFolder(path.resolve(folder)));
  writeFileAtomic(path.join(folder, RUN_FILES.checkpoint), checkpoint);
  const file = path.join(folder, RUN_FILES.config);
  writeFileAtomic(file, configFor(config, file, source));
  return RunFolder.isIn(folder);
}

/** Removes the stored state of a trial, which has a result. */
export async function removeState(store: SharedStore, trial: string): Promise<void> {
  await store.remove(stateKey(trial, 'checkpoint.safetensors'));
  await store.remove(stateKey(trial, 'config.json'));
}

/** A configuration whose images are those of `source`; everything else was chosen by the worker. */
function configFor(content: Uint8Array, file: string, source: Source): string {
  const config = parseConfig(Buffer.from(content).toString('utf8'), file);
  const given: Readonly<Record<string, unknown>> = { ...source };
  const found = isJsonObject(config.data.source) ? config.data.source : {};
  const places = fileOptions[source.kind].flatMap((option) => {
    const place = given[option];
    return typeof place === 'string' ? [[option, place]] : [];
  });
  const data = { ...config.data, source: { ...found, ...Object.fromEntries(places) } };
  return formatConfig({ ...config, data });
}

function contentOf(folder: string, name: RunFile): Uint8Array | undefined {
  const file = path.join(folder, RUN_FILES[name]);
  return explained(`Could not read ${file}`, () => (fs.existsSync(file) ? fs.readFileSync(file) : undefined));
}
