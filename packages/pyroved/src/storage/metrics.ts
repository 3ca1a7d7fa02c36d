/** `metrics.jsonl` of a run folder: one JSON object per line, flushed to disk; restored from the checkpoint's history on resume. */
import fs from 'node:fs';
import path from 'node:path';
import { explained } from './errors.js';
import { flushFolder, writeFileAtomic } from './files.js';
import { withCurrentNames } from './formerNames.js';
import { type JsonObject, parseJsonObject, toJsonObject } from './json.js';

/** The metrics of a run, in an append-only file that is rewritten only when a run is resumed. */
export class MetricsLog {
  /** Whether the file is known to end with a complete line. */
  #endsWhole = false;

  constructor(readonly file: string) {}

  /**
   * Appends one record. NaN and infinities are stored as null.
   * @throws {RunError} when it cannot be written; earlier records are kept.
   */
  append(record: object): void {
    const line = `${JSON.stringify(toJsonObject(record, 'metrics', 'null'))}\n`;
    if (!this.#endsWhole) this.#cutBrokenLine();
    this.#endsWhole = false;
    explained(`Could not write ${this.file}`, () => {
      const isNew = !fs.existsSync(this.file);
      fs.appendFileSync(this.file, line, { flush: true });
      if (isNew) flushFolder(path.dirname(this.file));
    });
    this.#endsWhole = true;
  }

  /**
   * All records in order; none if the file does not exist. An incomplete last line is skipped.
   * @throws {RunError} when a line before the last is damaged, naming the line.
   */
  read(): JsonObject[] {
    return wholeLines(this.#bytes())
      .toString('utf8')
      .split('\n')
      .map((line, i) => ({ line, source: `Line ${i + 1} of ${this.file}` }))
      .filter(({ line }) => line.trim() !== '')
      .map(({ line, source }) => withCurrentNames(parseJsonObject(line, source)));
  }

  /**
   * Replaces the content by `records`, e.g. if the file has damaged lines, or more or fewer lines than the checkpoint's history. The file is not written
   * if the content is the same.
   */
  replace(records: readonly object[]): void {
    const lines = records.map((record) => `${JSON.stringify(toJsonObject(record, 'metrics', 'null'))}\n`);
    const content = Buffer.from(lines.join(''));
    if (!content.equals(this.#bytes())) writeFileAtomic(this.file, content);
    this.#endsWhole = true;
  }

  #cutBrokenLine(): void {
    const bytes = this.#bytes();
    const { length } = wholeLines(bytes);
    if (length === bytes.length) return;
    explained(`Could not repair ${this.file}`, () => fs.truncateSync(this.file, length));
  }

  #bytes(): Buffer {
    return explained(`Could not read ${this.file}`, () =>
      fs.existsSync(this.file) ? fs.readFileSync(this.file) : Buffer.alloc(0),
    );
  }
}

const wholeLines = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
