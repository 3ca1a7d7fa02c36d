/** Workers of distributed sweeps killed with -9 at random, 200 times on each server (`npm run test:queue`): no trial is lost, none has two results. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RandomStream } from 'pyro-ts';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Server } from '../pyroved/queue/postgres.js';
import { servers } from '../pyroved/queue/servers.js';
import { childrenOf, remove, type Started, start, succeed, temporaryFolder } from './helpers.js';

/** Number of kills on each server; undefined unless `npm run test:queue` asks for them. */
const kills = process.env.PYRO_QUEUE_KILLS === undefined ? undefined : Number(process.env.PYRO_QUEUE_KILLS);

const WORKERS = 5;
const TRIALS = 50;

/** Trials of about a second: fewer kills than epochs would leave a study unfinished when it has ended. */
const spec = `
source: peaks
options: { recognition: 'off', size: 16, unlabelled-per-class: 40, labelled-per-class: 5, validation-per-class: 10, epochs: 8, batch-size: 15 }
vary: { lr: "logrange(10^-3, 10^-2, ${TRIALS / 2})" }
seeds: 2
`;

describe.skipIf(kills === undefined).each(servers)('kills with %s', (name, problem, startServer) => {
  const root = temporaryFolder();
  const at = (...path: string[]) => join(root, ...path);
  const workers: Worker[] = [];
  let server: Server | undefined;
  afterAll(async () => {
    for (const worker of workers) worker.killAll();
    await server?.stop();
    vi.unstubAllEnvs();
    remove(root);
  });

  it('lose and double nothing', { timeout: 7_200_000 }, async () => {
    if (problem !== undefined) return console.warn(`Skipped with ${name}: ${problem}.`);
    server = await startServer();
    vi.stubEnv('PYROVED_QUEUE', server.url);
    writeFileSync(at('sweep.yaml'), spec);
    await succeed(['sweep', 'sweep.yaml', '--workers', '2', '--threads', '1', '--out', 'embedded'], root);
    const expected = readFileSync(at('embedded', 'results.json'), 'utf8');
    const random = new RandomStream(name);
    const total = { kills: 0, ofWorkers: 0, studies: 0, results: 0, changed: 0, failed: 0 };
    for (let i = 0; i < WORKERS; i++) workers.push(new Worker(root, i));
    while (total.kills < (kills ?? 0)) {
      const out = `study-${total.studies++}`;
      // Each study has a storage of its own, so that all trials are trained.
      for (const worker of workers) worker.join(`storage-${out}`);
      const study = start(['sweep', 'sweep.yaml', '--queue', '--storage', `storage-${out}`, '--out', out], root);
      let isOver = false;
      const ended = study.ended.finally(() => {
        isOver = true;
      });
      const seen = new Map<string, string>();
      while (!isOver) {
        await sleep(50 + 300 * random.next());
        total.changed += changes(at(`storage-${out}`, 'results'), seen);
        const worker = workers[Math.floor(random.next() * WORKERS)];
        if (total.kills >= (kills ?? 0) || !worker.isTraining()) continue;
        // A trial without an epoch between two kills would never end.
        const isWorker = random.next() < 0.4;
        if (worker.hasSaved() || (isWorker && random.next() < 0.2)) {
          total.kills++;
          total.ofWorkers += Number(isWorker);
          worker.kill(isWorker);
        }
      }
      const { code, stderr } = await ended;
      expect(code, stderr).toBe(0);
      total.changed += changes(at(`storage-${out}`, 'results'), seen);
      total.results += seen.size;
      expect(seen.size).toBe(TRIALS);
      expect(readFileSync(at(out, 'results.json'), 'utf8')).toBe(expected);
      console.log(`${name}: ${total.kills} kills after ${total.studies} studies.`);
    }
    console.log(
      `${name}: ${total.kills} kills (${total.ofWorkers} of workers, the others of their training processes) over ${total.studies} studies of ${TRIALS} trials: ` +
        `${total.studies * TRIALS - total.results} lost, ${total.changed} written twice, results equal bit for bit.`,
    );
    expect(total.changed).toBe(0);
  });
});

/** Results that are not what they were when they were first seen. */
function changes(folder: string, seen: Map<string, string>): number {
  let changed = 0;
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    const { ino, mtimeMs, size } = statSync(join(folder, file));
    const now = `${ino} ${mtimeMs} ${size}`;
    if ((seen.get(file) ?? now) !== now) changed++;
    seen.set(file, now);
  }
  return changed;
}

/** A worker that is started again when it is killed. */
class Worker {
  #process: Started | undefined;
  #storage = '';
  #killedAt = 0;
  #startedAt = 0;

  constructor(
    private readonly root: string,
    private readonly index: number,
  ) {}

  join(storage: string): void {
    this.killAll();
    this.#storage = storage;
    this.#start();
  }

  /** Whether it has a trial. */
  isTraining(): boolean {
    return this.#runs().length > 0;
  }

  /** Whether an epoch has been saved since the last kill. A trial whose process dies three times without one has failed. */
  hasSaved(): boolean {
    return this.#runs().some((run) => {
      const file = join(run, 'checkpoint.safetensors');
      return (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > this.#killedAt;
    });
  }

  /** Kills it, or the process in which it trains. */
  kill(isWorker: boolean): void {
    const child = this.#process?.child;
    if (isWorker) {
      child?.kill('SIGKILL');
      this.#start();
    } else for (const pid of childrenOf(child?.pid)) process.kill(pid, 'SIGKILL');
    // What was written before is not another epoch.
    this.#killedAt = Date.now();
  }

  killAll(): void {
    this.#process?.child.kill('SIGKILL');
  }

  /** The runs of the current process; those of killed ones are left behind. */
  #runs(): string[] {
    const work = join(this.root, `cache-${this.index}`, 'work');
    const runs = existsSync(work) ? readdirSync(work).map((run) => join(work, run)) : [];
    return runs.filter((run) => (statSync(run, { throwIfNoEntry: false })?.birthtimeMs ?? 0) > this.#startedAt);
  }

  #start(): void {
    const cache = ['--cache', `cache-${this.index}`];
    const times = ['--lease', '2', '--checkpoint-every', '0', '--workers', '1', '--threads', '1'];
    this.#startedAt = Date.now();
    this.#process = start(['worker', '--queue', '--storage', this.#storage, ...cache, ...times], this.root);
    this.#process.ended.catch(() => {});
  }
}
