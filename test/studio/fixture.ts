/** A studio over a folder of runs that no training has made, and requests to it as any program could send them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunFolder } from 'pyroved';
import { type Studio, startStudio } from 'pyroved-studio';

/** A run of two classes on generated images, with `epochs` epochs of metrics. */
export function writeRun(folder: string, epochs = 2): RunFolder {
  const run = RunFolder.create(folder, {
    model: { kind: 'ssiVAE', shape: [8, 8], numClasses: 2 },
    data: { source: { kind: 'cards' }, classNames: ['a', 'b'] },
    train: { epochs: 4 },
    seed: 1,
    engine: 'cpu',
    kernel: 'reference',
    versions: {},
  });
  for (let epoch = 1; epoch <= epochs; epoch++)
    run.metrics.append({ epoch, step: 10 * epoch, loss: 100 / epoch, accuracy: 0.5 + epoch / 10 });
  return run;
}

/** Stands for the command: prints its arguments, and ends after SIGINT as a stopped training does; "fail" among them fails. */
const program = `
  console.error('arguments ' + JSON.stringify(process.argv.slice(2)));
  if (process.argv.some((arg) => arg.includes('fail'))) {
    console.error('pyroved: The images are too small.');
    process.exit(1);
  }
  process.on('SIGINT', () => { console.error('Stopped.'); process.exit(130); });
  setInterval(() => {}, 1000);
`;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A studio, its folder, and requests to it. */
export interface Fixture extends AsyncDisposable {
  readonly studio: Studio;
  readonly folder: string;
  /** Sends a request with the token, which `headers` can replace, and the path as it is. */
  send(path: string, options?: { method?: string; headers?: Record<string, string>; body?: unknown }): Promise<Answer>;
  /** The JSON of a GET request. */
  json<T>(path: string): Promise<T>;
}

/**
 * @param fill writes the runs
 * @param runs an existing folder of runs instead, which is kept
 */
export async function openFixture(fill: (folder: string) => void = () => {}, runs?: string): Promise<Fixture> {
  const scratch = mkdtempSync(join(tmpdir(), 'pyroved-studio-'));
  const folder = runs ?? scratch;
  fill(folder);
  const command = join(scratch, 'command.mjs');
  writeFileSync(command, program);
  // A page of its own: the studio's takes a while to build, and the tests in a browser have it.
  const pages = mkdtempSync(join(tmpdir(), 'pyroved-page-'));
  writeFileSync(join(pages, 'index.html'), '<!doctype html><title>Studio</title>');
  const studio = await startStudio({ folder, program: command, pages });
  const send: Fixture['send'] = (path, { method = 'GET', headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const length = 'transfer-encoding' in headers ? {} : { 'content-length': String(Buffer.byteLength(text)) };
      const all = { authorization: `Bearer ${studio.token}`, ...length, ...headers };
      const sent = request(
        { host: '127.0.0.1', port: studio.port, path, method, headers: all, agent: false },
        (response) => {
          let answer = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            answer += part;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text: answer }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(text);
    });
  return {
    studio,
    folder,
    send,
    json: async (path) => JSON.parse((await send(path)).text),
    [Symbol.asyncDispose]: async () => {
      await studio.close();
      for (const made of [scratch, pages]) rmSync(made, { recursive: true, force: true });
    },
  };
}

/** Waits until `look` returns something. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
