/** The numbers of lines in docs/tutorials/ports.md are those of the programs, and no port is twice as long as Pyro's program. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs', 'tutorials');
const rows = [
  ...readFileSync(join(folder, 'ports.md'), 'utf8').matchAll(
    /^\| \[(.+?)\]\((.+?\.test\.ts)\) \| (\d+) \| \[(\d+)\]\((.+?\.py)\) \|/gm,
  ),
].map(([, name, port, here, there, original]) => ({ name, port, here: Number(here), there: Number(there), original }));

/** Lines between `program` and `end`, without blank ones and comments. */
function linesOf(file: string, comment: string): number {
  let isInside = false;
  let count = 0;
  for (const line of readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .map((text) => text.trim())) {
    if (line.startsWith(`${comment} program`)) isInside = true;
    else if (line === `${comment} end`) isInside = false;
    else if (isInside && line !== '' && !line.startsWith(comment)) count++;
  }
  return count;
}

it('there are twenty', () => void expect(rows.length).toBeGreaterThanOrEqual(20));

it.each(rows)('$name', ({ port, here, there, original }) => {
  expect([linesOf(port, '//'), linesOf(original, '#')]).toEqual([here, there]);
  expect(here).toBeGreaterThan(5);
  // Two or three lines more, or a fifth of a long program.
  expect(here).toBeLessThanOrEqual(Math.max(there + 3, 1.2 * there));
});
