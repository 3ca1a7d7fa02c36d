/** What a queue costs (`npm run test:queue -- --costs`): the time per trial beside its training, many small tasks, and five workers on this machine. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { queueAddress } from '../../packages/pyroved/dist/queue/address.js';
import { QueueServer } from '../../packages/pyroved/dist/queue/connect.js';
import { ServerQueue } from '../../packages/pyroved/dist/queue/serverQueue.js';
import type { Server } from '../pyroved/queue/postgres.js';
import { servers } from '../pyroved/queue/servers.js';
import { remove, type Started, start, succeed, temporaryFolder } from './helpers.js';

const isMeasured = process.env.PYRO_QUEUE_COSTS !== undefined;
const coordinator = fileURLToPath(new URL('shardCoordinator.mjs', import.meta.url));

/** Short trials of one thread. */
const spec = (trials: number, epochs: number) => `
source: peaks
options: { recognition: 'off', size: 16, unlabelled-per-class: 30, labelled-per-class: 5, validation-per-class: 10, epochs: ${epochs}, batch-size: 15 }
vary: { lr: "logrange(10^-3, 10^-2, ${trials})" }
`;

describe.skipIf(!isMeasured).each(servers)('with %s', (name, problem, startServer) => {
  const root = temporaryFolder();
  const at = (...path: string[]) => join(root, ...path);
  let server: Server | undefined;
  const begin = async () => {
    server ??= await startServer();
    vi.stubEnv('PYROVED_QUEUE', server.url);
  };
  afterAll(async () => {
    await server?.stop();
    vi.unstubAllEnvs();
    remove(root);
  });
  const test = (what: string, body: () => Promise<void>) =>
    it(what, { timeout: 3_600_000 }, async () => {
      if (problem !== undefined) return console.warn(`Skipped with ${name}: ${problem}.`);
      await begin();
      await body();
    });

  test('a hundred thousand small tasks', async () => {
    const total = 100_000;
    const args = [coordinator, 'pyroved-costs', String(total)];
    const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    process_.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const ended = new Promise((resolve) => process_.on('close', resolve));
    await using connected = await QueueServer.connect(queueAddress(true));
    const queue = await ServerQueue.open(connected, { name: 'pyroved-costs', lease: 30_000, mostStalls: 20 });
    const stop = new AbortController();
    const working = queue.work(async () => 'done', { slots: 16, signal: stop.signal });
    expect(await ended).toBe(0);
    stop.abort();
    await working;
    const figures = JSON.parse(said);
    expect(figures.ended).toBe(total);
    console.log(
      `${name}: ${total} tasks added in ${figures.adding.toFixed(1)} s and drained by one worker with 16 slots in ${figures.draining.toFixed(1)} s; coordinator ${figures.megabytes.toFixed(0)} MB.`,
    );
  });

  test('the time per trial beside its training, and five workers', async () => {
    const trials = 40;
    writeFileSync(at('sweep.yaml'), spec(trials, 6));
    await succeed(['sweep', 'sweep.yaml', '--workers', '1', '--threads', '1', '--out', 'embedded'], root);
    const embedded = pace(at('embedded', 'trials'), 'summary.json');
    const one = await distributed(1);
    const five = await distributed(5);
    const cores = Math.min(5, os.availableParallelism());
    console.log(
      `${name}: ${trials} trials, ${(1000 * embedded).toFixed(0)} ms each in one process; ${(1000 * one).toFixed(0)} ms with one worker and the queue: ` +
        `${(1000 * (one - embedded)).toFixed(0)} ms for the queue and the storage; five workers on ${cores} cores ${(1000 * five).toFixed(0)} ms, ${(embedded / cores / five).toFixed(2)} of the ideal.`,
    );
    expect(readFileSync(at('five', 'results.json'), 'utf8')).toBe(readFileSync(at('embedded', 'results.json'), 'utf8'));

    /** Seconds per trial with this many workers, which have been started. */
    async function distributed(workers: number): Promise<number> {
      const out = workers === 1 ? 'one' : 'five';
      const started: Started[] = [];
      const args = ['worker', '--queue', '--storage', `storage-${out}`, '--workers', '1', '--threads', '1'];
      // The first sweep warms them up.
      writeFileSync(at('warm.yaml'), spec(2 * workers, 6).replace('10^-3', '2*10^-3'));
      for (let i = 0; i < workers; i++) started.push(start([...args, '--cache', `cache-${i}`], root));
      await succeed(['sweep', 'warm.yaml', '--queue', '--storage', `storage-${out}`, '--out', `warm-${out}`], root);
      const before = new Set(readdirSync(at(`storage-${out}`, 'results')));
      await succeed(['sweep', 'sweep.yaml', '--queue', '--storage', `storage-${out}`, '--out', out], root);
      const seconds = pace(at(`storage-${out}`, 'results'), '', before);
      for (const { child } of started) child.kill('SIGTERM');
      await Promise.all(started.map(({ ended }) => ended));
      return seconds;
    }
  });
});

/** Seconds between the ends of two trials, from the times of files that are written at the end of each. */
function pace(folder: string, file: string, without = new Set<string>()): number {
  const names = readdirSync(folder).filter((name) => !without.has(name));
  const times = names.map((name) => statSync(join(folder, name, file)).mtimeMs).sort((a, b) => a - b);
  return (times[times.length - 1] - times[0]) / (times.length - 1) / 1000;
}
