/** What a distributed sweep survives, on each server: kills, restarts, wrong clocks, full disks, wrong workers. Its results stay those of one machine. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StudyFolder } from 'pyroved/internal';
import { afterAll, afterEach, beforeAll, describe, expect, vi } from 'vitest';
import { queueAddress } from '../../packages/pyroved/dist/queue/address.js';
import { QueueServer } from '../../packages/pyroved/dist/queue/connect.js';
import { parsePayload } from '../../packages/pyroved/dist/queue/payload.js';
import { machineOfPin } from '../../packages/pyroved/dist/queue/pin.js';
import { type Delivery, ServerQueue } from '../../packages/pyroved/dist/queue/serverQueue.js';
import { queueName } from '../../packages/pyroved/dist/queue/studies.js';
import { trainTask } from '../../packages/pyroved/dist/queue/trainTask.js';
import { FolderStore } from '../../packages/pyroved/dist/shared/folderStore.js';
import { JobRunner } from '../../packages/pyroved/dist/sweep/trainingProcess.js';
import type { Server } from '../pyroved/queue/postgres.js';
import { servers } from '../pyroved/queue/servers.js';
import { all, slow } from '../slow.js';
import { pyroved, remove, type Started, start, succeed, temporaryFolder } from './helpers.js';

const faults = fileURLToPath(new URL('faults.mjs', import.meta.url));

const spec = `
source: peaks
options: { recognition: 'off', size: 16, unlabelled-per-class: 30, labelled-per-class: 5, validation-per-class: 10, epochs: 3, batch-size: 15 }
vary: { lr: "logrange(10^-3, 10^-2, 2)" }
seeds: 2
`;

describe.each(servers)('a distributed sweep through %s', (name, problem, startServer) => {
  if (all && problem !== undefined)
    console.warn(`Faults of distributed sweeps are not tested with ${name}: ${problem}.`);
  const test = (what: string, body: () => Promise<void>) =>
    slow(what, () => (problem === undefined ? body() : undefined));
  const root = temporaryFolder();
  const at = (...path: string[]) => join(root, ...path);
  const json = (...path: string[]) => JSON.parse(readFileSync(at(...path), 'utf8'));
  const started: Started[] = [];
  let server: Server;
  let count = 0;
  /** The folder of the current test. */
  let out = '';

  beforeAll(async () => {
    if (!all || problem !== undefined) return;
    server = await startServer();
    vi.stubEnv('PYROVED_QUEUE', server.url);
    writeFileSync(at('sweep.yaml'), spec);
    await succeed(['sweep', 'sweep.yaml', '--workers', '1', '--out', 'embedded'], root);
  });
  afterEach(async () => {
    const left = started.splice(0);
    for (const { child } of left) child.kill('SIGKILL');
    await Promise.all(left.map(({ ended }) => ended));
  });
  afterAll(async () => {
    await server?.stop();
    vi.unstubAllEnvs();
    remove(root);
  });

  const storage = () => `storage-${count}`;
  /** Starts the sweep of a test with a storage of its own. */
  const sweep = (...more: string[]) => {
    count++;
    out = `out-${count}`;
    const process = start(['sweep', 'sweep.yaml', '--queue', '--storage', storage(), '--out', out, ...more], root);
    started.push(process);
    return process;
  };
  const worker = (variables: NodeJS.ProcessEnv = {}, ...more: string[]) => {
    const fail = Object.keys(variables).length > 0 ? { NODE_OPTIONS: `--import ${faults}` } : {};
    const args = ['--workers', '1', '--threads', '1', '--lease', '2', '--checkpoint-every', '0', '--cache', 'cache'];
    const all = ['worker', '--queue', '--storage', storage(), ...args, ...more];
    const process = start(all, root, { ...fail, ...variables });
    started.push(process);
    return process;
  };
  const expectSame = (folder = out) => {
    expect(json(folder, 'results.json')).toEqual(json('embedded', 'results.json'));
    expect(readFileSync(at(folder, 'results.csv'), 'utf8')).toBe(readFileSync(at('embedded', 'results.csv'), 'utf8'));
  };
  const finish = async (process: Started) => {
    const { code, stderr } = await process.ended;
    expect(stderr).not.toContain('unexpected error');
    expect(code, stderr).toBe(0);
  };

  test('survives a worker that is killed within a training step', async () => {
    const study = sweep();
    const killed = worker({ PYRO_TEST_KILL: 'step', PYRO_TEST_ONCE: at('killed-0') }, '--kernel', 'native');
    expect((await killed.ended).code).toBeNull();
    // It continues from the state after the first epoch.
    await vi.waitUntil(() => existsSync(at(storage(), 'trials')), { timeout: 10_000 });
    worker();
    await finish(study);
    expectSame();
  });

  test('has one result of a trial that two live workers train at once', async () => {
    const study = sweep();
    await study.until('trials for the workers');
    await vi.waitUntil(() => existsSync(at(out, 'queue.json')), { timeout: 60_000 });
    const { id } = StudyFolder.open(at(out)).queueRecord() ?? { id: '' };
    await using connected = await QueueServer.connect(queueAddress(true));
    const queue = await ServerQueue.open(connected, { name: queueName(id), lease: 1000, mostStalls: 20 });
    const take = () => vi.waitUntil(() => queue.take(), { timeout: 60_000, interval: 200 });
    const first = await take();
    // Its lease ends, and the trial is delivered again; others that come meanwhile are put back.
    const others: Delivery[] = [];
    let second = await take();
    while (second.task.id !== first.task.id) {
      others.push(second);
      second = await take();
    }
    for (const other of others) await other.putBack().catch(() => {});
    const store = FolderStore.open(at(storage()));
    const train = async (cache: string) => {
      using runner = new JobRunner();
      const payload = parsePayload(second.task.payload);
      const machine = { ...machineOfPin(payload.pin), threads: 1 };
      const place = { store, runner, machine, pin: payload.pin, cache: at(cache), checkpointSeconds: 0 };
      return trainTask(payload, place, new AbortController().signal);
    };
    expect(await Promise.all([train('cache'), train('cache-2')])).toEqual(['done', 'done']);
    expect(readdirSync(at(storage(), 'results'))).toHaveLength(1);
    // Whose lease has ended cannot complete the trial.
    await first.complete().catch(() => {});
    await second.complete().catch(() => {});
    worker();
    await finish(study);
    expectSame();
    expect(readdirSync(at(storage(), 'results'))).toHaveLength(4);
  });

  test('survives a worker that is killed as it saves a checkpoint', async () => {
    const study = sweep();
    const killed = worker({ PYRO_TEST_KILL: 'checkpoint', PYRO_TEST_ONCE: at('killed-1') });
    expect((await killed.ended).code).toBeNull();
    worker();
    await finish(study);
    expectSame();
  });

  test('survives a worker that is killed between a result and its acknowledgement, and keeps that result', async () => {
    const study = sweep();
    const killed = worker({ PYRO_TEST_KILL: 'result', PYRO_TEST_ONCE: at('killed-2') });
    expect((await killed.ended).code).toBeNull();
    const results = readdirSync(at(storage(), 'results'));
    expect(results).toHaveLength(1);
    const before = statSync(at(storage(), 'results', results[0]));
    worker();
    await finish(study);
    expectSame();
    expect(statSync(at(storage(), 'results', results[0]))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(readdirSync(at(storage(), 'results'))).toHaveLength(4);
  });

  test('survives a restart of the server', async () => {
    const study = sweep();
    worker();
    await study.until(', seed 1: ');
    await server.restart();
    await finish(study);
    expectSame();
  });

  test('survives clocks that are an hour ahead and behind', async () => {
    const study = sweep();
    worker({ PYRO_TEST_SKEW: '3600000' });
    worker({ PYRO_TEST_SKEW: '-3600000' });
    worker();
    await finish(study);
    expectSame();
    expect(readdirSync(at(storage(), 'results'))).toHaveLength(4);
  });

  test('has its trials given back by a worker that is stopped', async () => {
    const study = sweep();
    const first = worker();
    await first.until('taking trials');
    await vi.waitUntil(() => existsSync(at(storage(), 'trials')), { timeout: 60_000 });
    first.child.kill('SIGTERM');
    const { code, stderr } = await first.ended;
    expect(code).toBe(143);
    expect(stderr).toContain('trials trained.');
    worker();
    await finish(study);
    expectSame();
  });

  test('shares workers with another one', async () => {
    const one = sweep();
    const folder = out;
    const args = ['sweep', 'sweep.yaml', '--queue', '--storage', storage(), '--seeds', '1', '--out', 'other'];
    const other = start(args, root);
    started.push(other);
    worker();
    worker();
    await finish(one);
    await finish(other);
    expectSame(folder);
    const { trials } = json('other', 'results.json');
    const [...seedOne] = json('embedded', 'results.json').trials.filter(({ seed }: { seed: number }) => seed === 1);
    expect(trials).toEqual(seedOne);
  });

  test('ends with a trial that always crashes as failed, with its log', async () => {
    const study = sweep();
    worker({ PYRO_TEST_CRASH_SEED: '2' });
    const { code, stderr } = await study.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('2 of 4 trials failed');
    const { trials } = json(out, 'results.json');
    for (const { id, seed, state, message } of trials) {
      expect(state).toBe(seed === 2 ? 'failed' : 'finished');
      if (seed !== 2) continue;
      expect(message).toContain('ended 3 times without a result, at last by SIGKILL');
      expect(readFileSync(at(out, 'logs', `${id}.log`), 'utf8')).toContain('This trial crashes.');
    }
    // Tried again by workers that do not crash.
    for (const { child } of started) child.kill('SIGKILL');
    worker();
    await succeed(['sweep', '--resume', out, '--queue'], root);
    expectSame();
  });

  test('is not for workers of another kernel, unless they are permitted', async () => {
    const study = sweep();
    const other = worker({}, '--kernel', 'reference');
    await other.until('not for this worker');
    study.child.kill('SIGINT');
    expect((await study.ended).code).toBe(130);
    expect(existsSync(at(storage(), 'results'))).toBe(false);
    const mixed = start(['sweep', '--resume', out, '--queue', '--allow-mixed'], root);
    started.push(mixed);
    worker({}, '--kernel', 'reference');
    await finish(mixed);
    for (const { pin } of json(out, 'results.json').trials) expect(pin.kernel).toBe('reference');
    // Another build.
    const { id } = StudyFolder.open(at(out)).queueRecord() ?? { id: '' };
    const pin = { ...json(out, 'results.json').trials[0].pin, code: 'b'.repeat(64) };
    writeFileSync(at(storage(), 'studies', `${id}.json`), JSON.stringify({ id, pin, allowMixed: false }));
    const older = worker({}, '--kernel', 'reference');
    await older.until('instead of bbbbbbbbbbbb');
  });

  test('leaves a worker whose disk is full, which ends with a message', async () => {
    const disk = at(`disk-${count}`);
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]).status !== 0) return;
    try {
      const study = sweep();
      const full = worker({}, '--cache', disk);
      const { code, stderr } = await full.ended;
      expect(code).toBe(1);
      expect(stderr).toContain('the disk is full');
      worker();
      await finish(study);
      expectSame();
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });

  test('is paused, resumed and cancelled from outside, and continues after a stop and with a limit', async () => {
    const study = sweep('--max-trials', '2');
    await study.until('trials for the workers');
    await vi.waitUntil(() => existsSync(at(out, 'queue.json')), { timeout: 60_000 });
    await succeed(['study', out, '--pause'], root);
    worker();
    expect((await pyroved(['study', out], root)).stdout).toMatch(/0 of 4 runs finished[\s\S]*paused/);
    await succeed(['study', out, '--resume'], root);
    await finish(study);
    expect((await study.ended).stderr).toContain('Stopped after 2 trials.');
    expect((await pyroved(['study', out], root)).stdout).toContain('2 of 4 runs finished');
    for (const { child } of started) child.kill('SIGKILL');
    const resumed = start(['sweep', '--resume', out, '--queue'], root);
    started.push(resumed);
    await resumed.until('trials for the workers');
    await succeed(['study', out, '--cancel'], root);
    const cancelled = await resumed.ended;
    expect(cancelled.code).toBe(1);
    expect(cancelled.stderr).toContain('was cancelled');
    worker();
    await succeed(['sweep', '--resume', out, '--queue'], root);
    expectSame();
    expect((await pyroved(['study', out], root)).stdout).toContain('The study has ended');
  });

  test('says that a password is wrong', async () => {
    const wrong = start(['worker', '--queue', '--storage', 'storage'], root, {
      PYROVED_QUEUE: server.url.replace('p%40ss', 'wrong'),
    });
    const { code, stderr } = await wrong.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^pyroved: Could not connect to the queue .*password/m);
    expect(stderr).not.toContain('wrong%2F');
  });
});
