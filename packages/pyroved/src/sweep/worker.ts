/** The program of a worker process: trains what it is sent, one after the other, and continues what a killed worker left. */
import { PyroError } from 'pyro-ts';
import { resumeRun, trainRun } from '../runs/train.js';
import { RunError, RunFolder } from '../storage/index.js';
import type { Answer, Job, Order } from './messages.js';

let stopping = new AbortController();

const tell = (answer: Answer): void => void process.send?.(answer);

// Ctrl-C in a terminal reaches this process too; the sweep decides what happens then.
process.on('SIGINT', () => {});
process.on('message', (order: Order) => {
  if (order.do === 'stop') stopping.abort();
  else void answer(order.job);
});
// Without the sweep nobody wants the result: save, and end.
process.on('disconnect', () => {
  stopping.abort();
  process.exitCode = 1;
});

async function answer(job: Job): Promise<void> {
  stopping = new AbortController();
  try {
    tell({ is: (await train(job, stopping.signal)) ? 'ended' : 'stopped' });
  } catch (error) {
    const isExpected = error instanceof PyroError;
    const message =
      error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error);
    tell({ is: error instanceof RunError ? 'unwritable' : isExpected ? 'error' : 'fault', message });
  }
}

/** Trains up to `until`; false if it was stopped before. */
async function train({ folder, settings, seed, machine, until }: Job, signal: AbortSignal): Promise<boolean> {
  const exists = RunFolder.isIn(folder);
  if (exists) {
    const run = RunFolder.open(folder);
    if (run.hasSummary() || (until !== undefined && epochsOf(run) >= until)) return true;
  }
  const arrived = new AbortController();
  let epochs = 0;
  const hooks = {
    signal: AbortSignal.any([signal, arrived.signal]),
    say: (text: string) => tell({ is: 'line', text }),
    pause: async () => tell({ is: 'saved', epoch: epochs }),
    onEpoch: ({ epoch }: { readonly epoch: number }) => {
      epochs = epoch;
      if (until !== undefined && epoch >= until) arrived.abort();
    },
  };
  const { stopped } = exists
    ? await resumeRun(folder, machine, hooks, { report: false })
    : await trainRun({ ...settings, ...machine, folder, seed, report: false }, hooks);
  return !stopped || arrived.signal.aborted;
}

const epochsOf = (run: RunFolder): number => Number(run.metrics.read().at(-1)?.epoch ?? 0);
