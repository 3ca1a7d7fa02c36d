/** What differs between kinds of models stands in one object per kind: no other code of the application compares a kind's name. */
import { readdirSync, readFileSync } from 'node:fs';
import { modelKinds } from 'pyroved/internal';
import { expect, it } from 'vitest';

const names = modelKinds.map(({ name }) => name);
const comparison = new RegExp(`kind(?:\\.name)?\\s*[!=]==\\s*'(?:${names.join('|')})'|case '(?:${names.join('|')})'`);

const sourcesIn = (...folders: string[]) =>
  folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );

it('only the kinds test for the classes of unsupervised models: a new one works everywhere', () => {
  const found = sourcesIn('packages/pyroved/src').filter((file) =>
    /instanceof (?:IVAE|JIVAE)\b/.test(readFileSync(file, 'utf8')),
  );
  expect(found).toEqual(['packages/pyroved/src/kinds/ivae.ts']);
});

it('only the kinds themselves, and the readers of pyroVED files, compare names of kinds', () => {
  const files = sourcesIn('packages/pyroved/src', 'packages/pyroved-ts/src');
  expect(files.length).toBeGreaterThan(200);
  const found = files.filter((file) => comparison.test(readFileSync(file, 'utf8')));
  // These say what a file of pyroVED holds.
  expect(found.sort()).toEqual([
    'packages/pyroved-ts/src/node/torch/layout.ts',
    'packages/pyroved-ts/src/node/torch/pyroved.ts',
  ]);
});
