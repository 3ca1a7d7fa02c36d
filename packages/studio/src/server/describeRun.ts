/** What the page shows of a run, read from its folder. */
import fs from 'node:fs';
import path from 'node:path';
import { RunError, RunFolder } from 'pyroved';
import { isLocked, type JsonObject, RUN_FILES } from 'pyroved/internal';
import type { EpochMetrics, RunDetail, RunEntry, RunState } from '../api.js';
import type { RunPlace } from './runLibrary.js';
import type { Trainings } from './trainings.js';

/** A run as in the list. A run that cannot be read has a `problem` instead of figures. */
export function entryOf(place: RunPlace, trainings: Trainings): RunEntry {
  const { id, name } = place;
  const isOurs = trainings.isActive(id);
  try {
    const run = RunFolder.open(place.path);
    const { config } = run;
    const metrics = epochsOf(run);
    const summary = run.hasSummary() ? run.readSummary() : {};
    const last = metrics.at(-1);
    const interval = summary.accuracyInterval;
    return {
      ...{ id, name, createdAt: config.createdAt, seed: config.seed, isOurs },
      state: stateOf(run, isOurs, trainings.failure(id) !== undefined),
      model: textOf(config.model.kind),
      source: sourceOf(config.data),
      ...(typeof config.train.epochs === 'number' && { epochs: config.train.epochs }),
      ...(last && { last }),
      ...(typeof summary.accuracy === 'number' && { accuracy: summary.accuracy }),
      ...(isPair(interval) && { accuracyInterval: interval }),
      hasModel: run.hasCheckpoint(),
      ...problemOf(trainings.failure(id)),
    };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const unknown = { createdAt: new Date(0).toISOString(), model: '', source: '', seed: 0, hasModel: false } as const;
    return { id, name, isOurs, state: 'failed', ...unknown, problem: error.message };
  }
}

/** A run with its settings and metrics. */
export function detailOf(place: RunPlace, trainings: Trainings): RunDetail {
  const entry = entryOf(place, trainings);
  const log = trainings.log(place.id);
  if (entry.problem !== undefined && !RunFolder.isIn(place.path))
    return { ...entry, settings: {}, metrics: [], classNames: [], pictures: [], log };
  try {
    const run = RunFolder.open(place.path);
    const { model, data, train, engine, kernel } = run.config;
    const summary = run.hasSummary() ? run.readSummary() : {};
    const classAccuracy = diagonalOf(summary.confusion);
    return {
      ...entry,
      settings: { ...flat({ model, data, train }), engine, kernel, seed: String(run.config.seed) },
      metrics: epochsOf(run),
      classNames: Array.isArray(data.classNames) ? data.classNames.map(String) : [],
      ...(classAccuracy && { classAccuracy }),
      pictures: picturesIn(place.path),
      log,
    };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return { ...entry, settings: {}, metrics: [], classNames: [], pictures: [], log };
  }
}

/** The finished epochs of a run. */
export function epochsOf(run: RunFolder): EpochMetrics[] {
  return run.metrics.read().flatMap((record) => {
    const { epoch, step } = record;
    if (typeof epoch !== 'number' || typeof step !== 'number') return [];
    const numbers = Object.entries(record).filter(([, value]) => typeof value === 'number' || value === null);
    return [{ ...(Object.fromEntries(numbers) as Record<string, number | null>), epoch, step }];
  });
}

function stateOf(run: RunFolder, isOurs: boolean, hasFailed: boolean): RunState {
  if (isOurs || isLocked(run.path)) return 'running';
  if (run.hasSummary()) return 'finished';
  return hasFailed ? 'failed' : 'stopped';
}

/** The pictures of a run's folder. */
export function picturesIn(folder: string): string[] {
  const pictures = path.join(folder, RUN_FILES.pictures);
  try {
    return fs
      .readdirSync(pictures, { withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(svg|png)$/.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

const problemOf = (problem: string | undefined): { readonly problem?: string } =>
  problem === undefined ? {} : { problem };

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function sourceOf({ source }: JsonObject): string {
  return typeof source === 'object' && source !== null && !Array.isArray(source) ? textOf(source.kind) : '';
}

const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((entry) => typeof entry === 'number');

/** The correct fraction of each row of a confusion matrix. */
function diagonalOf(confusion: unknown): number[] | undefined {
  if (!Array.isArray(confusion)) return undefined;
  return confusion.map((row, k) => {
    if (!Array.isArray(row)) return Number.NaN;
    const total = row.reduce<number>((sum, n) => sum + Number(n), 0);
    return total > 0 ? Number(row[k]) / total : Number.NaN;
  });
}

/** Leaves of nested objects by their path; arrays as JSON. */
export function flat(value: JsonObject, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]): [string, string][] => {
      const at = `${prefix}${key}`;
      if (typeof entry === 'object' && entry !== null && !Array.isArray(entry))
        return Object.entries(flat(entry, `${at}.`));
      return [[at, typeof entry === 'string' ? entry : JSON.stringify(entry)]];
    }),
  );
}
