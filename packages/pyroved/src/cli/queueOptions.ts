/** Options for studies whose trials are distributed through a queue: shared by the commands sweep, worker and study. */
import { Option } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import { queueAddress } from '../queue/address.js';
import type { SweepQueue } from '../runs/index.js';
import { openStore } from '../shared/open.js';
import { StudyFolder } from '../storage/index.js';
import { atLeast, type Given, parsed, positive } from './options.js';

export const queueOption = (): Option =>
  new Option(
    '--queue [address]',
    'distribute trials to workers (pyroved worker) through Redis, Valkey or PostgreSQL: redis://host:6379, rediss://host:6379 (TLS) or postgres://host:5432/database; without an address, that of PYROVED_QUEUE or of the file that PYROVED_QUEUE_FILE names, which may have a user and a password',
  );

export const storageOption = (): Option =>
  new Option(
    '--storage <folder>',
    'folder for images, checkpoints and results that the study and all its workers share',
  );

export const allowMixedOption = (): Option =>
  new Option(
    '--allow-mixed',
    'let workers with another build, Node, engine, kernel or instruction set train trials; their numbers differ in the last digits',
  );

export const maxHoursOption = (): Option =>
  parsed(
    '--max-hours <n>',
    'stop when all workers together have trained for this many hours (default: no limit)',
    positive,
  );

export const maxTrialsOption = (): Option =>
  parsed('--max-trials <n>', 'stop when this many trials have been trained (default: no limit)', atLeast(1));

/** Options of a sweep that may be given with --resume. */
export const resumable = ['queue', 'storage', 'allowMixed', 'maxHours', 'maxTrials'] as const;

/** The queue of a sweep; undefined without --queue. The storage of a sweep that is resumed is known. */
export async function sweepQueueOf(given: Given, resumed: string | undefined): Promise<SweepQueue | undefined> {
  const { queue, storage, allowMixed } = given;
  if (queue === undefined) {
    const other = storage !== undefined ? '--storage' : allowMixed !== undefined ? '--allow-mixed' : undefined;
    if (other !== undefined) throw new PyrovedError(`${other} requires --queue.`);
    return undefined;
  }
  const known = resumed === undefined ? undefined : StudyFolder.open(resumed).queueRecord()?.storage;
  const folder = storage ?? known;
  if (folder === undefined)
    throw new PyrovedError(
      '--queue requires --storage, a folder or an S3 bucket that the study and all its workers share.',
    );
  return {
    address: queueAddress(typeof queue === 'string' ? queue : true),
    store: await openStore(String(folder)),
    allowMixed: allowMixed === true,
  };
}
