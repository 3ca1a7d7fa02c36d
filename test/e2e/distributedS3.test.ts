/** A distributed sweep whose storage is an S3 bucket: the same results as on one machine, also when a worker is killed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, vi } from 'vitest';
import type { Server } from '../pyroved/queue/postgres.js';
import { servers } from '../pyroved/queue/servers.js';
import { noS3, type S3Server, startS3 } from '../pyroved/shared/s3.js';
import { all, slow } from '../slow.js';
import { remove, type Started, start, succeed, temporaryFolder } from './helpers.js';

const spec = `
source: peaks
options: { recognition: 'off', size: 16, unlabelled-per-class: 30, labelled-per-class: 5, validation-per-class: 10, epochs: 3, batch-size: 15 }
vary: { lr: "logrange(10^-3, 10^-2, 2)" }
seeds: 2
`;

const available = servers.find(([, reason]) => reason === undefined);
const problem = noS3 ?? (available ? undefined : servers[0][1]);
if (all && problem !== undefined) console.warn(`A distributed sweep with its storage on S3 is not tested: ${problem}.`);

describe('a distributed sweep with an S3 bucket as storage', () => {
  const root = temporaryFolder();
  const at = (...path: string[]) => join(root, ...path);
  const started: Started[] = [];
  let bucket: S3Server | undefined;
  let server: Server | undefined;
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.map(({ ended }) => ended));
    bucket?.stop();
    await server?.stop();
    vi.unstubAllEnvs();
    remove(root);
  });

  slow('has the results of one machine, though a worker is killed, and writes no secret', async () => {
    if (problem !== undefined || !available) return;
    bucket = await startS3('studies');
    server = await available[2]();
    const environment = { ...bucket.environment, PYROVED_QUEUE: server.url };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    writeFileSync(at('sweep.yaml'), spec);
    const storage = ['--storage', 's3://studies/peaks'];
    const worker = (cache: string) => {
      const times = ['--lease', '2', '--checkpoint-every', '0', '--workers', '1', '--threads', '1'];
      const process = start(['worker', '--queue', ...storage, '--cache', cache, ...times], root);
      started.push(process);
      return process;
    };
    const sweep = start(['sweep', 'sweep.yaml', '--queue', ...storage, '--out', 'distributed'], root);
    started.push(sweep);
    const killed = worker('cache-1');
    await killed.until('taking trials');
    await vi.waitUntil(() => readdirSync(at('cache-1')).includes('work'), { timeout: 60_000 });
    killed.child.kill('SIGKILL');
    worker('cache-2');
    const { code, stderr } = await sweep.ended;
    expect(code, stderr).toBe(0);
    await succeed(['sweep', 'sweep.yaml', '--workers', '1', '--out', 'embedded'], root);
    for (const file of ['results.json', 'results.csv'])
      expect(readFileSync(at('distributed', file), 'utf8')).toBe(readFileSync(at('embedded', file), 'utf8'));
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files)
      expect(readFileSync(join(parentPath, name), 'latin1'), name).not.toContain('s3cret');
  });
});
