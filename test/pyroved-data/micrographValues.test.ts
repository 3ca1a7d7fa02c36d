/** Micrographs have the grey values that the same files have as images, so that a model trained on the one classifies the other. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileProblem } from 'pyroved-ts';
import { afterAll, expect, it } from 'vitest';
import { decodeImages, luminance } from '../../packages/pyroved-data/dist/images/decode.js';
import { eachMicrograph } from '../../packages/pyroved-data/dist/micrograph/read.js';
import { bytesOf, imageFiles } from './fixtures/index.js';

const root = mkdtempSync(join(tmpdir(), 'micrograph-values-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const isRead = (name: string): boolean => {
  try {
    decodeImages(bytesOf(name));
    return true;
  } catch {
    return false;
  }
};
const names = imageFiles.filter((name) => name.endsWith('.tif') && isRead(name));

it('there are TIFFs with signed, unsigned and floating values', () => {
  expect(names.length).toBeGreaterThan(8);
  expect(names).toContain('signed16.tif');
});

it.each(names)('%s', async (name) => {
  const file = join(root, name);
  writeFileSync(file, bytesOf(name));
  const problems: FileProblem[] = [];
  const found = [];
  for await (const { planes } of eachMicrograph(file, {}, problems, [])) found.push(planes[0].pixels);
  const expected = decodeImages(bytesOf(name)).map(luminance);
  if (problems.length > 0) return void expect(problems[0].why).toMatch(/compression|palette|bits/);
  expect(found).toHaveLength(expected.length);
  found.forEach((pixels, k) => {
    const worst = Math.max(...pixels.map((v, i) => Math.abs(v - expected[k][i])));
    expect(worst).toBeLessThan(1e-6);
  });
});
