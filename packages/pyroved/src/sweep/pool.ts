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
  /** Called when a job has ended, and when its worker died. */
  readonly onEnd?: (job: Job, outcome: Outcome) => void;
  readonly onDeath?: (job: Job, how: string) => void;
}

/** How a job ended; a stopped one continues where it was. */
export type Outcome =
  | { readonly is: 'ended' | 'stopped' }
  | { readonly is: 'failed'; readonly message: string };

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
          options.onDeath?.(next.job, ended.died);
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
    options.onEnd?.(jobs[index], outcome);
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, jobs.length) }, work));
  return outcomes;
}

/** One process, which runs one job at a time. */
class Worker {
  readonly #process: ChildProcess = fork(program, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });

  /** The outcome of a job, or how the process died. */
  run(job: Job, { logs, signal }: PoolOptions): Promise<Outcome | { readonly died: string }> {
    const child = this.#process;
    const log = (text: string) => fs.appendFileSync(path.join(logs, `${job.id}.log`), text);
    return new Promise((resolve) => {
      const send = (order: Order) => child.connected && child.send(order, () => {});
      const stop = () => send({ do: 'stop' });
      const end = (outcome: Outcome | { readonly died: string }) => {
        signal?.removeEventListener('abort', stop);
        child.removeAllListeners();
        child.stdout?.removeAllListeners('data');
        child.stderr?.removeAllListeners('data');
        resolve(outcome);
      };
      child.stdout?.on('data', (bytes: Buffer) => log(bytes.toString()));
      child.stderr?.on('data', (bytes: Buffer) => log(bytes.toString()));
      child.on('message', (answer: Answer) => {
        if (answer.is === 'line') log(`${answer.text}\n`);
        else if (answer.is === 'ended' || answer.is === 'stopped') end({ is: answer.is });
        else {
          log(`${answer.message}\n`);
          end({ is: 'failed', message: answer.message.split('\n')[0] });
        }
      });
      // Of a process that could not start there is an error only.
      child.on('error', (error) => end({ died: `with "${error.message}"` }));
      child.on('exit', (code, name) => end({ died: name === null ? `with status ${code}` : `by ${name}` }));
      signal?.addEventListener('abort', stop);
      send({ do: 'run', job });
    });
  }

  close(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}
