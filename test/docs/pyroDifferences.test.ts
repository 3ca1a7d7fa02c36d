/** Every name that docs/pyro-differences.md and docs/pyroved-differences.md give for something of Pyro's and pyroVED's is exported. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as pyro from 'pyro-ts';
import * as classes from 'pyro-ts/distributions';
import * as application from 'pyroved';
import * as data from 'pyroved-data';
import * as library from 'pyroved-ts';
import * as node from 'pyroved-ts/node';
import { expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The code spans of the second column of each table whose header says "here", up to a bracket. */
function namesIn(page: string): string[] {
  const found: string[] = [];
  let isMapping = false;
  for (const line of readFileSync(join(root, 'docs', page), 'utf8').split('\n')) {
    if (!line.startsWith('|')) isMapping = false;
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells[2] === 'here' && cells.length > 4) isMapping = true;
    else if (isMapping)
      found.push(...[...(cells[2] ?? '').replace(/\(.*/, '').matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  }
  return found;
}

it('maps a hundred names of Pyro to exports', () => {
  const names = namesIn('pyro-differences.md');
  expect(names.length).toBeGreaterThan(100);
  for (const name of names) expect({ ...pyro, ...classes }, name).toHaveProperty(name);
});

/** Types leave nothing behind to look for. */
const types = ['Invariance'];

it('maps what pyroVED has to exports', () => {
  const names = namesIn('pyroved-differences.md').filter((name) => !types.includes(name));
  expect(names.length).toBeGreaterThan(50);
  for (const name of names)
    expect({ ...pyro, ...library, ...node, ...data, ...application }, name).toHaveProperty(name);
});
