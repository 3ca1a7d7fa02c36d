/** Names of classes and files that JavaScript, a terminal or a spreadsheet takes for something else: from training to report and tables. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { picture, png, quick, remove, succeed, temporaryFolder, write } from './helpers.js';

const root = temporaryFolder();
afterAll(() => remove(root));

it('train and classify', async () => {
  const classes = { constructor: 'ell', __proto__: 'flag', '=1+1': 'ell' } as const;
  const names = ['constructor', '__proto__', '=1+1'] as const;
  names.forEach((name, k) => {
    const shape = Object.hasOwn(classes, name) ? classes[name] : 'flag';
    for (let i = 0; i < 6; i++) {
      write(join(root, 'labelled', name, `${i}.png`), png(picture(shape, 90 * k + i)));
      write(join(root, 'unlabelled', `\u001b[31m${name}${i}.png`), png(picture(shape, 90 * k + 10 * i)));
    }
  });
  write(join(root, 'unlabelled', '\u001b]0;title\u0007damaged.png'), 'no image');
  const folders = ['--unlabelled', 'unlabelled', '--labelled', 'labelled', '--validation-fraction', '0.4'];
  const train = await succeed(['train', ...folders, ...quick, '--epochs', '1', '--out', 'run'], root);
  expect(train.stderr).toContain('\\u001b]0;title\\u0007damaged.png: not an image');
  expect(train.stderr).not.toMatch(/[^\P{Cc}\n]/u);
  const report = readFileSync(join(root, 'run/report.html'), 'utf8');
  for (const name of names) expect(report).toContain(`>${name}</text>`);
  await succeed(['classify', 'run', '--images', 'unlabelled', '--out', 'classes.csv'], root);
  const [header, ...rows] = readFileSync(join(root, 'classes.csv'), 'utf8').trim().split('\n');
  expect(header).toContain('p(constructor)');
  expect(rows).toHaveLength(18);
  for (const row of rows) expect(row.split(',')[1]).toMatch(/^(constructor|__proto__|'=1\+1)$/);
});
