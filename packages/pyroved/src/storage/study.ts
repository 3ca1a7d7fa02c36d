/** The folder of a study: several runs that belong together, in folders below it, and what is found by holding them against each other. */
import fs from 'node:fs';
import path from 'node:path';
import { explained, RunError } from './errors.js';
import { readText, writeFileAtomic } from './files.js';
import { withCurrentNames } from './formerNames.js';
import { type Json, type JsonObject, parseJsonObject, toJson, toJsonObject } from './json.js';
import { lockFolder } from './lock.js';
import { type CreateOptions, makeFree, refuseOccupied, STUDY_FILES } from './outputFolder.js';
import { writePicture } from './pictures.js';

const FORMAT = 'pyroved-study';
const VERSION = 1;

/** What a study is about: seeds of one model, folds of the labelled images, priors of the angle. */
export const studyKinds = ['seeds', 'folds', 'priors'] as const;
export type StudyKind = (typeof studyKinds)[number];

export interface Study {
  readonly kind: StudyKind;
  /** Folders of its runs, relative to its own. */
  readonly parts: readonly string[];
  /** All that is needed to continue it. */
  readonly plan: object;
}

/** A study on disk. */
export class StudyFolder {
  private constructor(
    readonly path: string,
    readonly kind: StudyKind,
    readonly plan: JsonObject,
  ) {}

  /** Makes the folder and writes down the plan. @throws {RunError} when anything is in the way. */
  static create(folder: string, { kind, parts, plan }: Study, options: CreateOptions = {}): StudyFolder {
    const content = toJsonObject({ format: FORMAT, version: VERSION, kind, parts: [...parts], plan }, 'study');
    const text = `${JSON.stringify(content, null, 2)}\n`;
    makeFree(folder, options, () => writeFileAtomic(path.join(folder, STUDY_FILES.study), text));
    return StudyFolder.open(folder);
  }

  /** @throws {RunError} when `create` would fail. */
  static assertFree(folder: string, options: CreateOptions = {}): void {
    refuseOccupied(folder, options);
  }

  /** The kind of study in a folder; undefined where there is none. */
  static kindIn(folder: string): StudyKind | undefined {
    return fs.existsSync(path.join(folder, STUDY_FILES.study)) ? StudyFolder.open(folder).kind : undefined;
  }

  /** @throws {RunError} when there is no study in `folder`, or it is damaged, or of another kind than is asked for. */
  static open(folder: string, wanted?: StudyKind): StudyFolder {
    const file = path.join(folder, STUDY_FILES.study);
    if (!fs.existsSync(file)) throw new RunError(`${folder} holds no study: it has no ${STUDY_FILES.study}.`);
    const { format, version, kind: found, plan } = withCurrentNames(parseJsonObject(readText(file), file));
    const kind = studyKinds.find((name) => name === found);
    if (format !== FORMAT || kind === undefined || typeof plan !== 'object' || plan === null || Array.isArray(plan))
      throw new RunError(`${file} is damaged: it does not say what is studied.`);
    if (version !== VERSION)
      throw new RunError(`${file} has version ${version}, but this program knows version ${VERSION}. Update pyroved.`);
    if (wanted !== undefined && kind !== wanted)
      throw new RunError(`${folder} holds a study of ${kind}, not of ${wanted}.`);
    return new StudyFolder(folder, kind, plan);
  }

  /** The folder of one of its runs. */
  part(name: string): string {
    return path.join(this.path, name);
  }

  file(name: keyof typeof STUDY_FILES): string {
    return path.join(this.path, STUDY_FILES[name]);
  }

  /** Takes the folder for this process. @throws {RunError} when another has it, or it cannot be written. */
  lock(): () => void {
    explained(`Could not write into ${this.path}`, () => fs.accessSync(this.path, fs.constants.W_OK));
    return lockFolder(this.path);
  }

  /** Writes `results.json` and, where there is one, the table `results.csv`. */
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
