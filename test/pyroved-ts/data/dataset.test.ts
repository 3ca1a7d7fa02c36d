import fc from 'fast-check';
import { partition } from 'pyroved-data';
import {
  classCounts,
  concatenated,
  DataError,
  gather,
  type ImageSet,
  imageAt,
  imageSet,
  oneHot,
  type StreamedSet,
  stratifiedSplit,
  subset,
  withoutLabels,
} from 'pyroved-ts';
import { shuffled } from 'pyroved-ts/internal';
import { describe, expect, it } from 'vitest';

/** Image i holds the value i in all its pixels, so that whatever happens to it can be followed. */
function numbered(count: number, classes = 3): ImageSet {
  return imageSet({
    images: Float32Array.from({ length: count * 2 * 6 }, (_, k) => Math.floor(k / 12)),
    shape: [2, 3],
    channels: 2,
    labels: Int32Array.from({ length: count }, (_, i) => i % classes),
    classNames: Array.from({ length: classes }, (_, k) => `class ${k}`),
    names: Array.from({ length: count }, (_, i) => `${i}.png`),
    factors: { angle: Float32Array.from({ length: count }, (_, i) => 10 * i) },
  });
}

describe('imageSet', () => {
  it('counts the images from the number of values', () => {
    expect(numbered(5).count).toBe(5);
    expect(imageSet({ images: new Float32Array(256), shape: [128] })).toMatchObject({ count: 2, channels: 1 });
  });

  it('rejects parts that do not fit', () => {
    const images = new Float32Array(8);
    expect(() => imageSet({ images, shape: [3] })).toThrow(
      '8 values do not divide into images of 1 channel(s) and shape [3]',
    );
    expect(() => imageSet({ images, shape: [2, 2], labels: Int32Array.of(0) })).toThrow(
      'labels has 1 entries for 2 images',
    );
    expect(() => imageSet({ images, shape: [2, 2], factors: { angle: new Float32Array(3) } })).toThrow(
      'factors.angle has 3 entries for 2 images',
    );
    expect(() => imageSet({ images, shape: [4], labels: Int32Array.of(0, 2), classNames: ['a', 'b'] })).toThrow(
      DataError,
    );
  });
});

describe('picking images', () => {
  it('keeps everything that is known of each image with it', () => {
    const picked = subset(numbered(6), [4, 0, 5]);
    expect(picked.count).toBe(3);
    expect(Array.from(picked.labels ?? [])).toEqual([1, 0, 2]);
    expect(picked.names).toEqual(['4.png', '0.png', '5.png']);
    expect(Array.from(picked.factors?.angle ?? [])).toEqual([40, 0, 50]);
    expect([0, 1, 2].map((i) => new Set(imageAt(picked, i)))).toEqual([new Set([4]), new Set([0]), new Set([5])]);
    expect(Array.from(gather(numbered(6), [5, 1])).filter((_, k) => k % 12 === 0)).toEqual([5, 1]);
    expect(() => subset(numbered(3), [3])).toThrow('Image 3 does not exist: the set holds 3');
  });

  it('shuffles by seed without losing or repeating an image', () => {
    const order = (seed: number) => shuffled(numbered(50), seed).names;
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
    expect([...(order(1) ?? [])].sort()).toEqual([...(numbered(50).names ?? [])].sort());
  });

  it('joins sets and drops what only one of them knows', () => {
    const { names: _, ...unnamed } = numbered(2);
    const joined = concatenated([numbered(3), unnamed]);
    expect(joined.count).toBe(5);
    expect(joined.names).toBeUndefined();
    expect(Array.from(joined.labels ?? [])).toEqual([0, 1, 2, 0, 1]);
    expect(Array.from(joined.factors?.angle ?? [])).toEqual([0, 10, 20, 0, 10]);
    expect(() => concatenated([numbered(2), imageSet({ images: new Float32Array(4), shape: [4] })])).toThrow(DataError);
  });
});

describe('stratifiedSplit', () => {
  it('holds out the asked share of every class, whatever the labels', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 60 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.integer(),
        (labels, fraction, seed) => {
          const { kept, validation, singletons } = stratifiedSplit(labels, fraction, seed);
          expect([...kept, ...validation].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
          for (let y = 0; y <= 4; y++) {
            const n = labels.filter((l) => l === y).length;
            const out = [...validation].filter((i) => labels[i] === y).length;
            expect(singletons.includes(y)).toBe(n === 1);
            if (n < 2) expect(out).toBe(0);
            else {
              expect(out).toBeGreaterThan(0);
              expect(out).toBeLessThan(n);
              expect(Math.abs(out - fraction * n)).toBeLessThanOrEqual(1);
            }
          }
          expect([...validation].some((i) => labels[i] === -1)).toBe(false);
        },
      ),
    );
  });

  it('draws other images for another seed', () => {
    const labels = new Int32Array(40);
    expect(stratifiedSplit(labels, 0.2, 1).validation).toEqual(stratifiedSplit(labels, 0.2, 1).validation);
    expect(stratifiedSplit(labels, 0.2, 1).validation).not.toEqual(stratifiedSplit(labels, 0.2, 2).validation);
  });
});

describe('partition', () => {
  it('takes labelled, held-out and unlabelled images apart', () => {
    const set = {
      ...numbered(30),
      labels: Int32Array.from({ length: 30 }, (_, i) => (i < 20 ? i % 2 : -1)),
      classNames: ['a', 'b'],
    };
    const { labelled, validation, unlabelled, notes } = partition(set, { seed: 3 });
    expect([labelled, validation].map((s) => s && classCounts(s))).toEqual([
      [8, 8],
      [2, 2],
    ]);
    expect(unlabelled?.names).toEqual(Array.from({ length: 10 }, (_, i) => `${20 + i}.png`));
    expect(unlabelled?.labels).toBeUndefined();
    expect([...(labelled?.names ?? []), ...(validation?.names ?? [])].sort()).toEqual(set.names?.slice(0, 20).sort());
    expect(notes).toEqual([]);
    expect(partition(set, { validationFraction: 0 }).validation).toBeUndefined();
    expect(partition(withoutLabels(set)).unlabelled?.count).toBe(30);
  });

  it('does the same to a set that is streamed', () => {
    const { images: _, ...known } = numbered(12, 2);
    const set = { ...known, read: (indices: ArrayLike<number>) => Float32Array.from(indices) };
    const { validation, labelled } = partition(set, { validationFraction: 0.5 });
    expect(validation?.count).toBe(6);
    expect(Array.from(gather(validation as StreamedSet, [0, 1])).map((i) => `${i}.png`)).toEqual(
      validation?.names?.slice(0, 2),
    );
    expect(labelled?.count).toBe(6);
  });

  it('rejects a single class and a class without images', () => {
    expect(() => partition({ ...numbered(4, 1), classNames: ['a'] })).toThrow(
      'All labelled images are of one class ("a")',
    );
    expect(() => partition({ ...numbered(4, 2), classNames: ['a', 'b', 'c'] })).toThrow(
      'No readable labelled image of "c"',
    );
    expect(() => partition(numbered(9), { validationFraction: 1 })).toThrow(
      'validationFraction must be at least 0 and less than 1; got 1.',
    );
  });
});

it('writes labels as rows with a single 1 and rejects unknown ones', () => {
  expect(Array.from(oneHot([2, 0], 3))).toEqual([0, 0, 1, 1, 0, 0]);
  expect(() => oneHot([0, -1], 3)).toThrow('Image 1 has label -1');
  expect(classCounts(numbered(5))).toEqual([2, 2, 1]);
});
