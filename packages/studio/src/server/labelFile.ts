/** The labels that are given in the page: a CSV file with the columns file and label, which `pyroved train --labels` takes. */
import fs from 'node:fs';
import { writeFileAtomic } from 'pyroved/internal';
import { PyrovedError } from 'pyroved-ts';
import { parse } from './csvRows.js';
import { StudioError } from './errors.js';

/** One row; an empty label: none of the classes. */
export interface LabelRow {
  readonly file: string;
  readonly label: string;
}

const HEADER = 'file,label\n';

/** A file of labels, which is read anew for each change, so that changes by other programs are kept. */
export class LabelFile {
  constructor(readonly path: string) {}

  /** Rows in the order in which they were added. A last line that was not written completely is ignored. */
  rows(): LabelRow[] {
    if (!fs.existsSync(this.path)) return [];
    const text = fs.readFileSync(this.path, 'utf8');
    const [header, ...rows] = parse(text.slice(0, text.lastIndexOf('\n') + 1));
    if (header?.join() !== 'file,label')
      throw new PyrovedError(`${this.path} is not a table of labels: its first line must be "file,label".`);
    return rows.map(([file = '', label = '']) => ({ file, label }));
  }

  /** Creates the file with the labels that a run was trained on, unless it exists. */
  begin(rows: readonly LabelRow[]): void {
    if (!fs.existsSync(this.path)) this.#replace(rows);
  }

  /**
   * Adds a label; when this returns, it is on the disk.
   * @throws {StudioError} when the file has a different label, e.g. from another tab.
   */
  add(row: LabelRow): void {
    const rows = this.rows();
    const known = rows.find(({ file }) => file === row.file);
    if (known?.label === row.label) return;
    if (known)
      throw new StudioError(
        `${row.file} has been labelled "${known.label || 'none'}" meanwhile, perhaps in another tab. The next image is shown.`,
        409,
      );
    this.#cutBrokenLine();
    fs.appendFileSync(this.path, lineOf(row), { flush: true });
  }

  /** Removes the last of the labels behind the first `kept`, and returns it. @throws {StudioError} when there is none. */
  undo(kept: number): LabelRow {
    const rows = this.rows();
    const last = rows.at(-1);
    if (!last || rows.length <= kept) throw new StudioError('There is no label to undo.', 409);
    this.#replace(rows.slice(0, -1));
    return last;
  }

  /** Gives all images of one label another. @returns their number */
  rename(from: string, to: string): number {
    const rows = this.rows();
    const count = rows.filter(({ label }) => label === from).length;
    if (count > 0) this.#replace(rows.map((row) => (row.label === from ? { ...row, label: to } : row)));
    return count;
  }

  #replace(rows: readonly LabelRow[]): void {
    writeFileAtomic(this.path, HEADER + rows.map(lineOf).join(''));
  }

  /** A process that was killed may have written a part of a line. */
  #cutBrokenLine(): void {
    const bytes = fs.readFileSync(this.path);
    const length = bytes.lastIndexOf('\n') + 1;
    if (length < bytes.length) fs.truncateSync(this.path, length);
  }
}

const lineOf = ({ file, label }: LabelRow): string => `${cell(file)},${cell(label)}\n`;
const cell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
