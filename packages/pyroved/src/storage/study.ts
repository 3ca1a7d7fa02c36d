/** The folder of a study: several related runs in subfolders, and the results of comparing them. */
import fs from 'node:fs';
import path from 'node:path';
import { explained, RunError } from './errors.js';
import { readText, writeFileAtomic } from './files.js';
import { withCurrentNames } from './formerNames.js';
import { type Json, type JsonObject, parseJsonObject, toJson, toJsonObject } from './json.js';
import { lockFolder } from './lock.js';
import { assertFree, type CreateOptions, createFolder, STUDY_FILES } from './outputFolder.js';
import { writePicture } from './pictures.js';

const FORMAT = 'pyroved-study';
const VERSION = 1;

/** The kinds of studies: seeds of one model, folds of the labelled images, angle priors, varied options. */
export const studyKinds = ['seeds', 'folds', 'priors', 'sweep'] as const;
export type StudyKind = (typeof studyKinds)[number];

export interface Study {
  readonly kind: StudyKind;
  /** Folders of its runs, relative to the study's folder. */
  readonly parts: readonly string[];
  /** Everything needed to resume it. */
  readonly plan: object;
}

/** Where the trials of a study are distributed. */
export interface QueueRecord {
  /** Name of the study in the queue and the storage. */
  readonly id: string;
  /** Address of the queue, without credentials. */
  readonly queue: string;
  /** The shared storage. */
  readonly storage: string;
}

/** A study on disk. */
export class StudyFolder {
  private constructor(
    readonly path: string,
    readonly kind: StudyKind,
    readonly plan: JsonObject,
    /** Folders of its runs, relative to its own. */
    readonly parts: readonly string[],
  ) {}

  /** Creates the folder and writes the plan. @throws {RunError} when the folder contains a run or other files, or is not writable. */
  static create(folder: string, { kind, parts, plan }: Study, options: CreateOptions = {}): StudyFolder {
    const content = toJsonObject({ format: FORMAT, version: VERSION, kind, parts: [...parts], plan }, 'study');
    const text = `${JSON.stringify(content, null, 2)}\n`;
    createFolder(folder, options, () => writeFileAtomic(path.join(folder, STUDY_FILES.study), text));
    return StudyFolder.open(folder);
  }

  /** @throws {RunError} when `create` would fail. */
  static assertFree(folder: string, options: CreateOptions = {}): void {
    assertFree(folder, options);
  }

  /** The kind of study in a folder; undefined if there is none. */
  static kindIn(folder: string): StudyKind | undefined {
    return fs.existsSync(path.join(folder, STUDY_FILES.study)) ? StudyFolder.open(folder).kind : undefined;
  }

  /** Opens an existing study. @throws {RunError} when it does not exist, is damaged, or is of another kind than `wanted`. */
  static open(folder: string, wanted?: StudyKind): StudyFolder {
    const file = path.join(folder, STUDY_FILES.study);
    if (!fs.existsSync(file)) throw new RunError(`${folder} is not a study: it has no ${STUDY_FILES.study}.`);
    const { format, version, kind: found, plan, parts } = withCurrentNames(parseJsonObject(readText(file), file));
    const kind = studyKinds.find((name) => name === found);
    if (format !== FORMAT || kind === undefined || typeof plan !== 'object' || plan === null || Array.isArray(plan))
      throw new RunError(`${file} is damaged: its kind or plan is missing.`);
    if (version !== VERSION)
      throw new RunError(`${file} has version ${version}, but only version ${VERSION} is supported. Update pyroved.`);
    if (wanted !== undefined && kind !== wanted)
      throw new RunError(`${folder} contains a study of ${kind}, not of ${wanted}.`);
    const named = Array.isArray(parts) ? parts.filter((part) => typeof part === 'string' && !part.includes('..')) : [];
    return new StudyFolder(folder, kind, plan, named.map(String));
  }

  /** The folder of one of its runs. */
  part(name: string): string {
    return path.join(this.path, name);
  }

  file(name: keyof typeof STUDY_FILES): string {
    return path.join(this.path, STUDY_FILES[name]);
  }

  /** Locks the folder for this process. @throws {RunError} when another process holds the lock, or the folder is not writable. */
  lock(): () => void {
    explained(`Could not write into ${this.path}`, () => fs.accessSync(this.path, fs.constants.W_OK));
    return lockFolder(this.path);
  }

  /** Where the trials of the study are distributed; undefined if they are not. @throws {RunError} when the record is damaged */
  queueRecord(): QueueRecord | undefined {
    const file = this.file('queue');
    if (!fs.existsSync(file)) return undefined;
    const { id, queue, storage } = parseJsonObject(readText(file), file);
    if (typeof id === 'string' && /^[\w-]{1,100}$/.test(id) && typeof queue === 'string' && typeof storage === 'string')
      return { id, queue, storage };
    throw new RunError(`${file} is damaged: its id, queue or storage is missing. Remove it, and resume the study.`);
  }

  writeQueueRecord(record: QueueRecord): void {
    writeFileAtomic(this.file('queue'), `${JSON.stringify(record, null, 2)}\n`);
  }

  /** Writes `results.json` and, if given, the table `results.csv`. */
  writeResults(results: object, table?: string): void {
    const content: Json = toJson(results, 'results', 'null');
    writeFileAtomic(this.file('results'), `${JSON.stringify(content, null, 2)}\n`);
    if (table !== undefined) writeFileAtomic(this.file('table'), table);
  }

  /** Writes `report.html` and its pictures. */
  writeReport(html: string, pictures: Iterable<readonly [string, string | Uint8Array]>): void {
    for (const [name, content] of pictures) writePicture(this.path, name, content);
    writeFileAtomic(this.file('report'), html);
  }
}
