/** The studio's explorer and its labelling in Chromium: the latent map of a trained run, pictures that the page decodes, and labels given with keys. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainSmallRun } from '../studio/smallRun.js';
import { chromium, where } from './chromium.js';
import { accessibilityProblems, type OpenStudio, openStudio } from './studioPage.js';

describe.skipIf(chromium === undefined)(where, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pyroved-studio-'));
  let opened: OpenStudio;
  beforeAll(async () => {
    await trainSmallRun(folder);
    opened = await openStudio(join(folder, 'runs', 'small'));
    const { page } = opened;
    await page.getByRole('link', { name: 'Explore' }).click();
    await page.getByRole('img', { name: 'Decoded', exact: true }).waitFor();
  });
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The page draws a moment after what it is asked for. */
  const drawing = { timeout: 30_000 };

  /** The mean grey value of a picture. */
  const brightness = (title: string): Promise<number> =>
    opened.page.evaluate(`(() => {
      const canvas = document.querySelector('canvas[aria-label="${title}"]');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((_, i) => i % 4 === 0).reduce((sum, value) => sum + value, 0) / (data.length / 4);
    })()`);

  it('shows an image with its upright version, its reconstruction and its class', async () => {
    const { page } = opened;
    await page.getByRole('spinbutton').fill('7');
    for (const title of ['Image', 'Upright', 'Reconstruction']) {
      await page.getByRole('img', { name: title, exact: true }).waitFor();
      await expect.poll(() => brightness(title), drawing).toBeGreaterThan(5);
    }
    await page.getByText(/^(bar|square) \(/).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('decodes what sliders, class and a drag over the map say', async () => {
    const { page } = opened;
    await expect.poll(() => brightness('Decoded'), drawing).toBeGreaterThan(5);
    const before = await brightness('Decoded');
    const slider = page.getByRole('slider', { name: 'Content 1' });
    await slider.fill('2.5');
    await expect.poll(() => brightness('Decoded'), drawing).not.toBe(before);
    await slider.press('ArrowRight');
    await expect.poll(async () => Number(await slider.inputValue()), drawing).toBeGreaterThan(2.5);
    await page.getByRole('combobox', { name: 'Class', exact: true }).selectOption('square');
    await page.getByRole('button', { name: 'Drag to decode' }).click();
    const map = await page.locator('.map canvas').boundingBox();
    if (!map) throw new Error('The map has no box.');
    await page.mouse.move(map.x + 20, map.y + 20);
    await page.mouse.down();
    await page.mouse.move(map.x + 0.7 * map.width, map.y + 0.3 * map.height, { steps: 5 });
    await page.mouse.up();
    await expect.poll(async () => Number(await slider.inputValue()), drawing).not.toBeCloseTo(2.5, 2);
  });

  it('selects with the lasso, and exports the selection as a table', async () => {
    const { page } = opened;
    await page.getByRole('button', { name: 'Lasso' }).click();
    const map = await page.locator('.map canvas').boundingBox();
    if (!map) throw new Error('The map has no box.');
    const corners = [
      [2, 2],
      [map.width - 2, 2],
      [map.width - 2, map.height - 2],
      [2, map.height - 2],
      [2, 4],
    ];
    await page.mouse.move(map.x + 2, map.y + 2);
    await page.mouse.down();
    for (const [x, y] of corners) await page.mouse.move(map.x + x, map.y + y, { steps: 12 });
    await page.mouse.up();
    await page.getByText(/^[\d]+ selected: /).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download table' }).click(),
    ]);
    const stream = await download.createReadStream();
    let text = '';
    for await (const part of stream) text += part;
    const [header, ...rows] = text.trim().split('\n');
    expect(header).toBe('image,file,class,angle_rad,z1,z2');
    expect(rows.length).toBeGreaterThan(30);
    expect(rows[0]).toMatch(/^\d+,[\w/.]+,(bar|square),-?[\d.e-]+,-?[\d.e-]+,-?[\d.e-]+$/);
  });

  it('labels with single keys, each on the disk before the next image is shown, and takes labels back', async () => {
    const { page } = opened;
    const labels = (): string[] =>
      readFileSync(join(folder, 'runs', 'small', 'labels.csv'), 'utf8')
        .trimEnd()
        .split('\n');
    await page.getByRole('link', { name: 'Label', exact: true }).click();
    await page.getByRole('img', { name: /^Image \d+$/ }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('2');
    await page.getByText(/^Image \d+: square\.$/).waitFor();
    expect(labels()).toHaveLength(12);
    expect(labels().at(-1)).toMatch(/^\d+\.png,square$/);
    await page.keyboard.press('0');
    await page.getByText(/^Image \d+: none of these\.$/).waitFor();
    expect(labels().at(-1)).toMatch(/^\d+\.png,$/);
    await page.keyboard.press('u');
    await page.getByText('The last label was removed.').waitFor();
    expect(labels()).toHaveLength(12);
  });

  it('draws without errors', () => {
    // Software rendering warns that it is slow, and canvases that this test reads them.
    expect(opened.problems.filter((text) => !/GPU stall|readback operations/.test(text))).toEqual([]);
  });
});
