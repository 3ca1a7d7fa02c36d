/** Calibration against hand-counted tables and calibrated draws; the matching of found classes against every permutation. */
import fc from 'fast-check';
import { RandomStream } from 'pyro-ts';
import { expectedCalibrationError, reliabilityTable } from 'pyroved-ts';
import { bestAssignment, classified } from 'pyroved-ts/internal';
import { describe, expect, test } from 'vitest';

describe('expected calibration error', () => {
  // Two bins: the first image alone is in the lower one (0.4 of three classes), and wrong.
  const probabilities = [0.4, 0.3, 0.3, 0.9, 0.1, 0, 0.1, 0.8, 0.1, 0, 0, 1];
  const labels = [1, 0, 2, 2];

  test('is the mean distance over bins, weighed by images', () => {
    const table = reliabilityTable(probabilities, labels, { bins: 2 });
    expect(table.map(({ low, high, count }) => [low, high, count])).toEqual([
      [0, 0.5, 1],
      [0.5, 1, 3],
    ]);
    expect(table[0].confidence).toBeCloseTo(0.4, 10);
    expect(table[0].accuracy).toBe(0);
    expect(table[1].confidence).toBeCloseTo(0.9, 10);
    expect(table[1].accuracy).toBeCloseTo(2 / 3, 10);
    const error = 0.25 * 0.4 + 0.75 * (0.9 - 2 / 3);
    expect(expectedCalibrationError(probabilities, labels, { bins: 2 })).toBeCloseTo(error, 10);
    // One bin: the distance of the means.
    expect(expectedCalibrationError(probabilities, labels, { bins: 1 })).toBeCloseTo(0.775 - 0.5, 10);
  });

  test('a bin holds its upper end, and certainty is in the last one', () => {
    const table = reliabilityTable([0.5, 0.5, 1, 0], [0, 0], { bins: 2 });
    expect(table.map((bin) => bin.count)).toEqual([1, 1]);
    expect(table[0].accuracy).toBe(1);
  });

  test('vanishes for labels that are drawn from the probabilities, and not for overconfident ones', () => {
    const stream = new RandomStream('calibrated');
    const count = 20000;
    const honest = new Float64Array(2 * count);
    const bold = new Float64Array(2 * count);
    const drawn = Int32Array.from({ length: count }, (_, i) => {
      const p = stream.next();
      honest.set([p, 1 - p], 2 * i);
      bold.set(p > 0.5 ? [0.99, 0.01] : [0.01, 0.99], 2 * i);
      return stream.next() < p ? 0 : 1;
    });
    expect(expectedCalibrationError(honest, drawn)).toBeLessThan(0.015);
    // max(p, 1 - p) is 0.75 on average.
    expect(expectedCalibrationError(bold, drawn)).toBeCloseTo(0.99 - 0.75, 1);
  });

  test('what is no table of probabilities is rejected', () => {
    expect(() => expectedCalibrationError([0.5, 0.5, 1], [0, 1])).toThrow(/must be a multiple of the 2 labels; got 3/);
    expect(() => expectedCalibrationError([2, 0], [0])).toThrow(/Probabilities must be in \[0, 1\]; image 0 has 2/);
    expect(() => expectedCalibrationError([1, 0], [0], { bins: 0 })).toThrow(
      /bins must be an integer of at least 1; got 0/,
    );
    expect(() => expectedCalibrationError([1, 0], [0], { bin: 3 } as object)).toThrow(/Did you mean "bins"/);
  });
});

test('entropy and margin of probabilities', () => {
  const found = classified(Float32Array.from([0.25, 0.25, 0.25, 0.25, 0, 1, 0, 0, 0.5, 0.2, 0.3, 0]), 4);
  expect([...found.classes]).toEqual([0, 1, 0]);
  expect(found.entropy[0]).toBeCloseTo(Math.log(4), 6);
  expect(found.entropy[1]).toBe(0);
  expect(found.entropy[2]).toBeCloseTo(-(0.5 * Math.log(0.5) + 0.2 * Math.log(0.2) + 0.3 * Math.log(0.3)), 6);
  expect(found.margin[0]).toBe(0);
  expect(found.margin[1]).toBe(1);
  expect(found.margin[2]).toBeCloseTo(0.2, 6);
});

/** Every way to give the rows different columns, or none where there are too few. */
function* assignments(rows: number, columns: number[], left = rows - columns.length): Generator<number[]> {
  if (rows === 0) {
    yield [];
    return;
  }
  for (const c of columns) {
    const others = columns.filter((other) => other !== c);
    for (const rest of assignments(rows - 1, others, left)) yield [c, ...rest];
  }
  if (left > 0) for (const rest of assignments(rows - 1, columns, left - 1)) yield [-1, ...rest];
}
const total = (gain: number[][], assignment: ArrayLike<number>): number =>
  gain.reduce((sum, row, i) => (assignment[i] < 0 ? sum : sum + row[assignment[i]]), 0);

test('the best assignment is the best of all', () => {
  const table = fc.integer({ min: 1, max: 4 }).chain((columns) =>
    fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: columns, maxLength: columns }), {
      minLength: 1,
      maxLength: 4,
    }),
  );
  fc.assert(
    fc.property(table, (gain) => {
      const found = bestAssignment(gain);
      const columns = gain[0].map((_, c) => c);
      const used = [...found].filter((c) => c >= 0);
      expect(new Set(used).size).toBe(Math.min(gain.length, columns.length));
      expect(used.length).toBe(Math.min(gain.length, columns.length));
      const best = Math.max(...[...assignments(gain.length, columns)].map((a) => total(gain, a)));
      expect(total(gain, found)).toBe(best);
    }),
    { seed: 1, numRuns: 300 },
  );
});
