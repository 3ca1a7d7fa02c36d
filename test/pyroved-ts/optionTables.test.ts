/** The defaults in the tables of options are those that the docstrings of the options state. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'packages', 'pyroved-ts', 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'options.ts')
  .map((file) => ({ file, text: readFileSync(join(source, file), 'utf8') }));
const all = files.map(({ text }) => text).join('\n');

/** Literals such as 8, 'spread' or [128, 128]; an empty list is documented in another way. */
const LITERAL = String.raw`-?[\d.]+(?:e-?\d+)?|'[^']*'|\[[^\]]+\]|true|false`;

/** The defaults of each option of a table, as they are written. */
const defaultsOf = (table: string): Map<string, string> =>
  new Map(
    [...table.matchAll(new RegExp(`^ {2}(\\w+): \\{\\s*default: (${LITERAL})(?: as |,| \\})`, 'gm'))].map(
      ([, name, value]) => [name, value] as const,
    ),
  );

/** The docstring of an option in the interface `name`. */
function docstringOf(name: string, option: string): string | undefined {
  const body = new RegExp(`export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(all)?.[1] ?? '';
  const found = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*readonly ${option}\\?:`).exec(body);
  return found?.[1];
}

const tables = files.flatMap(({ file, text }) =>
  [...text.matchAll(/const \w+ = (\{[\s\S]*?\n\}|\{[^\n]*\}) satisfies OptionTable<\s*(?:Omit<|Pick<)?(\w+)/g)].map(
    ([, table, name]) => ({ file, table, name }),
  ),
);

describe('tables of options', () => {
  it('exist', () => {
    expect(tables.length).toBeGreaterThan(20);
  });

  it.each(tables.filter(({ table }) => defaultsOf(table).size > 0))('$name ($file)', ({ table, name }) => {
    const wrong = [...defaultsOf(table)].flatMap(([option, value]) => {
      const stated = new RegExp(`@default\\s+(${LITERAL})`).exec(docstringOf(name, option) ?? '')?.[1];
      return stated?.replace(/^-?[\d.e-]+$/, (n) => `${Number(n)}`) ===
        value.replace(/^-?[\d.e-]+$/, (n) => `${Number(n)}`)
        ? []
        : [`${option}: ${value} in the table, ${stated ?? 'none'} in its docstring`];
    });
    expect(wrong).toEqual([]);
  });
});
