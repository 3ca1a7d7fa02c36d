/** A run folder on a disk that is, or becomes, read-only. Where nothing can be mounted, this says so and is skipped. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadModel, RunFolder } from 'pyroved';
import { lockOf } from 'pyroved/internal';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { slow } from '../slow.js';
import { type Outcome, pyroved, quick, remove, start, succeed, temporaryFolder, writeImages } from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
const disk = at('disk');
const run = join(disk, 'run');

/** Why a command failed; undefined where it did not. */
function call(command: string, ...args: string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr).trim();
}

function mounted(): string | undefined {
  mkdirSync(disk);
  writeFileSync(at('disk.img'), '');
  truncateSync(at('disk.img'), 2 ** 25);
  return call('mkfs.ext4', '-q', '-F', at('disk.img')) ?? call('mount', '-o', 'loop', at('disk.img'), disk);
}

const problem = mounted();
/** Fails while a file is open for writing. */
const remount = (how: 'ro' | 'rw'): boolean => call('mount', '-o', `remount,${how}`, disk) === undefined;
async function untilReadOnly(): Promise<void> {
  while (!remount('ro')) await sleep(1);
}

beforeEach(({ skip }) => {
  if (problem !== undefined) skip(`No disk can be mounted here (${problem}).`);
});
afterAll(() => {
  if (problem === undefined) call('umount', disk);
  remove(root);
});

const images = ['--unlabelled', at('unlabelled'), '--labelled', at('labelled')];
const train = (epochs: number) => ['train', ...images, ...quick, '--epochs', `${epochs}`, '--no-report', '--out', run];

/** The last line of a command that has to fail. */
function whyOf({ code, stderr }: Outcome): string {
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/\n {4}at |unexpected error/);
  return stderr.trim().split('\n').at(-1) ?? '';
}

describe('a run folder on a read-only disk', () => {
  beforeAll(async () => {
    if (problem !== undefined) return;
    writeImages(root, { labelled: 4, unlabelled: 8 });
    await succeed(train(1), root);
    await untilReadOnly();
  }, 60_000);
  afterAll(() => void remount('rw'));

  it('can be read: its model classifies', async () => {
    const trained = await loadModel(run);
    expect(trained.classNames).toEqual(['ell', 'flag']);
    trained.model.dispose();
    const { stdout } = await succeed(['classify', run, '--images', at('unlabelled'), '--out', at('table.csv')], root);
    expect(stdout).toBe('');
    expect(readFileSync(at('table.csv'), 'utf8').trim().split('\n')).toHaveLength(17);
  });

  it('cannot be written: each command that would says so in one sentence', async () => {
    const words = /^pyroved: Could not (write|create) .*: the disk is read-only\. Choose another folder\.$/;
    const files = readdirSync(run);
    for (const command of [
      ['train', '--resume', run],
      [...train(1), '--overwrite'],
      ['train', '--from', run, '--out', join(disk, 'further')],
      ['classify', run, '--images', at('unlabelled'), '--out', join(run, 'table.csv')],
    ])
      expect(whyOf(await pyroved(command, root))).toMatch(words);
    expect(readdirSync(run)).toEqual(files);
  });
});

describe('a run folder whose disk becomes read-only', () => {
  it('reports the first error, and not that the lock cannot be removed', async () => {
    const folder = RunFolder.open(run);
    const body = async (): Promise<void> => {
      using _lock = lockOf(folder);
      await untilReadOnly();
      folder.writeSummary({ accuracy: 1 });
    };
    await expect(body()).rejects.toThrow(/Could not write .*summary\.json: the disk is read-only/);
    expect(readdirSync(run)).toContain('run.lock');
    expect(remount('rw')).toBe(true);
  });

  slow('ends a training in that sentence, and the run goes on once it can be written', async () => {
    const cut = join(disk, 'cut');
    const started = start([...train(2000), '--out', cut], root);
    await started.until(' each: about');
    while (!RunFolder.open(cut).hasCheckpoint()) await sleep(10);
    await untilReadOnly();
    expect(whyOf(await started.ended)).toMatch(/^pyroved: Could not write .*: the disk is read-only\./);
    const epochOf = () => Number(RunFolder.open(cut).loadCheckpoint().checkpoint.state.epoch);
    const epoch = epochOf();
    expect(epoch).toBeGreaterThan(0);
    expect(remount('rw')).toBe(true);
    const resumed = start(['train', '--resume', cut], root);
    await resumed.until(' each: about');
    resumed.child.kill('SIGINT');
    expect((await resumed.ended).code).toBe(130);
    expect(epochOf()).toBeGreaterThanOrEqual(epoch);
  });
});
