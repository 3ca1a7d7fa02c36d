/** The documentation site, built and opened in Chromium: its pages, the search, links between them, and accessibility. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium as launcher, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all } from '../slow.js';
import { chromium, where } from './chromium.js';

interface Script {
  readonly site: string;
  buildSite(options: { readonly quiet: boolean }): Promise<void>;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/** Serves a folder of files, as any web server would. */
async function serve(folder: string): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const path = decodeURI(new URL(url, 'http://localhost').pathname);
    const file = join(folder, normalize(path.endsWith('/') ? `${path}index.html` : path));
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  return server;
}

describe.skipIf(chromium === undefined || !all)(where, () => {
  let server: Server;
  let browser: Browser;
  let address: string;

  beforeAll(async () => {
    const script: Script = await import(pathToFileURL(join(root, 'scripts', 'docs.mjs')).href);
    await script.buildSite({ quiet: true });
    server = await serve(script.site);
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await launcher.launch({ executablePath: chromium, args: ['--no-sandbox'] });
  }, 600_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** Opens a page and collects what goes wrong on it, and what it asks of other servers. */
  async function open(path: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<[Page, string[]]> {
    const page = await browser.newPage(options);
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('response', (response) => {
      if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(address) && !url.startsWith('data:')) problems.push(`asks for ${url}`);
    });
    await page.goto(address + path, { waitUntil: 'networkidle' });
    return [page, problems];
  }

  it.each([
    ['', 'pyro-ts Probabilistic programming for TypeScript'],
    ['guides/your-own-images.html', 'Your own images'],
    ['tutorials/enumeration.html', 'Enumeration'],
  ])('page "%s" opens without errors, at the width of a screen and of a phone', async (path, title) => {
    for (const width of [1280, 390]) {
      const [page, problems] = await open(path, { viewport: { width, height: 844 } });
      const heading = await page.locator('h1').first().innerText();
      expect(heading.replace(/\s+/g, ' ').replace('\u200b', '').trim()).toBe(title);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it('the picture of the start page moves', async () => {
    const [page] = await open('');
    const picture = page.locator('.VPHero img').first();
    expect(
      await picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
    ).toBeGreaterThan(100);
    const box = await picture.boundingBox();
    if (box === null) throw new Error('The picture is not visible.');
    const before = await page.screenshot({ clip: box });
    await expect
      .poll(async () => (await page.screenshot({ clip: box })).equals(before), { timeout: 20_000 })
      .toBe(false);
    await page.close();
  });

  it('the search finds a page and opens it, without a server', async () => {
    const [page, problems] = await open('');
    await page
      .getByRole('button', { name: /search/i })
      .first()
      .click();
    await page.locator('#localsearch-input').fill('illumination contrast');
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    await page.locator('.VPLocalSearchBox .result', { hasText: 'Preprocessing' }).first().click();
    await page.waitForURL(/guides\/preprocessing/);
    await page.locator('h1', { hasText: 'Preprocessing' }).waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  it('a link with an anchor leads to the heading', async () => {
    const [page] = await open('guides/your-own-images.html');
    await page.locator('a[href$="it-did-not-learn.html#what-the-accuracy-is"]').first().click();
    await page.waitForURL(/#what-the-accuracy-is$/);
    await expect
      .poll(() => page.locator('#what-the-accuracy-is').evaluate((e) => e.getBoundingClientRect().top))
      .toBeLessThan(300);
    await page.close();
  });

  it.each(['', 'guides/bayesian-regression.html', 'guides/preprocessing.html'])(
    'page "%s" is accessible, light and dark',
    async (path) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const [page] = await open(path, { colorScheme });
        await page.evaluate(axe);
        const found = (await page.evaluate('axe.run()')) as {
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        };
        const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        expect(
          serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join('; ')}`),
        ).toEqual([]);
        await page.close();
      }
    },
  );
});
