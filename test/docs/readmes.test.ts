/** The programs in the readmes and on the start page run when pasted, and print what the page says. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { processTest } from '../slow.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const names = readdirSync(join(root, 'packages'));
const readmes = ['README.md', 'docs/index.md', ...names.map((name) => `packages/${name}/README.md`)];

/** Every fenced block of `ts`, with the `text` block after it: what it prints. */
const programs = readmes.flatMap((file) => {
  let text = '';
  try {
    text = readFileSync(join(root, file), 'utf8');
  } catch {
    return [];
  }
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```\n(?:\s*^```text\n(.*?)^```)?/gms)];
  return blocks.map(([, code, output], i) => ({ name: `${file}, program ${i + 1}`, code, output }));
});

it('there are programs to run', () => {
  expect(programs.length).toBeGreaterThanOrEqual(3);
});

processTest.each(programs)('$name', ({ code, output }) => {
  const args = ['--input-type=module', '--no-warnings', '-e', code];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  if (output !== undefined) expect(stdout).toBe(output);
});
