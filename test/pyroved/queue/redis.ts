/** A Redis server for tests, where the program is installed; it listens on 127.0.0.1 only and asks for a password. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, password, type Server } from './postgres.js';

const program = ['redis-server', 'valkey-server'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
);

export const hasRedis = program !== undefined;

/** Why tests with Redis are skipped. */
export const noRedis = 'neither redis-server nor valkey-server is installed';

/** Starts an empty server. It keeps nothing on disk, so that a restart loses all of it. */
export async function startRedis(): Promise<Server> {
  const root = mkdtempSync(join(tmpdir(), 'pyroved-redis-'));
  const port = await freePort();
  // On the command line, others could read the password.
  const settings = [`port ${port}`, 'bind 127.0.0.1', `requirepass "${password}"`, 'save ""', 'appendonly no'];
  writeFileSync(join(root, 'redis.conf'), `${settings.join('\n')}\n`);
  let server: ChildProcess | undefined;
  const start = async () => {
    const child = spawn(program as string, [join(root, 'redis.conf')], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    server = child;
    let log = '';
    child.stdout.setEncoding('utf8');
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (text: string) => {
        log = (log + text).slice(-20_000);
        if (log.includes('eady to accept connections')) resolve();
      });
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`Redis ended with status ${code}:\n${log}`)));
    });
  };
  const end = async () => {
    const child = server;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    port,
    restart: async () => {
      await end();
      await start();
    },
    stop: async () => {
      await end();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
