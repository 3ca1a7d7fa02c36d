/** Worker processes that train the jobs of a sweep, each until the next one; a job whose worker dies is given to a new one. */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer, Job, Order } from './messages.js';

export interface PoolOptions {
  /** Number of worker processes. */
  readonly workers: number;
  /** Where the log of each job is kept, as `ID.log`. */
  readonly logs: string;
  /** When aborted, running jobs save their state and stop, and no others begin. */
  readonly signal?: AbortSignal;
  /** Called with the index of a job when it has ended, and when its worker died. */
  readonly onEnd?: (index: number, outcome: Outcome) => void;
  readonly onDeath?: (index: number, how: string) => void;
}

/** How a job ended; a stopped one continues where it was. */
export type Outcome = { readonly is: 'ended' | 'stopped' } | { readonly is: 'failed'; readonly message: string };

/** A job is given to this many workers before it counts as failed. */
const ATTEMPTS = 3;

const program = fileURLToPath(new URL('worker.js', import.meta.url));

/** Runs all jobs. The outcomes are in the order of the jobs, and don't depend on the number of workers. */
export async function runJobs(jobs: readonly Job[], options: PoolOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = jobs.map(() => ({ is: 'stopped' }));
  const waiting = jobs.map((job, index) => ({ job, index, deaths: 0 }));
  fs.mkdirSync(options.logs, { recursive: true });
  const work = async () => {
    let worker: Worker | undefined;
    try {
      for (let next = waiting.shift(); next && !options.signal?.aborted; next = waiting.shift()) {
        worker ??= new Worker();
        const ended = await worker.run(next.job, options);
        if ('died' in ended) {
          worker = undefined;
          options.onDeath?.(next.index, ended.died);
          next.deaths++;
          if (next.deaths < ATTEMPTS) waiting.unshift(next);
          else {
            const message = `Its process ended ${ATTEMPTS} times without a result, at last ${ended.died}.`;
            end(next.index, { is: 'failed', message });
          }
        } else end(next.index, ended);
      }
    } finally {
      worker?.close();
    }
  };
  const end = (index: number, outcome: Outcome) => {
    outcomes[index] = outcome;
    options.onEnd?.(index, outcome);
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, jobs.length) }, work));
  return outcomes;
}

type Ended = Outcome | { readonly died: string };

/** One process, which runs one job at a time. */
class Worker {
  readonly #process: ChildProcess = fork(program, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  #job: { readonly log: (text: string) => void; readonly end: (outcome: Ended) => void } | undefined;
  #died: string | undefined;

  constructor() {
    const child = this.#process;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#job?.log(text));
    child.on('message', (answer: Answer) => this.#hear(answer));
    // Of a process that could not start there is an error only.
    child.on('error', (error) => this.#die(`with "${error.message}"`));
    child.on('exit', (code, signal) => this.#die(signal === null ? `with status ${code}` : `by ${signal}`));
  }

  /** The outcome of a job, or how the process died. */
  async run(job: Job, { logs, signal }: PoolOptions): Promise<Ended> {
    if (this.#died !== undefined) return { died: this.#died };
    const stop = () => this.#send({ do: 'stop' });
    signal?.addEventListener('abort', stop);
    try {
      return await new Promise<Ended>((resolve) => {
        const log = (text: string) => fs.appendFileSync(path.join(logs, `${job.id}.log`), text);
        this.#job = { log, end: resolve };
        this.#send({ do: 'run', job });
      });
    } finally {
      this.#job = undefined;
      signal?.removeEventListener('abort', stop);
    }
  }

  close(): void {
    if (this.#process.connected) this.#process.disconnect();
  }

  #send(order: Order): void {
    // What can't be sent any more was for a dying process, whose exit is heard of.
    if (this.#process.connected) this.#process.send(order, () => {});
  }

  #hear(answer: Answer): void {
    if (answer.is === 'line') this.#job?.log(`${answer.text}\n`);
    else if (answer.is === 'ended' || answer.is === 'stopped') this.#job?.end({ is: answer.is });
    else {
      this.#job?.log(`${answer.message}\n`);
      this.#job?.end({ is: 'failed', message: answer.message.split('\n')[0] });
    }
  }

  #die(how: string): void {
    this.#died ??= how;
    this.#job?.end({ died: this.#died });
  }
}
