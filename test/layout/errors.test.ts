/** One root of all errors: every class of errors that a package exports is a PyroError, and the lower packages throw no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PyroError } from 'pyro-ts';
import { describe, expect, it, test } from 'vitest';

const packages = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'packages');
const folders = ['engine', 'compile', 'pyro-ts', 'spatial-decoder', 'pyroved-ts', 'pyroved-data', 'pyroved'];

/** What a program of each package can be imported by: all its entries. */
const entries = folders.flatMap((folder) => {
  const manifest: { name: string; exports: Record<string, unknown> } = JSON.parse(
    readFileSync(join(packages, folder, 'package.json'), 'utf8'),
  );
  return Object.keys(manifest.exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => `${manifest.name}${entry.slice(1)}`);
});

const isErrorClass = (value: unknown): boolean => typeof value === 'function' && value.prototype instanceof Error;

test.each(entries)('%s exports errors of one root', async (entry) => {
  const exported: Record<string, unknown> = await import(entry);
  const errors = Object.entries(exported).filter(([, value]) => isErrorClass(value));
  const strange = errors.filter(([, value]) => value !== PyroError && !(Object(value).prototype instanceof PyroError));
  expect(strange.map(([name]) => name)).toEqual([]);
});

describe('the lower packages', () => {
  it('throw typed errors only', () => {
    const wrong = ['engine', 'compile', 'pyro-ts', 'spatial-decoder'].flatMap((folder) => {
      const home = join(packages, folder, 'src');
      return readdirSync(home, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .flatMap((file) => {
          const code = readFileSync(join(home, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
          const thrown = [
            ...code.matchAll(/\b(?:throw|reject\()\s*new (\w+)/g),
            ...code.matchAll(/class \w+ extends (\w+)/g),
          ];
          return thrown
            .filter(([, name]) => /^(Error|TypeError|RangeError|SyntaxError)$/.test(name))
            .filter(([text]) => text !== 'class PyroError extends Error')
            .map(([text]) => `${folder}/src/${file}: ${text}`);
        });
    });
    expect(wrong).toEqual([]);
  });
});
