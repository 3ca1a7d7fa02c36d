/** A page of the studio in Chromium, driven by Playwright. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { type Studio, startStudio } from 'pyroved-studio';
import { chromium } from './chromium.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The command that trainings are started with. */
export const program = join(root, 'packages', 'pyroved', 'bin', 'pyroved.js');

/** A studio, and a page that shows it. */
export interface OpenStudio extends AsyncDisposable {
  readonly studio: Studio;
  readonly browser: Browser;
  readonly page: Page;
  /** Errors and warnings of the page so far. */
  readonly problems: string[];
}

/** Opens the studio of a folder at the address that it prints. */
export async function openStudio(folder: string): Promise<OpenStudio> {
  const studio = await startStudio({ folder, program });
  const browser = await playwright.launch({
    ...(chromium !== undefined && { executablePath: chromium }),
    args: ['--no-sandbox', '--enable-unsafe-swiftshader'],
  });
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  page.setDefaultTimeout(120_000);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error.stack)));
  await page.goto(studio.address);
  return {
    ...{ studio, browser, page, problems },
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await studio.close();
    },
  };
}

/** What axe-core finds that is serious, each as its rule and the elements concerned. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // As an expression, which the policy of the page does not concern.
  await page.evaluate(axe.source);
  const { violations }: AxeResults = await page.evaluate('axe.run(document)');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
