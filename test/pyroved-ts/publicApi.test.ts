/** The public values of pyroved-ts and pyroved-ts/node: not too many, and each with a docstring that has an example. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as api from 'pyroved-ts';
import * as node from 'pyroved-ts/node';
import { expect, it } from 'vitest';

const source = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'packages', 'pyroved-ts', 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(source, file), 'utf8'));

/** The docstring of an exported value. */
function docstringOf(name: string): string | undefined {
  const declaration = new RegExp(
    `(/\\*\\*(?:(?!\\*/)[^])*\\*/)\\nexport (?:abstract )?(?:async )?(?:const|function|class) ${name}\\b`,
  );
  for (const text of files) {
    const found = declaration.exec(text);
    if (found) return found[1];
  }
  return undefined;
}

it('is at most 140 values', () => {
  expect(Object.keys(api).length).toBeLessThanOrEqual(140);
  expect(Object.keys(api).length).toBeGreaterThan(50);
});

it('has an example for every value', () => {
  const without = Object.keys({ ...api, ...node }).filter((name) => !docstringOf(name)?.includes('@example'));
  expect(without).toEqual([]);
});
