/** A storage on S3, with the emulator moto where Python has it (pip install "moto[server]"). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3Store } from '../../../packages/pyroved/dist/shared/s3Store.js';
import { freePort } from '../queue/postgres.js';
import { describeStore } from './contract.js';
import { noS3, type S3Server, startS3 } from './s3.js';

const problem = noS3;
if (problem !== undefined) console.warn(`The storage on S3 is not tested: ${problem}.`);

const environment: NodeJS.ProcessEnv = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 's3cret' };
let server: S3Server | undefined;

beforeAll(async () => {
  if (problem !== undefined) return;
  server = await startS3('studies');
  Object.assign(environment, server.environment);
});
afterAll(() => server?.stop());

describeStore('a bucket as storage', () => S3Store.open('s3://studies', environment), problem);
describeStore('a part of a bucket as storage', () => S3Store.open('s3://studies/a/b', environment), problem);

describe.skipIf(problem !== undefined)('a storage on S3', () => {
  it('must be a bucket that exists', async () => {
    const missing = S3Store.open('s3://missing', environment);
    await expect(missing).rejects.toThrow('s3://missing: the store answers 404 (NoSuchBucket)');
  });
});

it.each([
  ['s3://', environment, 'not understood'],
  ['s3://Bucket', environment, 'not understood'],
  ['s3://key:secret@bucket', environment, 'not understood'],
  ['s3://bucket/../other', environment, 'not a key'],
  ['s3://bucket', {}, 'AWS_ACCESS_KEY_ID'],
])('%s is rejected', async (address, variables, message) => {
  await expect(S3Store.open(address, variables)).rejects.toThrow(message);
});

it('says that nobody answers, without credentials', async () => {
  const nobody = { ...environment, AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}` };
  const opening = S3Store.open('s3://bucket', nobody);
  await expect(opening).rejects.toThrow(/ECONNREFUSED/);
  await expect(opening).rejects.not.toThrow('s3cret');
});
