/** The program of docs/engines.md, "In a browser", in Chromium: the wasm engine and kernel run in a page, on several threads where it is isolated. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type Plugin, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** PYRO_CHROMIUM, or what usually is one. */
function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  return process.env.PYRO_CHROMIUM ?? [...onPath, mac].find((file) => existsSync(file));
}

const chromium = findChromium();

const program = /## In a browser[\s\S]*?```js\n([\s\S]*?)```/.exec(
  readFileSync(join(root, 'docs', 'engines.md'), 'utf8'),
)?.[1];

/** Values and gradients of a decoder by that program's kernel and by plain operations. */
const comparison = `
  import * as tf from '@tensorflow/tfjs';
  import { spatialDecoder } from '@pyro-ts/spatial-decoder';
  const draw = (shape, seed) => tf.randomUniform(shape, -1, 1, 'float32', seed);
  const [grid, pose, code] = [draw([150, 2], 1), draw([6, 12, 2], 2), draw([6, 12], 3)];
  const output = { weight: draw([12, 1], 4), bias: draw([1], 5) };
  const hidden = (weight) => [{ weight, bias: draw([12], 6) }];
  const options = { activation: 'tanh', firstActivation: 'tanh' };
  const results = [{ kernel }, {}].map((chosen) => {
    const value = (pose, code, weight) => spatialDecoder({ grid, pose, code, hidden: hidden(weight), output }, { ...options, ...chosen });
    const operands = [pose, code, draw([12, 12], 7)];
    const grads = tf.grads((...operands) => tf.sum(tf.square(value(...operands))))(operands);
    return [value(...operands), ...grads].flatMap((tensor) => [...tensor.dataSync()]);
  });
  const size = Math.max(...results[1].map(Math.abs));
  const difference = Math.max(...results[0].map((x, i) => Math.abs(x - results[1][i]))) / size;
  const { name, threads } = kernel;
  tell({ engine: tf.getBackend(), name, threads, isolated: crossOriginIsolated, numbers: results[0].length, size, difference });`;

const html = `<!doctype html><script>
  const tell = (answer) => fetch('/answer', { method: 'POST', body: JSON.stringify(answer) });
  addEventListener('error', (event) => tell({ error: event.message || 'a script could not be loaded' }), true);
  addEventListener('unhandledrejection', (event) => tell({ error: String(event.reason) }));
</script><script type="module" src="/page.js"></script>`;

interface Answer {
  readonly error?: string;
  readonly engine?: string;
  readonly name?: string;
  readonly threads?: number;
  readonly isolated?: boolean;
  readonly numbers?: number;
  readonly size?: number;
  readonly difference?: number;
}

/** Serves the page, with the headers that isolate it or without, and hands on what it tells. */
class Site {
  isolated = false;
  told: (answer: Answer) => void = () => {};

  readonly plugin: Plugin = {
    name: 'page',
    resolveId: (id) => (id === '/page.js' ? id : undefined),
    load: (id) => (id === '/page.js' ? `${program}\n${comparison}` : undefined),
    configureServer: ({ middlewares }) => {
      middlewares.use((request, response, next) => {
        if (this.isolated) {
          response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
          response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
        }
        if (request.url === '/') return void response.setHeader('Content-Type', 'text/html').end(html);
        if (request.url !== '/answer') return next();
        let text = '';
        request.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        request.on('end', () => {
          response.end();
          this.told(JSON.parse(text) as Answer);
        });
      });
    },
  };
}

describe.skipIf(chromium === undefined)(
  `in Chromium (PYRO_CHROMIUM, or one on the path: ${chromium ?? 'none here'})`,
  () => {
    const site = new Site();
    let server: ViteDevServer;

    beforeAll(async () => {
      server = await createServer({
        root,
        configFile: false,
        appType: 'custom',
        logLevel: 'error',
        cacheDir: join(root, 'node_modules', '.cache', 'pyro', 'vite'),
        plugins: [site.plugin],
        server: { host: '127.0.0.1', port: 0, hmr: false, ws: false, watch: null },
        optimizeDeps: {
          noDiscovery: true,
          include: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
          exclude: ['@pyro-ts/engine', '@pyro-ts/spatial-decoder'],
        },
      });
      await server.listen();
    });
    afterAll(() => server?.close());

    async function visit(isolated: boolean): Promise<Answer> {
      site.isolated = isolated;
      const profile = mkdtempSync(join(tmpdir(), 'pyro-chromium-'));
      const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
      const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
      const address = server.resolvedUrls?.local[0] ?? '';
      const args = [...flags, ...quiet, `--user-data-dir=${profile}`, address];
      const browser = spawn(chromium as string, args, { stdio: 'ignore', detached: true });
      try {
        return await new Promise<Answer>((resolve) => {
          site.told = resolve;
          browser.on('error', ({ message }) => resolve({ error: message }));
          setTimeout(() => resolve({ error: 'The page told nothing for 60 s' }), 60_000).unref();
          browser.on('exit', (status) => resolve({ error: `Chromium ended with ${status}` }));
        });
      } finally {
        await ended(browser);
        rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
      }
    }

    it('an isolated page: all threads', async () => {
      const answer = await visit(true);
      expect(answer).toMatchObject({
        engine: 'wasm',
        name: 'wasm',
        isolated: true,
        numbers: 6 * 150 + 6 * 24 + 6 * 12 + 144,
      });
      expect(answer.threads).toBe(availableParallelism());
      expect(answer.size).toBeGreaterThan(1);
      expect(answer.difference).toBeLessThan(1e-5);
    });

    it('any other page: one thread', async () => {
      const answer = await visit(false);
      expect(answer).toMatchObject({ engine: 'wasm', name: 'wasm', isolated: false, threads: 1 });
      expect(answer.difference).toBeLessThan(1e-5);
    });
  },
);

/** Ends the browser with all processes that it started, and waits until it is gone. */
async function ended(browser: ChildProcess): Promise<void> {
  if (browser.exitCode !== null || browser.pid === undefined) return;
  const gone = new Promise((resolve) => browser.once('exit', resolve));
  if (process.platform === 'win32') browser.kill();
  else process.kill(-browser.pid, 'SIGKILL');
  await gone;
}
