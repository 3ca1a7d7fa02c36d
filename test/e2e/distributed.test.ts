/** Sweeps distributed to workers through PostgreSQL: the same results as on one machine, also when workers are killed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { queueAddress } from '../../packages/pyroved/dist/queue/address.js';
import { runWorker } from '../../packages/pyroved/dist/queue/worker.js';
import { FolderStore } from '../../packages/pyroved/dist/shared/folderStore.js';
import { noPostgres, postgresBinaries, type Server, startPostgres } from '../pyroved/queue/postgres.js';
import { processes } from '../slow.js';
import { pyroved, remove, start, succeed, temporaryFolder } from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
const json = (...path: string[]) => JSON.parse(readFileSync(at(...path), 'utf8'));

const spec = `
source: peaks
options: { recognition: 'off', size: 16, unlabelled-per-class: 30, labelled-per-class: 5, validation-per-class: 10, epochs: 2, batch-size: 15 }
vary: { lr: "logrange(10^-3, 10^-2, 2)" }
seeds: 2
`;

const hasPostgres = postgresBinaries() !== undefined;
if (!hasPostgres) console.warn(`Distributed sweeps are not tested: ${noPostgres}.`);

describe.skipIf(!hasPostgres || !processes)('with PostgreSQL', () => {
  let server: Server;
  const stopping = new AbortController();
  const workers: Promise<number>[] = [];

  beforeAll(async () => {
    server = await startPostgres();
    vi.stubEnv('PYROVED_QUEUE', server.url);
    writeFileSync(at('sweep.yaml'), spec);
  });
  afterAll(async () => {
    stopping.abort();
    await Promise.all(workers);
    await server.stop();
    vi.unstubAllEnvs();
    remove(root);
  });

  /** A worker of this process, which trains in another one. */
  const work = () =>
    workers.push(
      runWorker(
        {
          address: queueAddress(true),
          store: FolderStore.open(at('storage')),
          cache: at('cache'),
          ...{ lease: 2, checkpointSeconds: 0, threads: 1 },
        },
        { signal: stopping.signal },
      ),
    );

  it('three workers, one of which is killed, give the results of this machine', async () => {
    const killed = start(
      ['worker', '--queue', '--storage', 'storage', '--cache', 'cache', '--workers', '1', '--lease', '2'],
      root,
    );
    const sweep = succeed(['sweep', 'sweep.yaml', '--queue', '--storage', 'storage', '--out', 'distributed'], root);
    await killed.until('taking trials');
    await vi.waitUntil(() => readdirSync(at('cache')).includes('work'), { timeout: 30_000 });
    killed.child.kill('SIGKILL');
    work();
    work();
    await sweep;
    await succeed(['sweep', 'sweep.yaml', '--workers', '1', '--out', 'embedded'], root);
    expect(json('distributed', 'results.json')).toEqual(json('embedded', 'results.json'));
    expect(readFileSync(at('distributed', 'results.csv'), 'utf8')).toBe(
      readFileSync(at('embedded', 'results.csv'), 'utf8'),
    );
    for (const { id } of json('embedded', 'results.json').trials) {
      const [own, other] = ['distributed', 'embedded'].map((name) => json(name, 'trials', id, 'config.json'));
      expect({ ...own, createdAt: '' }).toEqual({ ...other, createdAt: '' });
    }
  });

  it('no result and no log has the password, which is not accepted where ps shows it', async () => {
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), 'latin1');
      expect(text).not.toContain(server.url);
      expect(text).not.toContain('p%40ss');
    }
    const typed = await pyroved(['worker', '--queue', server.url, '--storage', 'storage'], root);
    expect(typed).toMatchObject({ code: 1, stdout: '' });
    expect(typed.stderr).toContain('PYROVED_QUEUE');
    expect(typed.stderr).not.toContain('p%40ss');
  });

  it('a wrong password is one message without it', async () => {
    vi.stubEnv('PYROVED_QUEUE', server.url.replace('p%40ss', 'wrong'));
    const { code, stderr } = await pyroved(['worker', '--queue', '--storage', 'storage'], root);
    vi.stubEnv('PYROVED_QUEUE', server.url);
    expect(code).toBe(1);
    expect(stderr).toContain(`Could not connect to the queue postgres://127.0.0.1:${server.port}/postgres: `);
    expect(stderr).not.toContain('wrong');
  });
});
