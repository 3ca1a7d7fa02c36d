/** What models infer from the images of their runs: computed by a process for each run, and kept for the last runs. */
import { fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RUN_FILES } from 'pyroved/internal';
import { StudioError } from '../errors.js';
import type { RunPlace } from '../runLibrary.js';
import type { AnalysisMessage } from './process.js';

/** The result for one run. */
export type Analysis = Exclude<AnalysisMessage, { readonly error: string }>;

/** Analyses that are kept in memory, each with the images of its run. */
const KEPT = 2;
/** Images that are sent at once. */
export const BLOCK = 256;

const program = fileURLToPath(new URL('process.js', import.meta.url));

interface Entry {
  /** Changes with the weights of the run. */
  readonly stamp: string;
  readonly analysis: Promise<Analysis>;
  readonly cancel: () => void;
}

export class Analyses {
  readonly #entries = new Map<string, Entry>();

  /** @throws {StudioError} when the run has no weights, or its images cannot be read. */
  of({ id, path: folder }: RunPlace): Promise<Analysis> {
    const file = fs.statSync(path.join(folder, RUN_FILES.checkpoint), { throwIfNoEntry: false });
    if (!file) throw new StudioError('The run has no weights yet. Wait for its first epoch.', 409);
    const stamp = `${file.mtimeMs} ${file.size}`;
    const known = this.#entries.get(id);
    this.#entries.delete(id);
    if (known && known.stamp !== stamp) known.cancel();
    const entry = known?.stamp === stamp ? known : { stamp, ...start(folder) };
    // The last one used is kept longest.
    this.#entries.set(id, entry);
    entry.analysis.catch(() => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id);
    });
    for (const [oldest, { cancel }] of [...this.#entries].slice(0, -KEPT)) {
      cancel();
      this.#entries.delete(oldest);
    }
    return entry.analysis;
  }

  close(): void {
    for (const { cancel } of this.#entries.values()) cancel();
    this.#entries.clear();
  }
}

function start(folder: string): Omit<Entry, 'stamp'> {
  // Advanced serialisation keeps arrays as they are.
  const child = fork(program, [folder], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const analysis = new Promise<Analysis>((resolve, reject) => {
    child.once('message', (message: AnalysisMessage) =>
      'error' in message ? reject(new StudioError(message.error)) : resolve(message),
    );
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new StudioError(`The analysis of the run ended early (${signal ?? `status ${code}`}).`)),
    );
  });
  return { analysis, cancel: () => void child.kill() };
}
