/** The labels that a model doubts, by file and class name, from its probabilities at several poses. */
import { parse } from 'csv-parse/sync';
import { doubtfulLabels } from 'pyroved/internal';
import { type Classified, gather, type ImageSet, imageSet, SSIVAE } from 'pyroved-ts';
import { classified } from 'pyroved-ts/internal';
import { afterAll, expect, it } from 'vitest';
import { doubtfulCsv, doubtfulTable } from '../../../packages/pyroved/dist/runs/suspicious.js';

/** Calls an image "bright" with its mean value as the probability, and counts what it was shown. */
class Stub extends SSIVAE {
  shown = 0;
  override classify(set: ImageSet): Classified {
    this.shown += set.count;
    const values = gather(
      set,
      Array.from({ length: set.count }, (_, i) => i),
    );
    const size = values.length / set.count;
    const bright = Array.from({ length: set.count }, (_, i) => {
      const sum = values.subarray(i * size, (i + 1) * size).reduce((a, b) => a + b, 0);
      return Math.min(1, sum / size);
    });
    return classified(Float32Array.from(bright.flatMap((p) => [1 - p, p])), 2);
  }
}

const model = new Stub({
  shape: [8, 8],
  numClasses: 2,
  invariances: ['r', 't'],
  hiddenEncoder: [3],
  hiddenDecoder: [3],
});
afterAll(() => model.dispose());

const classNames = ['dark', 'bright'];
const levels = [0.05, 0.1, 0.9, 0.95, 0.97, 0.1, 0.05, 0.92];
const labelled = imageSet({
  images: Float32Array.from({ length: 8 * 64 }, (_, i) => levels[Math.floor(i / 64)]),
  shape: [8, 8],
  // The fifth is bright but labelled dark.
  labels: Int32Array.of(0, 0, 1, 1, 0, 0, 0, 1),
  classNames,
  names: levels.map((_, i) => `${i}.png`),
});

it('names file, label and the class that it should be', () => {
  const found = doubtfulLabels(model, labelled, classNames, 1);
  expect(found).toEqual([
    {
      file: '4.png',
      label: 'dark',
      probability: expect.closeTo(0.03, 5),
      suggested: 'bright',
      suggestedProbability: expect.closeTo(0.97, 5),
    },
  ]);
  // Eight poses of each image.
  expect(model.shown).toBe(64);
  expect(parse(doubtfulCsv(found), { columns: true })).toEqual([
    { file: '4.png', label: 'dark', probability: '0.0300', suggested: 'bright', suggested_probability: '0.9700' },
  ]);
  expect(doubtfulTable(found)).toMatchObject({
    title: 'Suspicious labels',
    rows: [['4.png', 'dark', '3.0%', 'bright', '97.0%']],
  });
});
