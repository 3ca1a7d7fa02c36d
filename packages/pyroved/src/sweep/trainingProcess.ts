/** A process that trains one job at a time; a job whose process dies continues in a new one. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ADDRESS_FILE_VARIABLE, ADDRESS_VARIABLE } from '../queue/address.js';
import type { Answer, Job, Order } from './messages.js';

/** How a job ended; a stopped one continues where it was. */
export type Outcome = { readonly is: 'ended' | 'stopped' } | { readonly is: 'failed'; readonly message: string };

/** An outcome, or that this machine could not write or read the run. */
export type JobOutcome = Outcome | { readonly is: 'unwritable'; readonly message: string };

type Ended = JobOutcome | { readonly is: 'died'; readonly message: string };

export interface JobCalls {
  /** When aborted, the job saves its state and stops. */
  readonly signal?: AbortSignal;
  /** Receives what the job prints. */
  readonly log: (text: string) => void;
  /** Called when the state after an epoch is saved. */
  readonly onSaved?: (epoch: number) => void;
  /** Called when the process died and the job continues in another one. */
  readonly onDeath?: (how: string) => void;
}

/** A job whose process dies this many times without saving another epoch has failed. */
const ATTEMPTS = 3;

const program = fileURLToPath(new URL('worker.js', import.meta.url));

/** Runs jobs one after the other, in one process for as long as it lives. */
export class JobRunner implements Disposable {
  #process: TrainingProcess | undefined;

  /** @param folder the working folder of the process. @default that of this one */
  constructor(private readonly folder?: string) {}

  async run(job: Job, calls: JobCalls): Promise<JobOutcome> {
    let deaths = 0;
    const onSaved = (epoch: number) => {
      deaths = 0;
      calls.onSaved?.(epoch);
    };
    for (;;) {
      this.#process ??= new TrainingProcess(this.folder);
      const ended = await this.#process.run(job, { ...calls, onSaved });
      if (ended.is !== 'died') return ended;
      this.#process = undefined;
      deaths++;
      calls.onDeath?.(ended.message);
      if (deaths >= ATTEMPTS) {
        const message = `Its process ended ${ATTEMPTS} times without a result, at last ${ended.message}.`;
        return { is: 'failed', message };
      }
      if (calls.signal?.aborted) return { is: 'stopped' };
    }
  }

  [Symbol.dispose](): void {
    this.#process?.close();
  }
}

class TrainingProcess {
  readonly #process: ChildProcess;
  #job: (JobCalls & { readonly end: (outcome: Ended) => void }) | undefined;
  #died: string | undefined;

  constructor(folder: string | undefined) {
    // A training needs no queue.
    const { [ADDRESS_VARIABLE]: _, [ADDRESS_FILE_VARIABLE]: __, ...env } = process.env;
    const child = fork(program, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env,
      ...(folder !== undefined && { cwd: folder }),
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#job?.log(text));
    child.on('message', (answer: Answer) => this.#hear(answer));
    // Of a process that could not start there is an error only.
    child.on('error', (error) => this.#die(`with "${error.message}"`));
    child.on('exit', (code, signal) => this.#die(signal === null ? `with status ${code}` : `by ${signal}`));
  }

  async run(job: Job, calls: JobCalls): Promise<Ended> {
    if (this.#died !== undefined) return { is: 'died', message: this.#died };
    const { signal } = calls;
    const stop = () => this.#send({ do: 'stop' });
    signal?.addEventListener('abort', stop);
    try {
      return await new Promise<Ended>((resolve) => {
        this.#job = { ...calls, end: resolve };
        this.#send({ do: 'run', job });
        if (signal?.aborted) stop();
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
    const job = this.#job;
    if (!job) return;
    if (answer.is === 'line') job.log(`${answer.text}\n`);
    else if (answer.is === 'saved') job.onSaved?.(answer.epoch);
    else if (answer.is === 'ended' || answer.is === 'stopped') job.end({ is: answer.is });
    else {
      job.log(`${answer.message}\n`);
      const is = answer.is === 'unwritable' ? answer.is : 'failed';
      job.end({ is, message: answer.message.split('\n')[0] });
    }
  }

  #die(how: string): void {
    this.#died ??= how;
    this.#job?.end({ is: 'died', message: this.#died });
  }
}
