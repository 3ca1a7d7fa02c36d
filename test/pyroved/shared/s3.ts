/** An S3 emulator for tests: moto, where Python has it (pip install "moto[server]"). */
import { spawn, spawnSync } from 'node:child_process';
import { AwsClient } from 'aws4fetch';
import { freePort } from '../queue/postgres.js';

const python = process.platform === 'win32' ? 'python' : 'python3';
const { status } = spawnSync(python, ['-c', 'import moto.server'], { stdio: 'ignore' });

/** Why tests with S3 are skipped; undefined if they can run. */
export const noS3 = status === 0 ? undefined : 'Python has no moto.server';

export interface S3Server {
  /** What a program needs to use it, as variables of its environment. */
  readonly environment: Readonly<Record<'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY' | 'AWS_ENDPOINT_URL', string>>;
  stop(): void;
}

/** Starts an emulator with one empty bucket. */
export async function startS3(bucket: string): Promise<S3Server> {
  const port = await freePort();
  const server = spawn(python, ['-m', 'moto.server', '-p', String(port)], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  const client = new AwsClient({ accessKeyId: 'key', secretAccessKey: 's3cret', service: 's3', region: 'us-east-1' });
  const create = () => client.fetch(`${url}/${bucket}`, { method: 'PUT' }).catch(() => undefined);
  while (!(await create())?.ok) await new Promise((resolve) => setTimeout(resolve, 100));
  return {
    environment: { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 's3cret', AWS_ENDPOINT_URL: url },
    stop: () => void server.kill('SIGKILL'),
  };
}
