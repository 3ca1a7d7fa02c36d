/** The mean of several runs' class probabilities, by the names of classes and files. */
import { averagedClassifications, type Classification, type RunClassification } from 'pyroved';
import { expect, it } from 'vitest';

const row = (file: string, probabilities: readonly number[], angleDegrees?: number): Classification => ({
  file,
  classIndex: probabilities.indexOf(Math.max(...probabilities)),
  probabilities,
  unsure: false,
  ...(angleDegrees !== undefined && { angleDegrees }),
});
const one: RunClassification = {
  run: 'runs/1',
  classNames: ['cat', 'dog'],
  rows: [row('a.png', [0.9, 0.1], 10), row('b.png', [0.6, 0.4], 20), row('c.png', [1, 0], 30)],
};
// The same classes in another order, and one image that it could not use.
const two: RunClassification = {
  run: 'runs/2',
  classNames: ['dog', 'cat'],
  rows: [row('b.png', [0.8, 0.2], -90), row('a.png', [0.05, 0.95], 14)],
};

it('is taken class by class and file by file, with the angle of the surest run', () => {
  const rows = averagedClassifications([one, two], 0.7);
  expect(rows.map(({ file }) => file)).toEqual(['a.png', 'b.png']);
  expect(Array.from(rows[0].probabilities)).toEqual([expect.closeTo(0.925, 6), expect.closeTo(0.075, 6)]);
  expect(Array.from(rows[1].probabilities)).toEqual([expect.closeTo(0.4, 6), expect.closeTo(0.6, 6)]);
  expect(rows.map(({ classIndex }) => classIndex)).toEqual([0, 1]);
  expect(rows.map(({ angleDegrees }) => angleDegrees)).toEqual([14, -90]);
  expect(rows.map(({ unsure }) => unsure)).toEqual([false, true]);
  expect(rows[1].margin).toBeCloseTo(0.2, 6);
  expect(rows[1].entropy).toBeCloseTo(-0.6 * Math.log(0.6) - 0.4 * Math.log(0.4), 6);
});

it('of one run is that run', () => {
  const rows = averagedClassifications([one]);
  expect(rows.map(({ classIndex, angleDegrees }) => [classIndex, angleDegrees])).toEqual([
    [0, 10],
    [0, 20],
    [0, 30],
  ]);
});

it('names runs of other classes, and runs without a common image', () => {
  expect(() => averagedClassifications([one, { ...two, classNames: ['dog', 'cow'] }])).toThrow(
    'runs/1 has cat, dog; runs/2 has dog, cow',
  );
  expect(() => averagedClassifications([one, { ...two, rows: [row('z.png', [1, 0])] }])).toThrow('no image in common');
  expect(() => averagedClassifications([])).toThrow('At least one run is required');
});
