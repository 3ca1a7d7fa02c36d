/** The values that a sweep gives to an option. */
import { RandomStream } from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { drawnValue, gridValues, parseValues } from '../../../packages/pyroved/dist/sweep/values.js';

const grid = (text: string) => gridValues('x', parseValues('x', text));

describe('a grid', () => {
  it('has the values of a list as they were written', () => {
    expect(grid('1, 2,5')).toEqual(['1', '2', '5']);
    expect(grid('normal')).toEqual(['normal']);
  });

  it('has evenly spaced values of a range, both bounds included', () => {
    expect(grid('range(0, 1, 5)')).toEqual(['0', '0.25', '0.5', '0.75', '1']);
    expect(grid('integers(3, 6)')).toEqual(['3', '4', '5', '6']);
    expect(grid('logrange(10^-4, 10^-2, 3)')).toEqual(['0.0001', '0.001', '0.01']);
    expect(grid('range(max(1, 2), 2*3, 2)')).toEqual(['2', '6']);
  });

  it('needs a count', () => {
    expect(() => grid('range(0, 1)')).toThrow(/Values of x: a grid needs the number of values/);
  });
});

describe('random values', () => {
  it('lie within the bounds, uniformly on the scale of the range', () => {
    const random = new RandomStream(3);
    const draws = (text: string) =>
      Array.from({ length: 2000 }, () => Number(drawnValue(parseValues('x', text), random)));
    const logs = draws('logrange(1e-4, 1e-2)').map(Math.log10);
    expect(Math.min(...logs)).toBeGreaterThanOrEqual(-4);
    expect(Math.max(...logs)).toBeLessThanOrEqual(-2);
    // The mean of 2,000 uniform numbers of width 2 has a standard deviation of 0.013.
    expect(Math.abs(logs.reduce((sum, x) => sum + x, 0) / logs.length + 3)).toBeLessThan(0.06);
    const counts = new Map<number, number>();
    for (const n of draws('integers(1, 4)')) counts.set(n, (counts.get(n) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4]);
    // 500 each, with a standard deviation of 19.
    for (const n of counts.values()) expect(Math.abs(n - 500)).toBeLessThan(90);
    expect(new Set(draws('7,9'))).toEqual(new Set([7, 9]));
  });
});

it.each([
  ['1,,2', /an empty value/],
  ['1,1', /1 occurs twice/],
  ['uniform(0, 1)', /unknown function uniform/],
  ['range(1)', /expected range\(low, high, count\)/],
  ['range(2, 1, 3)', /the upper bound must exceed the lower one/],
  ['logrange(0, 1, 3)', /must be positive/],
  ['integers(1.5, 3)', /must be integers/],
  ['range(0, 1, 1)', /at least 2/],
  ['range(0, x, 3)', /"x" is not a number/],
  ['range(0, 1/0, 3)', /not a finite number/],
])('%s is rejected', (text, message) => {
  expect(() => parseValues('x', text)).toThrow(message);
});
