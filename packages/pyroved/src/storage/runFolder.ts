/** The folder of a run: configuration, metrics, checkpoints, pictures, summary and report, each written whole. */
import fs from 'node:fs';
import path from 'node:path';
import { PyroError } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import type { Checkpoint } from 'pyroved-ts';
import { decodeCheckpoint, encodeCheckpoint, type LoadedCheckpoint } from './checkpoint.js';
import { formatConfig, parseConfig, type RunConfig, type RunSettings, runConfig } from './config.js';
import { explained, RunError } from './errors.js';
import { readText, writeFileAtomic } from './files.js';
import { type JsonObject, parseJsonObject, toJsonObject } from './json.js';
import { lockFolder } from './lock.js';
import { MetricsLog } from './metrics.js';
import { type CreateOptions, makeFree, RUN_FILES, refuseOccupied } from './outputFolder.js';
import { writePicture } from './pictures.js';

/** One run on disk. All calls are synchronous, so that nothing can come between a checkpoint and its rename. */
export class RunFolder {
  readonly metrics: MetricsLog;
  /** Set when a read found the newest checkpoint damaged, so that it never replaces the good one before it. */
  #checkpointIsDamaged = false;

  private constructor(
    readonly path: string,
    readonly config: RunConfig,
  ) {
    this.metrics = new MetricsLog(this.file('metrics'));
  }

  /**
   * Makes the folder, and the folders above it, and writes its configuration.
   * @throws {RunError} when there is a run or anything else already, or where the folder cannot be written.
   */
  static create(folder: string, settings: RunSettings, options: CreateOptions = {}): RunFolder {
    refuseUnknownKeys('RunFolder.create', options, ['overwrite']);
    const config = runConfig(settings);
    const run = new RunFolder(folder, config);
    makeFree(folder, options, () => writeFileAtomic(run.file('config'), formatConfig(config)));
    return run;
  }

  /** @throws {RunError} when `create` would fail: a run or anything else in the way, no right to write. Ask before the work, not after. */
  static assertFree(folder: string, options: CreateOptions = {}): void {
    refuseOccupied(folder, options);
  }

  /** Opens a run to read or to continue it. @throws {RunError} when there is none, or its configuration is damaged. */
  static open(folder: string): RunFolder {
    const file = path.join(folder, RUN_FILES.config);
    if (!fs.existsSync(file)) {
      const why = fs.existsSync(folder) ? `it has no ${RUN_FILES.config}` : 'there is no such folder';
      throw new RunError(`${folder} is not a run: ${why}.`);
    }
    return new RunFolder(folder, parseConfig(readText(file), file));
  }

  /** Whether there is a run in `folder`. */
  static isIn(folder: string): boolean {
    return fs.existsSync(path.join(folder, RUN_FILES.config));
  }

  /** Copies configuration, metrics and checkpoint into another folder, over a run that may be there. Whoever calls it has both locks. */
  copyTo(folder: string): RunFolder {
    for (const name of ['metrics', 'checkpoint', 'config'] as const) {
      const bytes = explained(`Could not read ${this.file(name)}`, () => fs.readFileSync(this.file(name)));
      writeFileAtomic(path.join(folder, RUN_FILES[name]), bytes);
    }
    return RunFolder.open(folder);
  }

  /** The path of one of the run's files. */
  file(name: keyof typeof RUN_FILES): string {
    return path.join(this.path, RUN_FILES[name]);
  }

  /** @throws {RunError} when the run cannot be written; ask before a training, not after. */
  assertWritable(): void {
    explained(`Could not write into ${this.path}`, () => fs.accessSync(this.path, fs.constants.W_OK));
  }

  /**
   * Takes the folder for this process until the function that comes back is called; the lock of a process that died does not count.
   * @throws {RunError} when another process is at work in it, has replaced the run since it was opened, or it cannot be written.
   */
  lock(): () => void {
    this.assertWritable();
    const release = lockFolder(this.path);
    try {
      if (formatConfig(RunFolder.open(this.path).config) === formatConfig(this.config)) return release;
      throw new RunError(`Another process has just replaced the run in ${this.path}. Choose another folder.`);
    } catch (error) {
      release();
      throw error;
    }
  }

  hasCheckpoint(): boolean {
    return fs.existsSync(this.file('checkpoint')) || fs.existsSync(this.file('previousCheckpoint'));
  }

  /**
   * Stores a checkpoint. The one before stays as `checkpoint.prev.safetensors`; a kill at any moment leaves one of them.
   * @throws {RunError} when the disk is full or read-only; the last good checkpoint is then untouched.
   */
  saveCheckpoint(checkpoint: Checkpoint): void {
    const bytes = encodeCheckpoint(checkpoint);
    const file = this.file('checkpoint');
    try {
      writeFileAtomic(file, bytes, () => {
        if (!this.#checkpointIsDamaged && fs.existsSync(file)) fs.renameSync(file, this.file('previousCheckpoint'));
      });
    } catch (error) {
      if (error instanceof RunError && this.hasCheckpoint())
        throw new RunError(`${error.message} The last good checkpoint is kept.`, undefined, { cause: error.cause });
      throw error;
    }
    this.#checkpointIsDamaged = false;
  }

  /**
   * The newest checkpoint that is whole, and a warning where that is not the newest one written.
   * @throws {RunError} when there is none, or where all are damaged.
   */
  loadCheckpoint(): { checkpoint: LoadedCheckpoint; warning?: string } {
    if (!this.hasCheckpoint()) throw new RunError(`${this.path} has no checkpoint yet. Train it first.`);
    const newest = readCheckpoint(this.file('checkpoint'));
    if (!(newest instanceof PyroError)) return { checkpoint: newest };
    const before = readCheckpoint(this.file('previousCheckpoint'));
    if (before instanceof PyroError)
      throw new RunError(`${this.path} has no usable checkpoint. ${newest.message} ${before.message}`, undefined, {
        cause: newest,
      });
    this.#checkpointIsDamaged = true;
    return {
      checkpoint: before,
      warning: `${newest.message} Went back to the one before it, ${RUN_FILES.previousCheckpoint}.`,
    };
  }

  /** Writes a picture into `pictures/` and gives its path. `name` is a plain file name, e.g. "loss.svg". */
  writePicture(name: string, content: Uint8Array | string): string {
    return writePicture(this.path, name, content);
  }

  /** Writes `report.html` and gives its path. */
  writeReport(html: string): string {
    const file = this.file('report');
    writeFileAtomic(file, html);
    return file;
  }

  /** Writes the table of labels that the model doubts, or removes an older one where there are none. */
  writeSuspiciousLabels(csv: string | undefined): void {
    const file = this.file('suspiciousLabels');
    if (csv !== undefined) writeFileAtomic(file, csv);
    else explained(`Could not remove ${file}`, () => fs.rmSync(file, { force: true }));
  }

  /** Writes `summary.json`, the figures that a script wants to know, and gives its path. */
  writeSummary(summary: object): string {
    const file = this.file('summary');
    writeFileAtomic(file, `${JSON.stringify(toJsonObject(summary, 'summary'), null, 2)}\n`);
    return file;
  }

  /** Whether the run has come to its end. */
  hasSummary(): boolean {
    return fs.existsSync(this.file('summary'));
  }

  /** What `summary.json` holds. @throws {RunError} when there is none, or it is damaged. */
  readSummary(): JsonObject {
    const file = this.file('summary');
    return parseJsonObject(readText(file), file);
  }
}

function readCheckpoint(file: string): LoadedCheckpoint | PyroError {
  try {
    return decodeCheckpoint(
      explained(`Could not read ${file}`, () => fs.readFileSync(file)),
      file,
    );
  } catch (error) {
    if (error instanceof PyroError) return error;
    throw error;
  }
}
