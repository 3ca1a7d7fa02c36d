/** The guides quote their programs and what these print, word by word. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { expect, it, vi } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const examples = join(root, 'docs', 'examples');
const names = readdirSync(examples)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length));

it('there are examples to run', () => {
  expect(names.length).toBeGreaterThanOrEqual(5);
});

/** What a program prints. One engine for all, so that every printed digit is settled; where it runs here, nothing has to be loaded anew. */
async function printedBy(program: string): Promise<string> {
  if (tf.getBackend() !== 'wasm') {
    const env = { ...process.env, PYRO_ENGINE: 'wasm' };
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', program], {
      encoding: 'utf8',
      env,
    });
    expect(status, stderr).toBe(0);
    return stdout;
  }
  let printed = '';
  const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
    printed += `${format(...values)}\n`;
  });
  try {
    await import(pathToFileURL(program).href);
  } finally {
    log.mockRestore();
  }
  return printed;
}

it.each(names)('%s', async (name) => {
  const guide = readFileSync(join(root, 'docs', 'guides', `${name}.md`), 'utf8');
  const program = join(examples, `${name}.mjs`);
  expect(guide).toContain(`\`\`\`js\n${readFileSync(program, 'utf8')}\`\`\`\n`);
  expect(guide).toContain(`\`\`\`text\n${await printedBy(program)}\`\`\`\n`);
});
