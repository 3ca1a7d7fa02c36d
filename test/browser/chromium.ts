/** Pages in Chromium: a module that Vite serves, run in a page that tells one answer. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type Plugin, type ViteDevServer } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** PYRO_CHROMIUM, or what usually is one. */
function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  return process.env.PYRO_CHROMIUM ?? [...onPath, mac].find((file) => existsSync(file));
}

/** The browser's program, where there is one. */
export const chromium = findChromium();

/** For the title of a suite that is skipped without a browser. */
export const where = `in Chromium (PYRO_CHROMIUM, or one on the path: ${chromium ?? 'none here'})`;

/** The program of docs/engines.md, "In a browser", which starts engine and kernel. */
export const browserProgram =
  /## In a browser[\s\S]*?```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs', 'engines.md'), 'utf8'))?.[1] ?? '';

const html = `<!doctype html><script>
  const tell = (answer) => fetch('/answer', { method: 'POST', body: JSON.stringify(answer) });
  addEventListener('error', (event) => tell({ error: event.message || 'a script could not be loaded' }), true);
  addEventListener('unhandledrejection', (event) => tell({ error: String(event.reason?.stack ?? event.reason) }));
</script><script type="module" src="/page.js"></script>`;

export interface Message {
  readonly error?: string;
}

/** What a page is made of. */
export interface PageOptions {
  /** The module that the page runs; it calls `tell(answer)` once. */
  readonly script: string;
  /** Content by path, e.g. "/model/model.json". */
  readonly files?: ReadonlyMap<string, string | Uint8Array>;
  /** Packages that Vite serves as they are. */
  readonly exclude: readonly string[];
  /** Packages that Vite bundles first, beside TensorFlow.js. */
  readonly include?: readonly string[];
  /** Sent with the page. @default none */
  readonly contentSecurityPolicy?: string;
}

/** A server for one page, which is visited as often as wanted. */
export class Site<Answer extends Message> {
  private isolated = false;
  private receive: (answer: Message & Partial<Answer>) => void = () => {};

  private constructor(
    private readonly options: PageOptions,
    private server: ViteDevServer | undefined,
  ) {}

  static async open<Answer extends Message>(options: PageOptions): Promise<Site<Answer>> {
    const site = new Site<Answer>(options, undefined);
    const { exclude, include = [] } = options;
    site.server = await createServer({
      root,
      configFile: false,
      appType: 'custom',
      logLevel: 'error',
      cacheDir: join(root, 'node_modules', '.cache', 'pyro', `vite-${include.length}`),
      plugins: [site.plugin],
      server: { host: '127.0.0.1', port: 0, hmr: false, ws: false, watch: null },
      optimizeDeps: {
        noDiscovery: true,
        include: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', ...include],
        exclude: [...exclude],
      },
    });
    await site.server.listen();
    return site;
  }

  close(): Promise<void> | undefined {
    return this.server?.close();
  }

  /** Opens the page, with the headers that isolate it or without. @returns what it tells, or an `error` */
  async visit(isolated: boolean): Promise<Message & Partial<Answer>> {
    this.isolated = isolated;
    const profile = mkdtempSync(join(tmpdir(), 'pyro-chromium-'));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const address = this.server?.resolvedUrls?.local[0] ?? '';
    const args = [...flags, ...quiet, `--user-data-dir=${profile}`, address];
    const browser = spawn(chromium as string, args, { stdio: 'ignore', detached: true });
    try {
      return await new Promise<Message & Partial<Answer>>((resolve) => {
        const failed = (error: string): void => {
          const message: Message = { error };
          resolve(message as Message & Partial<Answer>);
        };
        this.receive = resolve;
        browser.on('error', ({ message }) => failed(message));
        setTimeout(() => failed('The page sent nothing for 120 s'), 120_000).unref();
        browser.on('exit', (status) => failed(`Chromium ended with ${status}`));
      });
    } finally {
      await ended(browser);
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
    }
  }

  private get plugin(): Plugin {
    const { script, files = new Map(), contentSecurityPolicy } = this.options;
    return {
      name: 'page',
      resolveId: (id) => (id === '/page.js' ? id : undefined),
      load: (id) => (id === '/page.js' ? script : undefined),
      configureServer: ({ middlewares }) => {
        middlewares.use((request, response, next) => {
          if (this.isolated) {
            response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
            response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
          }
          if (contentSecurityPolicy !== undefined) {
            response.setHeader('Content-Security-Policy', contentSecurityPolicy);
          }
          const file = files.get(request.url ?? '');
          if (file !== undefined) return void response.end(file);
          if (request.url === '/') return void response.setHeader('Content-Type', 'text/html').end(html);
          if (request.url !== '/answer') return next();
          let text = '';
          request.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          request.on('end', () => {
            response.end();
            this.receive(JSON.parse(text) as Message & Partial<Answer>);
          });
        });
      },
    };
  }
}

/** Ends the browser with all processes that it started, and waits until it is gone. */
async function ended(browser: ChildProcess): Promise<void> {
  if (browser.exitCode !== null || browser.pid === undefined) return;
  const gone = new Promise((resolve) => browser.once('exit', resolve));
  if (process.platform === 'win32') browser.kill();
  else process.kill(-browser.pid, 'SIGKILL');
  await gone;
}
