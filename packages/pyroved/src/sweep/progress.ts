/** How far a study is, from its folder. */
import fs from 'node:fs';
import { readText } from '../storage/files.js';
import { isJsonObject, RunFolder, type StudyFolder, type StudyKind } from '../storage/index.js';
import { parseJsonObject } from '../storage/json.js';

export interface StudyProgress {
  readonly kind: StudyKind;
  /** Number of runs. */
  readonly total: number;
  readonly finished: number;
  /** Number of trials that failed, which the results list. */
  readonly failed: number;
  /** Number of runs that have begun and are not finished. */
  readonly started: number;
  /** Whether the study has ended. */
  readonly hasResults: boolean;
}

/** @throws {RunError} when the results are damaged */
export function progressOf(study: StudyFolder): StudyProgress {
  const parts = study.parts.map((part) => study.part(part));
  const begun = parts.filter((part) => RunFolder.isIn(part));
  const finished = begun.filter((part) => RunFolder.open(part).hasSummary()).length;
  const file = study.file('results');
  const hasResults = fs.existsSync(file);
  return {
    kind: study.kind,
    total: parts.length,
    ...{ finished, started: begun.length - finished, failed: hasResults ? failuresIn(file) : 0, hasResults },
  };
}

function failuresIn(file: string): number {
  const { trials } = parseJsonObject(readText(file), file);
  if (!Array.isArray(trials)) return 0;
  return trials.filter((trial) => isJsonObject(trial) && trial.state === 'failed').length;
}
