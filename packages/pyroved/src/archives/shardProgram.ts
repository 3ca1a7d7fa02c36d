/** The program of a process that classifies shards: the model and the archive are opened once. */
import { PyroError } from 'pyro-ts';
import { openArchive } from 'pyroved-data/internal';
import { loadModel } from '../runs/loadModel.js';
import { startMachine } from '../runs/machine.js';
import { openStore } from '../shared/open.js';
import { classifyShard } from './classifyShard.js';
import { archiveOptionsOf, partKey, type ShardPlan } from './plan.js';
import type { ShardAnswer, ShardOrder } from './shardProcess.js';

const tell = (answer: ShardAnswer): void => void process.send?.(answer);

/** What is opened for the plan of this process. */
async function opened(plan: ShardPlan) {
  const { kernel } = await startMachine(plan.machine);
  const trained = await loadModel(plan.run, kernel);
  const archive = await openArchive(plan.archive, archiveOptionsOf(trained, plan));
  return { plan, trained, archive, store: await openStore(plan.out) };
}

let opening: ReturnType<typeof opened> | undefined;

async function answer({ plan, shard }: ShardOrder): Promise<void> {
  try {
    opening ??= opened(plan);
    const work = await opening;
    const began = performance.now();
    const cpu = process.cpuUsage();
    const { table, rows } = await classifyShard(shard, work);
    // Another process may have been faster: its table stays.
    await work.store.create(partKey(shard), table);
    const { user, system } = process.cpuUsage(cpu);
    tell({ is: 'done', rows, seconds: (performance.now() - began) / 1000, cpuSeconds: (user + system) / 1e6 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell({ is: error instanceof PyroError ? 'rejected' : 'failed', message });
  }
}

// Ctrl-C in a terminal reaches this process too; its parent decides what happens then.
process.on('SIGINT', () => {});
process.on('message', (order: ShardOrder) => void answer(order));
process.on('disconnect', () => process.exit());
