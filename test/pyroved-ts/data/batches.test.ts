import fc from 'fast-check';
import { OptionError } from 'pyro-ts';
import { type Batch, epochSchedule, shuffledBatches } from 'pyroved-ts';
import { orderedBatches } from 'pyroved-ts/internal';
import { describe, expect, it } from 'vitest';

const kinds = (batches: Batch[]) => batches.map((b) => (b.kind === 'labelled' ? 'L' : 'u')).join('');
const seen = (batches: Batch[], kind: Batch['kind']) =>
  batches.filter((b) => b.kind === kind).flatMap((b) => Array.from(b.indices));

describe("the paper's schedule", () => {
  it('has 188 unlabelled and 13 labelled batches an epoch: a labelled one after batch 1, 16, 31, ...', () => {
    const batches = epochSchedule({
      unlabelled: 12000,
      labelled: 800,
      batchSize: 64,
      seed: 1,
      epoch: 0,
      schedule: 'pyroved',
    });
    expect(batches.length).toBe(188 + 13);
    let unlabelled = -1;
    const after: number[] = [];
    for (const { kind } of batches) {
      if (kind === 'unlabelled') unlabelled += 1;
      else after.push(unlabelled);
    }
    expect(after).toEqual(Array.from({ length: 13 }, (_, k) => 15 * k + 1));
  });

  it('drops labelled batches as the original does: 3 of 3 to 1 unlabelled, 1 of 3 to 6', () => {
    const batches = (labelled: number, unlabelled: number) =>
      kinds(epochSchedule({ labelled, unlabelled, batchSize: 1, seed: 1, epoch: 0, schedule: 'pyroved' }));
    expect(batches(3, 1)).toBe('u');
    expect(batches(3, 6)).toBe('uuLuuuLu');
  });
});

describe('the default schedule', () => {
  it('uses every image once an epoch and spreads labelled batches evenly, whatever the counts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 5 }),
        (unlabelled, labelled, batchSize, epoch) => {
          const batches = epochSchedule({ unlabelled, labelled, batchSize, seed: 7, epoch });
          const ascending = (n: number) => Array.from({ length: n }, (_, i) => i);
          expect(seen(batches, 'unlabelled').sort((a, b) => a - b)).toEqual(ascending(unlabelled));
          expect(seen(batches, 'labelled').sort((a, b) => a - b)).toEqual(ascending(labelled));
          const L = Math.ceil(labelled / batchSize);
          const places = batches.flatMap((b, i) => (b.kind === 'labelled' ? [i] : []));
          const gaps = places.slice(1).map((p, i) => p - places[i]);
          for (const gap of gaps) expect(Math.abs(gap - batches.length / L)).toBeLessThan(1);
        },
      ),
    );
  });

  it('looks like this', () => {
    const batches = (labelled: number, unlabelled: number) =>
      kinds(epochSchedule({ labelled, unlabelled, batchSize: 1, seed: 1, epoch: 0 }));
    expect(batches(2, 6)).toBe('uuLuuuLu');
    expect(batches(3, 1)).toBe('LuLL');
    expect(batches(3, 0)).toBe('LLL');
  });
});

describe('order', () => {
  it('is a function of seed and epoch, and differs between them and between the two kinds', () => {
    const order = (seed: number, epoch: number, kind: Batch['kind'] = 'unlabelled') =>
      seen(epochSchedule({ unlabelled: 64, labelled: 64, batchSize: 8, seed, epoch }), kind).join();
    expect(order(1, 3)).toBe(order(1, 3));
    expect(new Set([order(1, 3), order(1, 4), order(2, 3), order(1, 3, 'labelled')]).size).toBe(4);
    expect(shuffledBatches(10, 4, 1, 0).map((b) => b.length)).toEqual([4, 4, 2]);
    expect(orderedBatches(5, 2).map((b) => Array.from(b))).toEqual([[0, 1], [2, 3], [4]]);
  });

  it('puts every image in every place about equally often', () => {
    const first = new Array<number>(5).fill(0);
    for (let epoch = 0; epoch < 2000; epoch++) first[shuffledBatches(5, 1, 'places', epoch)[0][0]] += 1;
    // 400 expected; the standard deviation is 18.
    for (const count of first) expect(Math.abs(count - 400)).toBeLessThan(80);
  });

  it('rejects options that make no sense', () => {
    const good = { unlabelled: 4, labelled: 4, batchSize: 2, seed: 1, epoch: 0 };
    expect(() => epochSchedule({ ...good, batchSize: 0 })).toThrow('batchSize must be an integer of at least 1; got 0');
    expect(() => epochSchedule({ ...good, ...{ schedul: 'spread' } })).toThrow('Did you mean "schedule"?');
    expect(() => epochSchedule({ ...good, ...{ schedule: 'even' as 'spread' } })).toThrow(OptionError);
  });
});
