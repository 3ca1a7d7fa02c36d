/** Tables of known numbers: which image has which, what becomes of images of which nothing is known, and what is rejected. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSets } from 'pyroved';
import { encodeNpy } from 'pyroved-ts';
import { afterAll, describe, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'factors-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const write = (name: string, text: string): string => {
  writeFileSync(at(name), text);
  return at(name);
};
const images = Float32Array.from({ length: 10 * 36 }, (_, i) => (i % 7) / 7 + Math.floor(i / 36) / 20);
writeFileSync(at('images.npy'), encodeNpy(images, [10, 6, 6]));
const sets = (factors: string, options: object = {}) =>
  loadSets({ kind: 'array', file: at('images.npy'), factors, seed: 1, ...options });

describe('a table for the items of an array', () => {
  test('has a row for each; where a number is missing the image is unlabelled', async () => {
    const rows = Array.from({ length: 10 }, (_, i) => `${i === 3 || i === 7 ? '' : 10 * i},${i / 2}`);
    const path = write('all.csv', `length,width\n${rows.join('\n')}\n`);
    const { labelled, unlabelled, test: held, close } = await sets(path, { validationFraction: 0.25 });
    const lengths = (set: typeof labelled) => Array.from(set?.factors?.length ?? []);
    expect([labelled?.count, held?.count, unlabelled.count]).toEqual([6, 2, 2]);
    expect([...lengths(labelled), ...lengths(held)].sort((a, b) => a - b)).toEqual([0, 10, 20, 40, 50, 60, 80, 90]);
    expect(lengths(unlabelled)).toEqual([Number.NaN, Number.NaN]);
    expect(Array.from(unlabelled.factors?.width ?? [])).toEqual([1.5, 3.5]);
    // Each image keeps its own numbers.
    labelled?.names?.forEach((name, i) => {
      expect(name).toContain(`[${(labelled.factors?.length[i] ?? 0) / 10}]`);
    });
    close?.();
  });

  test.each([',', ';', '\t'])('is divided by %j where its header is', async (delimiter) => {
    const rows = Array.from({ length: 10 }, (_, i) => `"${i}"${delimiter}${i + 0.5}${delimiter}`);
    const { labelled, close } = await sets(write('d.csv', `t${delimiter}u\n${rows.join('\n')}\n`), {
      validationFraction: 0,
    });
    expect(Array.from(labelled?.factors?.u ?? [])).toEqual(rows.map((_, i) => i + 0.5));
    close?.();
  });

  test('without a gap, all images are labelled ones and serve as the unlabelled ones too', async () => {
    const path = write('whole.csv', `t\n${Array.from({ length: 10 }, (_, i) => i).join('\n')}\n`);
    const { labelled, unlabelled, test: held } = await sets(path, { validationFraction: 0 });
    expect(labelled).toBe(unlabelled);
    expect([labelled?.count, held]).toEqual([10, undefined]);
  });

  test.each([
    ['t\n1\n2\n', /has 2 rows for 10 images\. It must have one row per image, or a column "file"/],
    ['1\n2\n', /must have a header, such as "file,length"/],
    [`t\n${'1\n'.repeat(4)}many\n${'1\n'.repeat(5)}`, /line 6: "many" in the column "t" is not a number/],
    [`t,u\n${'1,\n'.repeat(10)}`, /has no image for which all factors are known/],
    ['t;u\n1;2,5\n', /line 2: "2,5" in the column "u" is not a number\..*decimal point/],
    ['t,u\n1;5,2;5\n', /line 2: "1;5" in the column "t" is not a number/],
    ['t,u\n1,5,2\n', /line 2: the row has 3 cells, and the first row has 2/],
    ['t\n1\t5\n', /line 2: the row has 2 cells, and the first row has 1|not a number/],
    ['file,t\nother.png,1\n', /names 1 file\(s\) that are not among the images:\n {2}other\.png/],
  ])('%j is rejected', async (text, message) => {
    await expect(sets(write('bad.csv', text))).rejects.toThrow(message);
  });
});
