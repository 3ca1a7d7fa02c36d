/** The blocks of each tutorial are one program, which prints what the page says block by block. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { processTest } from '../slow.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = join(root, 'docs', 'tutorials');
const pages = readdirSync(folder).filter((file) => readFileSync(join(folder, file), 'utf8').includes('```js'));
const lines = (text: string) => text.split('\n').map((line) => line.trimEnd());

it('there are tutorials', () => void expect(pages.length).toBeGreaterThan(1));

processTest.each(pages)('%s', (page) => {
  const text = readFileSync(join(folder, page), 'utf8');
  const blocks = [...text.matchAll(/^```js\n(.*?)^```\n(?:\n^```text\n(.*?)^```)?/gms)];
  const mark = '---- next block ----';
  const program = blocks.map(([, code]) => `${code}\nconsole.log('${mark}');`).join('\n');
  // One engine for all, so that every printed digit is settled.
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--no-warnings', '-e', program],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PYRO_ENGINE: 'wasm' },
    },
  );
  expect(status, stderr).toBe(0);
  if (process.env.PYRO_DUMP) writeFileSync(process.env.PYRO_DUMP, stdout);
  const printed = stdout.split(`${mark}\n`);
  for (const [i, [, , expected = '']] of blocks.entries()) expect(lines(printed[i])).toEqual(lines(expected));
});
