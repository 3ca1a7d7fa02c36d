/** `metrics.jsonl` of a run folder: one JSON object a line, appended as training goes, so that a kill loses one line. */
import fs from 'node:fs';
import { explained } from './errors.js';
import { writeWhole } from './files.js';
import { type JsonObject, parseJsonObject, toJsonObject } from './json.js';

/** The metrics of a run: a file that only grows, but for `keep`. */
export class MetricsLog {
  /** Whether the file is known to end with a whole line. */
  #endsWhole = false;

  constructor(readonly file: string) {}

  /**
   * Appends one record. A NaN or an infinity is stored as null.
   * @throws RunError in words where it cannot be written; the records before it stay.
   */
  append(record: object): void {
    const line = `${JSON.stringify(toJsonObject(record, 'metrics', 'null'))}\n`;
    if (!this.#endsWhole) this.#cutBrokenLine();
    this.#endsWhole = false;
    explained(`Could not write ${this.file}`, () => fs.appendFileSync(this.file, line));
    this.#endsWhole = true;
  }

  /**
   * All records, in the order in which they came; none where there is no file yet. A last line that a kill cut short
   * is left out.
   * @throws RunError that names the line where one before the last is damaged.
   */
  read(): JsonObject[] {
    return wholeLines(this.#bytes())
      .toString('utf8')
      .split('\n')
      .map((line, i) => ({ line, source: `Line ${i + 1} of ${this.file}` }))
      .filter(({ line }) => line.trim() !== '')
      .map(({ line, source }) => parseJsonObject(line, source));
  }

  /** Drops the records that `wanted` refuses: those that came after the checkpoint from which a run is resumed. */
  keep(wanted: (record: JsonObject) => boolean): void {
    const records = this.read();
    const kept = records.filter(wanted);
    if (kept.length === records.length) return;
    writeWhole(this.file, kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
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
