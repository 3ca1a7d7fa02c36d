/** Splits by source: near-duplicates are never on both sides, and every class keeps images to train on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStream } from 'pyro-ts';
import { partition } from 'pyroved-data';
import { groupFolds, groupSplit, groupsOf } from 'pyroved-data/internal';
import type { ImageSet } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

const classNames = ['cat', 'dog'];

/** 12 slides with 2 to 5 images of each class, and 3 unlabelled images. */
function slides(seed = 1): ImageSet {
  const rng = new RandomStream(seed);
  const names: string[] = [];
  const labels: number[] = [];
  for (let slide = 0; slide < 12; slide++) {
    for (const [y, name] of classNames.entries()) {
      for (let k = 2 + rng.nextInt(4); k > 0; k--) {
        names.push(`${name}/slide-${slide}/${name}${k}.png`);
        labels.push(y);
      }
    }
    for (let k = 0; k < 3; k++) {
      names.push(`slide-${slide}/unknown${k}.png`);
      labels.push(-1);
    }
  }
  const images = Float32Array.from({ length: names.length }, (_, i) => i);
  return {
    images,
    count: names.length,
    shape: [1, 1],
    channels: 1,
    labels: Int32Array.from(labels),
    classNames,
    names,
  };
}

const slideOf = (name: string) => name.split('/').at(-2);

describe('a split by folder', () => {
  it('has no slide on both sides, and about the fraction of each class', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const set = slides(seed);
      const parts = partition(set, { validationFraction: 0.25, seed, splitBy: 'folder' });
      const of = (part?: ImageSet) => new Set(part?.names?.map(slideOf));
      const held = of(parts.validation);
      expect(held.size).toBeGreaterThan(1);
      for (const part of [parts.labelled, parts.unlabelled]) expect([...of(part)].some((s) => held.has(s))).toBe(false);
      for (const y of [0, 1]) {
        const count = (part?: ImageSet) => part?.labels?.filter((label) => label === y).length ?? 0;
        const share = count(parts.validation) / (count(parts.validation) + count(parts.labelled));
        expect(Math.abs(share - 0.25)).toBeLessThan(0.1);
      }
      expect(parts.notes[0]).toMatch(
        /^Validation images are those of \d+ of 12 sources \(split by folder\)\. \d+ unlabelled/,
      );
    }
  });

  it('never takes the last images of a class', () => {
    const labels = [0, 0, 1, 1, 0, 0];
    const groups = ['a', 'a', 'b', 'b', 'c', 'c'];
    for (let seed = 0; seed < 10; seed++) {
      const { validation, kept } = groupSplit(labels, groups, 0.3, seed);
      expect(Array.from(kept, (i) => labels[i])).toEqual(expect.arrayContaining([0, 1]));
      expect(Array.from(validation, (i) => groups[i])).not.toContain('b');
    }
    expect(() => groupSplit([0, 1, 0, 1], ['a', 'a', 'a', 'a'], 0.5, 1)).toThrow('come from 1 source,');
  });
});

it('folds of whole slides are alike in their shares of each class', () => {
  const { names = [], labels = new Int32Array(), count } = slides();
  const labelled = Array.from({ length: count }, (_, i) => i).filter((i) => labels[i] >= 0);
  const [own, sources] = [labelled.map((i) => labels[i]), labelled.map((i) => slideOf(names[i]) ?? '')];
  const folds = groupFolds(own, sources, 4, 1);
  const foldOfSource = new Map(sources.map((name, k) => [name, folds[k]]));
  expect(sources.every((name, k) => foldOfSource.get(name) === folds[k])).toBe(true);
  for (const y of [0, 1]) {
    const counts = [0, 1, 2, 3].map((f) => folds.filter((fold, k) => fold === f && own[k] === y).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(5);
  }
});

describe('the source of an image', () => {
  const set = (names: string[], labels = names.map(() => 0)) => ({
    names,
    labels: Int32Array.from(labels),
    classNames,
    count: names.length,
  });

  it('is its file without page and place, or its folder without that of the class', () => {
    expect(groupsOf(set(['m.tif@10,22', 'm.tif#2@3,4', 'a/m.tif#3', 'x@home.png']), 'file')).toEqual([
      'm.tif',
      'm.tif',
      'a/m.tif',
      'x@home.png',
    ]);
    const names = ['cat/s1/a.png', 'dog/s1/b.png', 's1/c.png', 'd.png'];
    expect(groupsOf(set(names, [0, 1, -1, -1]), 'folder')).toEqual(['s1', 's1', 's1', '']);
  });

  it('is a column of the label table', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyroved-'));
    const table = join(folder, 'labels.csv');
    writeFileSync(table, 'file,label,Patient\na.png,cat,p1\nb.tif,dog,p1\nc.png,dog,p2\n');
    const names = ['a.png', 'b.tif#2', 'c.png', 'd.png'];
    expect(groupsOf(set(names), 'patient', table)).toEqual(['p1', 'p1', 'p2', 'image d.png']);
    expect(() => groupsOf(set(names), 'doctor', table)).toThrow('Its columns are file, label, Patient');
    expect(() => groupsOf(set(names), 'patient')).toThrow('there is none');
    expect(() => groupsOf({ count: 1 }, 'file')).toThrow('items of an array have no files');
    rmSync(folder, { recursive: true });
  });
});
