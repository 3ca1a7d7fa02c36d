/** The guides quote their programs and what these print, word by word. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const examples = join(root, 'docs', 'examples');
const names = readdirSync(examples)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length));

it('there are examples to run', () => {
  expect(names.length).toBeGreaterThanOrEqual(5);
});

it.each(names)('%s', (name) => {
  const guide = readFileSync(join(root, 'docs', 'guides', `${name}.md`), 'utf8');
  const program = join(examples, `${name}.mjs`);
  expect(guide).toContain(`\`\`\`js\n${readFileSync(program, 'utf8')}\`\`\`\n`);
  // One engine for all, so that every printed digit is settled.
  const env = { ...process.env, PYRO_ENGINE: 'wasm' };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', program], {
    encoding: 'utf8',
    env,
  });
  expect(status, stderr).toBe(0);
  expect(guide).toContain(`\`\`\`text\n${stdout}\`\`\`\n`);
});
