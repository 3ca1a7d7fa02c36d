/** The folder of a run: configuration, metrics, checkpoints, pictures, summary and report, all written atomically. */
import fs from 'node:fs';
import path from 'node:path';
import { PyroError } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import type { Checkpoint } from 'pyroved-ts';
import { decodeCheckpoint, encodeCheckpoint, type LoadedCheckpoint } from './checkpoint.js';
import { formatConfig, parseConfig, type RunConfig, type RunSettings, runConfig } from './config.js';
import { explained, RunError } from './errors.js';
import { readText, writeFileAtomic } from './files.js';
import { type JsonObject, parseJsonObject, toJsonObject } from './json.js';
import { lockFolder } from './lock.js';
import { MetricsLog } from './metrics.js';
import { assertFree, type CreateOptions, createFolder, RUN_FILES } from './outputFolder.js';
import { writePicture } from './pictures.js';

/** A run on disk. All calls are synchronous, so that saving a checkpoint cannot be interleaved with other operations. */
export class RunFolder {
  readonly metrics: MetricsLog;
  /** Set when the newest checkpoint was found damaged, so that it does not replace the previous one. */
  #checkpointIsDamaged = false;

  private constructor(
    readonly path: string,
    readonly config: RunConfig,
  ) {
    this.metrics = new MetricsLog(this.file('metrics'));
  }

  /**
   * Creates the folder and its parents, and writes the configuration.
   * @throws {RunError} when the folder contains a run or other files, or is not writable.
   */
  static create(folder: string, settings: RunSettings, options: CreateOptions = {}): RunFolder {
    rejectUnknownKeys('RunFolder.create', options, ['overwrite']);
    const config = runConfig(settings);
    const run = new RunFolder(folder, config);
    createFolder(folder, options, () => writeFileAtomic(run.file('config'), formatConfig(config)));
    return run;
  }

  /** @throws {RunError} when `create` would fail. Call it before a long computation. */
  static assertFree(folder: string, options: CreateOptions = {}): void {
    assertFree(folder, options);
  }

  /** Opens an existing run. @throws {RunError} when it does not exist or its configuration is damaged. */
  static open(folder: string): RunFolder {
    const file = path.join(folder, RUN_FILES.config);
    if (!fs.existsSync(file)) {
      const why = fs.existsSync(folder) ? `it has no ${RUN_FILES.config}` : 'the folder does not exist';
      throw new RunError(`${folder} is not a run: ${why}.`);
    }
    return new RunFolder(folder, parseConfig(readText(file), file));
  }

  /** Whether `folder` contains a run. */
  static isIn(folder: string): boolean {
    return fs.existsSync(path.join(folder, RUN_FILES.config));
  }

  /** Copies configuration, metrics and checkpoint to another folder, replacing those of a run there. The caller must hold both locks. */
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

  /** @throws {RunError} when the run is not writable. Call it before a training. */
  assertWritable(): void {
    explained(`Could not write into ${this.path}`, () => fs.accessSync(this.path, fs.constants.W_OK));
  }

  /**
   * Locks the folder for this process until the returned function is called. Locks of ended processes are ignored.
   * @throws {RunError} when another process holds the lock or has replaced the run since it was opened, or the folder is not writable.
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
   * Saves a checkpoint. The previous one is kept as `checkpoint.prev.safetensors`, so that at least one is intact at any time.
   * @throws {RunError} when the disk is full or read-only; the last checkpoint is then unchanged.
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
        throw new RunError(`${error.message} The last checkpoint is kept.`, undefined, { cause: error.cause });
      throw error;
    }
    this.#checkpointIsDamaged = false;
  }

  /**
   * The newest intact checkpoint, with a warning if a newer one is damaged.
   * @throws {RunError} when there is none or all are damaged.
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
      warning: `${newest.message} Using the previous one, ${RUN_FILES.previousCheckpoint}.`,
    };
  }

  /** Writes a picture to `pictures/` and returns its path. `name` is a plain file name, e.g. "loss.svg". */
  writePicture(name: string, content: Uint8Array | string): string {
    return writePicture(this.path, name, content);
  }

  /** Writes `report.html` and returns its path. */
  writeReport(html: string): string {
    const file = this.file('report');
    writeFileAtomic(file, html);
    return file;
  }

  /** Writes the table of suspicious labels, or removes an older one if there are none. */
  writeSuspiciousLabels(csv: string | undefined): void {
    const file = this.file('suspiciousLabels');
    if (csv !== undefined) writeFileAtomic(file, csv);
    else explained(`Could not remove ${file}`, () => fs.rmSync(file, { force: true }));
  }

  /** Writes `summary.json` and returns its path. */
  writeSummary(summary: object): string {
    const file = this.file('summary');
    writeFileAtomic(file, `${JSON.stringify(toJsonObject(summary, 'summary'), null, 2)}\n`);
    return file;
  }

  /** Whether the run is finished. */
  hasSummary(): boolean {
    return fs.existsSync(this.file('summary'));
  }

  /** Reads `summary.json`. @throws {RunError} when it is missing or damaged. */
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
