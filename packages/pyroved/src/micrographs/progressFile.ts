/** Results of one micrograph after the other, kept in a file while a command runs, so that it can be stopped and continued. */
import fs from 'node:fs';
import readline from 'node:readline';
import { PyrovedError } from 'pyroved-ts';
import { explained } from '../storage/index.js';

/** One result, of the micrograph with this name. */
export interface Named {
  readonly name: string;
}

/** Where results are kept until all are there. */
export interface Results<T extends Named> extends Disposable {
  /** Names of the micrographs that have results. */
  readonly done: ReadonlySet<string>;
  readonly add: (result: T) => void;
  /** All results in the order in which they were added, one at a time. */
  readonly results: () => AsyncGenerator<T>;
  /** Drops them: they are elsewhere. */
  readonly remove: () => void;
}

/** Results kept in memory. */
export function inMemoryResults<T extends Named>(): Results<T> {
  const all: T[] = [];
  const done = new Set<string>();
  return {
    done,
    add: (result) => {
      all.push(result);
      done.add(result.name);
    },
    results: async function* () {
      yield* all;
    },
    remove: () => {
      all.length = 0;
    },
    [Symbol.dispose]: () => {},
  };
}

/**
 * A file of one JSON value per line: first the options, then a result per micrograph. A line that a kill cut short is dropped.
 * @example
 * using progress = ProgressFile.open<Found>('found/progress.jsonl', { options, resume: true });
 * if (!progress.done.has('a.tif')) progress.add({ name: 'a.tif', objects });
 */
export class ProgressFile<T extends Named> implements Results<T> {
  readonly #file: string;
  readonly #handle: number;
  /** Names of the micrographs whose results the file has. */
  readonly done = new Set<string>();

  private constructor(file: string, handle: number) {
    this.#file = file;
    this.#handle = handle;
  }

  /**
   * @param options what the results depend on; those of the file must be equal to be continued
   * @throws {PyrovedError} when the options of the file differ, and {RunError} when it cannot be read or written.
   */
  static open<T extends Named>(
    file: string,
    { options, resume }: { options: object; resume: boolean },
  ): ProgressFile<T> {
    return explained(`Could not write ${file}`, () => {
      const header = JSON.stringify(options);
      const text = resume && fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0);
      const end = text.lastIndexOf('\n') + 1;
      const lines = text
        .subarray(0, end)
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '');
      if (lines.length > 0 && lines[0] !== header)
        throw new PyrovedError(
          `${file} was written with other options (${lines[0]}). Use the same options, or omit --resume and choose another folder.`,
        );
      const handle = fs.openSync(file, lines.length > 0 ? 'r+' : 'w');
      const progress = new ProgressFile<T>(file, handle);
      if (lines.length === 0) {
        fs.writeSync(handle, `${header}\n`);
        return progress;
      }
      fs.ftruncateSync(handle, end);
      for (const line of lines.slice(1)) progress.done.add((JSON.parse(line) as Named).name);
      return progress;
    });
  }

  /** Appends a result and flushes it to the disk. */
  add(result: T): void {
    explained(`Could not write ${this.#file}`, () => {
      const at = fs.fstatSync(this.#handle).size;
      fs.writeSync(this.#handle, `${JSON.stringify(result)}\n`, at);
      fs.fsyncSync(this.#handle);
    });
    this.done.add(result.name);
  }

  /** All results in the order in which they were added, one at a time. */
  async *results(): AsyncGenerator<T> {
    let isHeader = true;
    const lines = readline.createInterface({ input: fs.createReadStream(this.#file, 'utf8'), crlfDelay: Infinity });
    for await (const line of lines) {
      if (!isHeader && line !== '') yield JSON.parse(line) as T;
      isHeader = false;
    }
  }

  /** Removes the file: the results are elsewhere. */
  remove(): void {
    explained(`Could not remove ${this.#file}`, () => fs.rmSync(this.#file, { force: true }));
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#handle);
  }
}
