/** Addresses of queues: credentials only where other users of the machine cannot read them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { queueAddress, withoutCredentials } from '../../../packages/pyroved/dist/queue/address.js';

it.each([
  ['redis://db:6379', 'redis', 'redis://db:6379'],
  ['rediss://db', 'redis', 'rediss://db'],
  ['postgres://db:5432/studies', 'postgres', 'postgres://db:5432/studies'],
  ['postgresql://db/studies', 'postgres', 'postgresql://db/studies'],
])('%s is an address', (typed, backend, shown) => {
  expect(queueAddress(typed, {})).toMatchObject({ backend, shown });
});

it('has user and password from the environment or a file', () => {
  const url = 'postgres://ann:s3cret@db/studies?sslmode=require';
  const folder = mkdtempSync(join(tmpdir(), 'pyroved-'));
  const file = join(folder, 'address');
  writeFileSync(file, `${url}\n`);
  for (const environment of [{ PYROVED_QUEUE: url }, { PYROVED_QUEUE_FILE: file }]) {
    const wanted = { backend: 'postgres', url, shown: 'postgres://db/studies' };
    expect(queueAddress(true, environment)).toEqual(wanted);
    expect(queueAddress('postgres://db/studies', environment)).toEqual(wanted);
    expect(queueAddress('postgres://other/studies', environment).url).toBe('postgres://other/studies');
  }
  rmSync(folder, { recursive: true });
});

it.each([
  'redis://:s3cret@db',
  'redis://ann@db',
  'postgres://ann:s3cret@db/studies',
  'postgres://db/studies?password=s3cret',
])('%s on the command line is rejected without repeating it', (typed) => {
  const reject = () => queueAddress(typed, {});
  expect(reject).toThrow('PYROVED_QUEUE');
  expect(reject).not.toThrow('s3cret');
});

it.each(['', 'db:6379', 'mysql://db', 'redis://', 'file:///etc/passwd', 's3cret'])('"%s" is no address', (text) => {
  expect(() => queueAddress(true, { PYROVED_QUEUE: text })).toThrow(/missing|not understood/);
  expect(() => queueAddress(true, { PYROVED_QUEUE: text })).not.toThrow('s3cret');
});

it('removes credentials from what servers say', () => {
  const address = queueAddress(true, { PYROVED_QUEUE: 'redis://ann:p%40ss@db:6379' });
  const said = 'WRONGPASS for ann with p@ss (p%40ss) at redis://ann:p%40ss@db:6379';
  expect(withoutCredentials(said, address)).not.toMatch(/ann|p@ss|p%40ss/);
});
