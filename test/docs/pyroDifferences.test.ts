/** Every name that docs/pyro-differences.md gives for something of Pyro's is exported. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as pyro from 'pyro-ts';
import { expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const page = readFileSync(join(root, 'docs', 'pyro-differences.md'), 'utf8');

/** The code spans of the second column of each table whose header says "here". */
function names(): string[] {
  const found: string[] = [];
  let isMapping = false;
  for (const line of page.split('\n')) {
    if (!line.startsWith('|')) isMapping = false;
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells[2] === 'here') isMapping = true;
    else if (isMapping) found.push(...[...(cells[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  }
  return found;
}

it('maps a hundred names to exports', () => {
  expect(names().length).toBeGreaterThan(100);
  for (const name of names()) expect(pyro, name).toHaveProperty(name);
});
