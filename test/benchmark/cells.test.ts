/** Which cells count as the same, what is read back, and what a stopped run continues with. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluate } from '../scripts/child.js';

const script = 'bench/benchmark/cells.mjs';
const scratch = mkdtempSync(join(tmpdir(), 'pyroved-cells-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const cell = {
  task: 'cards',
  method: 'cnn-affine+prep',
  seed: 2,
  key: { version: 'a', source: { size: 48, seed: 2 } },
};
const files = (...cells: object[]): string[] =>
  evaluate(script, `${JSON.stringify(cells)}.map(script.cellFile)`) as string[];

describe('the file of a cell', () => {
  it('does not depend on the order of the keys', () => {
    const { key, ...names } = cell;
    const [one, other] = files(cell, { key: { source: { seed: 2, size: 48 }, version: key.version }, ...names });
    expect(other).toBe(one);
    expect(one).toMatch(/^cards_cnn-affine-prep_2_[0-9a-f]{12}\.json$/);
  });

  it('depends on task, method, seed, settings and version', () => {
    const others = [
      { ...cell, task: 'digits' },
      { ...cell, method: 'ours' },
      { ...cell, seed: 3 },
      { ...cell, key: { ...cell.key, version: 'b' } },
      { ...cell, key: { ...cell.key, source: { size: 40, seed: 2 } } },
    ];
    expect(new Set(files(cell, ...others)).size).toBe(others.length + 1);
  });
});

it('the version of code changes with the content of its files alone', () => {
  const version = () => evaluate(script, `script.versionOf([${JSON.stringify(scratch)}], ['.ts'])`);
  writeFileSync(join(scratch, 'a.ts'), 'one');
  const before = version();
  writeFileSync(join(scratch, 'notes.md'), 'not code');
  expect(version()).toBe(before);
  writeFileSync(join(scratch, 'a.ts'), 'two');
  expect(version()).not.toBe(before);
});

it('a store has what was written, whole, and of several versions gives the newest', () => {
  const folder = join(scratch, 'results');
  const newer = { ...cell, key: { ...cell.key, version: 'b' } };
  const found = evaluate(
    script,
    `(() => {
      const store = new script.CellStore(${JSON.stringify(folder)});
      const [cell, newer] = ${JSON.stringify([cell, newer])};
      const before = store.has(cell);
      store.write(newer, { accuracy: 0.9, finished: '2026-01-02' });
      store.write(cell, { accuracy: 0.8, finished: '2026-01-01' });
      return { before, after: store.has(cell), read: store.read(cell).accuracy, all: store.all() };
    })()`,
  );
  expect(found).toMatchObject({
    before: false,
    after: true,
    read: 0.8,
    all: [{ task: 'cards', method: 'cnn-affine+prep', seed: 2, version: 'b', accuracy: 0.9 }],
  });
  expect(readdirSync(join(folder, 'cells')).every((name) => name.endsWith('.json'))).toBe(true);
});

it('classes survive being packed', () => {
  const classes = [0, 3, 255, 17, 1];
  expect(evaluate(script, `[...script.unpackClasses(script.packClasses(${JSON.stringify(classes)}))]`)).toEqual(
    classes,
  );
});
