/** Schedules: numbers, lists, expressions and functions of the epoch. */
import { OptionError } from 'pyro-ts';
import { type Schedule, scheduleOf } from 'pyroved-ts';
import { expect, test } from 'vitest';

const values = (schedule: Schedule, epochs: number): number[] => {
  const at = scheduleOf(schedule, { option: 'klWeight', epochs });
  return Array.from({ length: epochs }, (_, epoch) => at(epoch));
};

test("the paper's schedule, three ways: linspace(1, 2, 30), then 2", () => {
  const linspace = Array.from({ length: 30 }, (_, i) => 1 + i / 29);
  const expected = [...linspace, 2, 2];
  const close = (found: number[]) => found.forEach((v, i) => void expect(v).toBeCloseTo(expected[i], 12));
  close(values('min(1 + epoch/29, 2)', 32));
  close(values(linspace, 32));
  close(values((epoch) => Math.min(1 + epoch / 29, 2), 32));
});

test('a constant, a warm-up from 0, and an expression of the number of epochs', () => {
  expect(values(1.5, 2)).toEqual([1.5, 1.5]);
  expect(values('epoch / (epochs - 1)', 3)).toEqual([0, 0.5, 1]);
});

test.each([
  [
    'min(1 + epch/29, 2)',
    /klWeight: "min\(1 \+ epch\/29, 2\)" cannot be evaluated \(Undefined symbol epch\)\. Expected an expression/,
  ],
  ['min(1, ', /klWeight: "min\(1, " cannot be parsed/],
  ['1 - epoch', /klWeight must be a number of at least 0; got -1 at epoch 2/],
  ['2 deg', /klWeight must be a number of at least 0; got 2 deg at epoch 0/],
  [[], /klWeight must have at least one number; got an empty list/],
  [Number.NaN, /klWeight must be a number of at least 0; got NaN at epoch 0/],
])('%j is rejected before training', (schedule, message) => {
  expect(() => values(schedule as Schedule, 3)).toThrow(OptionError);
  expect(() => values(schedule as Schedule, 3)).toThrow(message);
});
