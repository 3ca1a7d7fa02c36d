/** What a folder that is to hold a run, or a study of several, holds already, and how that is cleared away. */
import fs from 'node:fs';
import path from 'node:path';
import { explained, RunError } from './errors.js';
import { makeFolder, readText, temporary } from './files.js';
import { parseJsonObject } from './json.js';
import { isLockFile, lockFolder, refuseLocked } from './lock.js';

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
} as const;

/** The names of the files in the folder of a study. */
export const STUDY_FILES = {
  study: 'study.json',
  results: 'results.json',
  table: 'results.csv',
  report: 'report.html',
  pictures: 'pictures',
} as const;

/** What to do where there is a run already. */
export interface CreateOptions {
  /** Replace an existing run or study. Files that are not its own are never removed. @default false */
  readonly overwrite?: boolean;
}

/** @throws {RunError} when a run cannot be made in `folder`: a run or anything else in the way, no right to write. Ask before the work, not after. */
export function refuseOccupied(folder: string, options: CreateOptions): void {
  if (fs.existsSync(folder)) occupiedBy(folder, options);
  let above = path.resolve(folder);
  while (!fs.existsSync(above)) above = path.dirname(above);
  const what = `Could not make the run folder ${folder}`;
  if (!fs.statSync(above).isDirectory()) throw new RunError(`${what}: ${above} is a file. Choose another path.`);
  explained(what, () => fs.accessSync(above, fs.constants.W_OK));
}

/**
 * Makes the folder, and those above it, clears away what may be replaced, and calls `write` while no other process can do the same.
 * @throws RunError as `refuseOccupied`.
 */
export function makeFree(folder: string, options: CreateOptions, write: () => void): void {
  explained(`Could not make the run folder ${folder}`, () => makeFolder(path.resolve(folder)));
  occupiedBy(folder, options);
  const release = lockFolder(folder);
  try {
    if (occupiedBy(folder, options, true) === 'run') remove(folder);
    write();
  } finally {
    release();
  }
}

/** What is in a folder that may be used. @throws RunError for files that are not a run, and for a run that is not to be replaced. */
function occupiedBy(folder: string, { overwrite }: CreateOptions, isLocked = false): 'run' | 'nothing' {
  const present = explained(`Could not read ${folder}`, () => fs.readdirSync(folder));
  if (!isLocked) refuseLocked(folder);
  const found = present.includes(STUDY_FILES.study) ? 'study' : 'run';
  if (found === 'study' || present.includes(RUN_FILES.config)) {
    if (overwrite) return 'run';
    throw new RunError(
      `There is already a ${found} in ${folder}. Resume it, replace it (overwrite), or choose another folder.`,
    );
  }
  if (present.every(isLeftover)) return 'nothing';
  throw new RunError(`${folder} holds files that are not a run (${listed(present)}). Choose a new or empty folder.`);
}

/**
 * Removes what a run and a study consist of, the study's runs with it, and nothing else; what says that there is a run or a study goes last, so
 * that a kill leaves one. Called with the lock, which stays.
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

/** The folders of a study's runs; none where there is no study. */
function partsOf(folder: string): string[] {
  const file = path.join(folder, STUDY_FILES.study);
  if (!fs.existsSync(file)) return [];
  const { parts } = parseJsonObject(readText(file), file);
  return Array.isArray(parts)
    ? parts.filter((part) => typeof part === 'string' && !part.includes('..')).map(String)
    : [];
}

/** Removes `folder` and those above it, up to `top`, while they are empty. */
function removeEmpty(folder: string, top: string): void {
  if (path.resolve(folder) === path.resolve(top) || fs.readdirSync(folder).length > 0) return;
  fs.rmdirSync(folder);
  removeEmpty(path.dirname(folder), top);
}

/** What a run that was killed while it was made leaves behind. */
const isLeftover = (name: string): boolean =>
  name === temporary(RUN_FILES.config) || name === temporary(STUDY_FILES.study) || isLockFile(name);

const listed = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
