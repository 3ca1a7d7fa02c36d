/** Trains the jobs of a sweep in processes of this machine, through an embedded queue. */
import fs from 'node:fs';
import path from 'node:path';
import { EmbeddedQueue } from '../queue/embeddedQueue.js';
import type { HourMeter } from './limits.js';
import type { Job } from './messages.js';
import { JobRunner, type Outcome } from './trainingProcess.js';

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
  /** Measures the hours of all workers. */
  readonly meter?: HourMeter;
}

/** Runs all jobs. The outcomes are in the order of the jobs, and don't depend on the number of workers. */
export async function runJobs(
  jobs: readonly Job[],
  { workers, logs, signal, meter, ...calls }: PoolOptions,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = jobs.map(() => ({ is: 'stopped' }));
  fs.mkdirSync(logs, { recursive: true });
  const queue = new EmbeddedQueue<number>();
  await queue.add(jobs.map(({ id }, index) => ({ id, payload: index })));
  const idle: JobRunner[] = [];
  let running = 0;
  const stop = [signal, meter?.signal].filter((one) => one !== undefined);
  try {
    await queue.work(
      async ({ payload: index, signal: own }) => {
        const job = jobs[index];
        const runner = idle.pop() ?? new JobRunner();
        meter?.setWorkers(++running);
        const ended = await runner.run(job, {
          signal: own,
          log: (text) => fs.appendFileSync(path.join(logs, `${job.id}.log`), text),
          onDeath: (how) => calls.onDeath?.(index, how),
        });
        idle.push(runner);
        meter?.setWorkers(--running);
        const outcome: Outcome = ended.is === 'unwritable' ? { is: 'failed', message: ended.message } : ended;
        outcomes[index] = outcome;
        calls.onEnd?.(index, outcome);
        return outcome.is === 'stopped' ? 'returned' : 'done';
      },
      { slots: workers, signal: AbortSignal.any(stop) },
    );
  } finally {
    for (const runner of idle) runner[Symbol.dispose]();
  }
  return outcomes;
}
