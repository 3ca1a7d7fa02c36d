/** The studio's pages of runs in Chromium: a training is started, watched, stopped and resumed with clicks and keys. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRun } from '../studio/fixture.js';
import { chromium, where } from './chromium.js';
import { accessibilityProblems, type OpenStudio, openStudio } from './studioPage.js';

/** Bars at any angle. */
function writeImages(folder: string, count: number, side = 12): void {
  mkdirSync(folder);
  for (let i = 0; i < count; i++) {
    const data = Uint8Array.from({ length: side * side }, (_, at) => {
      const [row, column] = [Math.floor(at / side) - side / 2, (at % side) - side / 2];
      return Math.abs(row * Math.cos(0.7 * i) + column * Math.sin(0.7 * i)) < 1.5 ? 255 : 0;
    });
    writeFileSync(join(folder, `${i}.png`), encode({ width: side, height: side, data, channels: 1, depth: 8 }));
  }
}

describe.skipIf(chromium === undefined)(where, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pyroved-studio-'));
  let opened: OpenStudio;
  beforeAll(async () => {
    writeImages(join(folder, 'images'), 48);
    writeRun(join(folder, 'runs', '<img src=x onerror=document.title="hacked">'));
    writeRun(join(folder, 'runs', 'seed-1'), 4).writeSummary({ accuracy: 0.9 });
    writeRun(join(folder, 'runs', 'seed-2'), 4).writeSummary({ accuracy: 0.6 });
    opened = await openStudio(join(folder, 'runs'));
  });
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lists runs, whose hostile names are text, and keeps the token out of the address', async () => {
    const { page } = opened;
    await page.getByRole('link', { name: '<img src=x' }).waitFor();
    expect(page.url()).not.toContain('token');
    expect(await page.title()).toBe('Runs - pyroved studio');
    expect(await page.locator('main img').count()).toBe(0);
  });

  it('compares selected runs: curves, settings that differ, and the worst', async () => {
    const { page } = opened;
    await page.getByLabel('Compare seed-1').check();
    await page.getByLabel('Compare seed-2').press('Space');
    await page.getByText('Lowest accuracy: seed-2, 60.0%').waitFor();
    await page.getByText('All settings are the same.').waitFor();
    const label = await page.locator('.curves [role=img]').first().getAttribute('aria-label');
    expect(label).toBe('Loss, nats per image by epoch. Last values: seed-1 25; seed-2 25.');
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('starts a training, shows its epochs as they end, stops and resumes it', async () => {
    const { page } = opened;
    await page.getByRole('link', { name: 'New training' }).click();
    await page.getByLabel('Name of the run').fill('bars');
    await page.getByLabel('Folder of unlabelled images').fill(join(folder, 'nothing'));
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start training' }).click();
    await page.getByRole('alert').getByText('nothing').waitFor();
    await page.getByLabel('Folder of unlabelled images').fill(join(folder, 'images'));
    await page.getByLabel('Epochs').fill('2000');
    await page.getByLabel('Epochs').press('Enter');
    await page.getByRole('heading', { name: 'bars Training' }).waitFor();
    await page.locator('.uplot').first().waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('heading', { name: 'bars Stopped' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('heading', { name: 'bars Training' }).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('heading', { name: 'bars Stopped' }).waitFor();
  });

  it('fits a phone, in dark colours too', async () => {
    const { page } = opened;
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByLabel('Theme').selectOption('dark');
    for (const address of ['#/', '#/new']) {
      await page.evaluate(`location.hash = '${address}'`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      expect(await accessibilityProblems(page)).toEqual([]);
    }
    expect(opened.problems).toEqual([]);
  });

  it('says what to do without the token, and when the studio has ended', async () => {
    const context = await opened.browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${opened.studio.port}/`);
    await page.getByText('Open the address that pyroved studio has printed').waitFor();
    await opened.studio.close();
    await opened.page.getByText('The studio does not answer; trying again.').waitFor();
  });
});
