/** `pyroved worker`: trains trials of distributed studies. */
import os from 'node:os';
import { Command } from 'commander';
import { queueAddress } from '../queue/address.js';
import { defaultCache, removeLeftovers, runWorker, type WorkerRequest } from '../queue/worker.js';
import type { Machine } from '../runs/index.js';
import { openStore } from '../shared/open.js';
import { defaultWorkers } from '../sweep/sweep.js';
import { interruptible, say } from './messages.js';
import { addMachineOptions, atLeast, type Given, machineOf, notNegative, parsed, picked, positive } from './options.js';
import { queueOption, storageOption } from './queueOptions.js';

const examples = `
Examples:
  The password is in the environment, where ps does not show it:
    $ PYROVED_QUEUE=postgres://user:password@host:5432/studies pyroved worker --storage /shared/studies
  Four trials at a time, and an end after ten minutes without one:
    $ pyroved worker --queue redis://host:6379 --storage /shared/studies --workers 4 --idle 600`;

export function workerCommand(): Command {
  const command = new Command('worker')
    .summary('train trials of a distributed sweep')
    .description(
      'Take trials of the sweeps that were started with --queue and the same storage, and train them on this machine. A worker takes trials of sweeps whose code, engine, kernel and instruction ' +
        'set it can provide. Ctrl-C or SIGTERM saves running trials, gives them back and ends.',
    )
    .addOption(queueOption())
    .requiredOption(storageOption().flags, storageOption().description)
    .option(
      '--cache <folder>',
      'local folder for images and running trials (default: .cache/pyroved/HOST in the home folder)',
    )
    .addOption(parsed('--workers <n>', 'trials at a time (default: as many as cores and memory allow)', atLeast(1)))
    .addOption(
      parsed(
        '--lease <seconds>',
        'give a trial to another worker when its own has shown no sign of life for this long (default: 30)',
        positive,
      ),
    )
    .addOption(
      parsed(
        '--checkpoint-every <seconds>',
        'copy the checkpoint of a running trial to the storage at most this often (default: 10)',
        notNegative,
      ),
    )
    .addOption(parsed('--idle <seconds>', 'end after this long without a trial (default: never)', positive))
    .addHelpText('after', examples);
  addMachineOptions(command);
  return command.action(async (given: Given) => {
    const request = await requestOf(given);
    const trained = await interruptible(say, (signal) => runWorker(request, { signal, say }));
    say(`${trained} trials trained.`);
  });
}

async function requestOf(given: Given): Promise<WorkerRequest> {
  const { queue, storage, cache = defaultCache(), workers = defaultWorkers() } = given;
  const { threads = Math.max(1, Math.floor(os.availableParallelism() / Number(workers))), ...machine } =
    machineOf(given);
  const { lease, checkpointEvery, idle } = picked(given, ['lease', 'checkpointEvery', 'idle']) as Partial<
    Record<'lease' | 'checkpointEvery' | 'idle', number>
  >;
  removeLeftovers(String(cache));
  return {
    ...({ ...machine, threads } satisfies Machine),
    address: queueAddress(typeof queue === 'string' ? queue : true),
    store: await openStore(String(storage)),
    cache: String(cache),
    slots: Number(workers),
    ...(lease !== undefined && { lease }),
    ...(checkpointEvery !== undefined && { checkpointSeconds: checkpointEvery }),
    ...(idle !== undefined && { idleSeconds: idle }),
  };
}
