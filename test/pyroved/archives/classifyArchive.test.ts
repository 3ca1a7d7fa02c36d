/** An archive classified by shards: exactly one row per image, equal to that of a single set, and only the shards that are missing are made. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { classifyImages, imagesFor, loadModel } from 'pyroved';
import { encodeNpy } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pyroved, remove, start, succeed, temporaryFolder } from '../../e2e/helpers.js';
import { processTest, slow } from '../../slow.js';
import { servers } from '../queue/servers.js';

const COUNT = 11;
const SIDE = 12;
/** Of an image that cannot be used. */
const BLANK = 6;
const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);

async function rowsOf(folder: string) {
  const names = readdirSync(at(folder, 'parts')).sort();
  const tables = names.map((name) => {
    const { buffer, byteOffset, byteLength } = readFileSync(at(folder, 'parts', name));
    return parquetReadObjects({ file: (buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength) });
  });
  return (await Promise.all(tables)).flat();
}

const classify = (folder: string, ...more: string[]) => {
  const sizes = ['--shard-size', '4', '--workers', '1', '--threads', '1', '--kernel', 'native'];
  return ['classify', 'run', '--array', 'scan.npy', '--shards', folder, ...sizes, ...more];
};

beforeAll(async () => {
  const images = Float32Array.from({ length: COUNT * SIDE * SIDE }, (_, i) => Math.sin(0.1 * i * (1 + (i % 7))) ** 2);
  images.fill(0.5, BLANK * SIDE * SIDE, (BLANK + 1) * SIDE * SIDE);
  writeFileSync(at('scan.npy'), encodeNpy(images, [COUNT, SIDE, SIDE]));
  const small = ['--size', String(SIDE), '--labelled-per-class', '4', '--unlabelled-per-class', '6', '--epochs', '1'];
  await succeed(['train', 'cards', ...small, '--recognition', 'off', '--no-report', '--out', 'run'], root);
});
afterAll(() => remove(root));

processTest('has one row per image, those of a single set, and makes only what is missing', async () => {
  const { stderr } = await succeed(classify('tables'), root);
  expect(stderr).toContain('11 entries in 3 shards, of which 3 are missing.');
  const rows = await rowsOf('tables');
  expect(rows.map(({ entry }) => entry)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
  expect(rows[BLANK]).toMatchObject({ problem: 'all its values are the same', class: null, probability: null });

  const trained = await loadModel(at('run'));
  const { set } = await imagesFor(trained, { array: at('scan.npy') });
  const whole = classifyImages(trained, set);
  const usable = rows.filter(({ problem }) => problem === null);
  expect(usable).toHaveLength(whole.length);
  for (const [i, { classIndex, probabilities }] of whole.entries()) {
    expect(usable[i].class).toBe(trained.classNames[classIndex]);
    expect(usable[i].probability).toBeCloseTo(probabilities[classIndex], 4);
  }
  trained.model.dispose();

  const part = (k: number) => at('tables', 'parts', `part-000000${k}.parquet`);
  const before = readFileSync(part(1));
  const kept = statSync(part(0)).mtimeMs;
  rmSync(part(1));
  const again = await succeed(classify('tables'), root);
  expect(again.stderr).toContain('of which 1 are missing');
  expect(readFileSync(part(1)).equals(before)).toBe(true);
  expect(statSync(part(0)).mtimeMs).toBe(kept);

  const other = await pyroved(classify('tables', '--threshold', '0.9'), root);
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('the tables of another classification');
});

it.each([
  [['--out', 'x.csv'], '--out and --shards exclude each other'],
  [['--images', 'x'], '--shards requires one of --images and --array'],
])('rejects %s', async (more, message) => {
  const { code, stderr } = await pyroved(classify('none', ...more), root);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});

describe.each(servers)('with %s', (_, problem, startServer) => {
  slow('machines share the shards, also when one is killed: the rows are those of one machine', async () => {
    if (problem !== undefined) return;
    const server = await startServer();
    const started: ReturnType<typeof start>[] = [];
    try {
      vi.stubEnv('PYROVED_QUEUE', server.url);
      const folder = `shared-${server.port}`;
      const machine = () => {
        const process = start(classify(folder, '--shard-size', '1', '--queue'), root);
        started.push(process);
        return process;
      };
      const killed = machine();
      await killed.until('Shard ');
      killed.child.kill('SIGKILL');
      const ends = await Promise.all([machine().ended, machine().ended]);
      for (const { code, stderr } of ends) expect(code, stderr).toBe(0);
      await succeed(classify('alone', '--shard-size', '1'), root);
      expect(await rowsOf(folder)).toEqual(await rowsOf('alone'));
      expect(readdirSync(at(folder, 'parts'))).toHaveLength(COUNT);
    } finally {
      for (const { child } of started) child.kill('SIGKILL');
      vi.unstubAllEnvs();
      await server.stop();
    }
  });
});
