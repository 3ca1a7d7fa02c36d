/** Creation and replacement of the folders of runs and studies. */
import fs from 'node:fs';
import path from 'node:path';
import { explained, RunError } from './errors.js';
import { makeFolder, readText, temporary } from './files.js';
import { parseJsonObject } from './json.js';
import { assertUnlocked, isLockFile, lockFolder } from './lock.js';

/** The names of the files in a run folder. */
export const RUN_FILES = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  checkpoint: 'checkpoint.safetensors',
  previousCheckpoint: 'checkpoint.prev.safetensors',
  summary: 'summary.json',
  report: 'report.html',
  suspiciousLabels: 'suspicious-labels.csv',
  pictures: 'pictures',
  robustness: 'robustness',
  film: 'film',
  filmPng: 'film.png',
  filmMp4: 'film.mp4',
} as const;

/** The names of the files in the folder of a study. */
export const STUDY_FILES = {
  study: 'study.json',
  results: 'results.json',
  table: 'results.csv',
  logs: 'logs',
  queue: 'queue.json',
  report: 'report.html',
  pictures: 'pictures',
} as const;

/** Options for creating a run or study folder. */
export interface CreateOptions {
  /** Replace an existing run or study. Files that are not its own are never removed. @default false */
  readonly overwrite?: boolean;
}

/** Checks, before any work is done, that a run can be created in `folder`. @throws {RunError} when it contains a run or other files, or is not writable. */
export function assertFree(folder: string, options: CreateOptions): void {
  if (fs.existsSync(folder)) occupiedBy(folder, options);
  let above = path.resolve(folder);
  while (!fs.existsSync(above)) above = path.dirname(above);
  const what = `Could not create the run folder ${folder}`;
  if (!fs.statSync(above).isDirectory()) throw new RunError(`${what}: ${above} is a file. Choose another path.`);
  explained(what, () => fs.accessSync(above, fs.constants.W_OK));
}

/**
 * Creates the folder and its parents, removes a run or study that may be replaced, and calls `write`, all while holding the lock.
 * @throws {RunError} like `assertFree`.
 */
export function createFolder(folder: string, options: CreateOptions, write: () => void): void {
  explained(`Could not create the run folder ${folder}`, () => makeFolder(path.resolve(folder)));
  occupiedBy(folder, options);
  const release = lockFolder(folder);
  try {
    if (occupiedBy(folder, options, true) === 'run') remove(folder);
    write();
  } finally {
    release();
  }
}

/** The content of a folder. @throws {RunError} when it contains other files, or a run that may not be replaced. */
function occupiedBy(folder: string, { overwrite }: CreateOptions, isLocked = false): 'run' | 'nothing' {
  const present = explained(`Could not read ${folder}`, () => fs.readdirSync(folder));
  if (!isLocked) assertUnlocked(folder);
  const found = present.includes(STUDY_FILES.study) ? 'study' : 'run';
  if (found === 'study' || present.includes(RUN_FILES.config)) {
    if (overwrite) return 'run';
    throw new RunError(
      `${folder} already contains a ${found}. Resume it, replace it (overwrite), or choose another folder.`,
    );
  }
  if (present.every(isLeftover)) return 'nothing';
  throw new RunError(
    `${folder} contains files that are not part of a run (${listed(present)}). Choose a new or empty folder.`,
  );
}

/**
 * Removes the files of a run or a study, including the study's runs, and no others. `config.json` and `study.json` are removed last, so that an
 * interrupted removal leaves a recognisable run or study. Called by the holder of the lock, which is kept.
 */
function remove(folder: string): void {
  const parts = partsOf(folder);
  for (const part of parts) {
    const inside = path.join(folder, part);
    if (!fs.existsSync(inside)) continue;
    const release = lockFolder(inside);
    try {
      remove(inside);
    } finally {
      release();
    }
    removeEmpty(inside, folder);
  }
  const { config, ...ofRun } = RUN_FILES;
  const { study, ...ofStudy } = STUDY_FILES;
  explained(`Could not remove the run in ${folder}`, () => {
    for (const name of [...Object.values(ofRun), ...Object.values(ofStudy), config, study])
      fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  });
}

/** The folders of a study's runs; empty if there is no study. */
function partsOf(folder: string): string[] {
  const file = path.join(folder, STUDY_FILES.study);
  if (!fs.existsSync(file)) return [];
  const { parts } = parseJsonObject(readText(file), file);
  return Array.isArray(parts)
    ? parts.filter((part) => typeof part === 'string' && !part.includes('..')).map(String)
    : [];
}

/** Removes `folder` and its parents, up to `top`, while they are empty. */
function removeEmpty(folder: string, top: string): void {
  if (path.resolve(folder) === path.resolve(top) || fs.readdirSync(folder).length > 0) return;
  fs.rmdirSync(folder);
  removeEmpty(path.dirname(folder), top);
}

/** Whether a file was left by a process killed while creating a run. */
const isLeftover = (name: string): boolean =>
  name === temporary(RUN_FILES.config) || name === temporary(STUDY_FILES.study) || isLockFile(name);

const listed = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
