/** The paired interval: closed form, agreement with a bootstrap, and coverage of the true difference. */
import { RandomStream } from 'pyro-ts';
import { expect, it } from 'vitest';
import { evaluate } from '../scripts/child.js';

const script = 'bench/benchmark/paired.mjs';

interface Interval {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly images: number;
}

/** As digits, since a command line has a limited length. */
const digits = (right: readonly boolean[]): string => right.map(Number).join('');

const intervals = (pairs: readonly (readonly [readonly boolean[], readonly boolean[]])[]): Interval[] => {
  const texts = JSON.stringify(pairs.map(([first, second]) => [digits(first), digits(second)]));
  const expression = `${texts}.map((pair) => script.pairedDifference(...pair.map((text) => Array.from(text, Number))))`;
  return evaluate(script, expression) as Interval[];
};

/** Pairs of which `gained` are right on the first side only and `lost` on the second only. */
const table = (both: number, gained: number, lost: number): [boolean[], boolean[]] => [
  [...Array<boolean>(both + gained).fill(true), ...Array<boolean>(lost).fill(false)],
  [...Array<boolean>(both).fill(true), ...Array<boolean>(gained).fill(false), ...Array<boolean>(lost).fill(true)],
];

it('is the adjusted Wald interval of Agresti and Min', () => {
  // n = 100, b = 12, c = 4: (12.5 - 4.5) / 102 +- 1.96 sqrt(17 - 64 / 102) / 102.
  const [{ difference, low, high, images }] = intervals([table(84, 12, 4)]);
  expect([difference, images]).toEqual([0.08, 100]);
  const half = (1.959964 * Math.sqrt(17 - 64 / 102)) / 102;
  expect(low).toBeCloseTo(8 / 102 - half, 12);
  expect(high).toBeCloseTo(8 / 102 + half, 12);
});

it('has a width where the methods agree everywhere, and changes sign with the order', () => {
  const [same, one, other] = intervals([table(50, 0, 0), table(80, 15, 5), table(80, 5, 15)]);
  expect(same.difference).toBe(0);
  expect(same.low).toBeLessThan(0);
  expect(same.high).toBeCloseTo(-same.low, 12);
  expect(other.low).toBeCloseTo(-one.high, 12);
});

it('agrees with a bootstrap over the images', () => {
  const [first, second] = table(700, 60, 40);
  const stream = new RandomStream('bootstrap');
  const draws = Array.from({ length: 4000 }, () => {
    let sum = 0;
    for (let i = 0; i < first.length; i++) {
      const k = stream.nextInt(first.length);
      sum += Number(first[k]) - Number(second[k]);
    }
    return sum / first.length;
  }).sort((a, b) => a - b);
  const [{ low, high }] = intervals([[first, second]]);
  expect(low).toBeCloseTo(draws[100], 2);
  expect(high).toBeCloseTo(draws[3899], 2);
});

it('contains the true difference in about 95% of samples', () => {
  const stream = new RandomStream('coverage');
  // The first is right with .9 and the second with .8, both depending on how difficult the image is.
  const pairs = Array.from({ length: 200 }, (): [boolean[], boolean[]] => {
    const ease = Array.from({ length: 250 }, () => stream.next());
    return [ease.map((u) => u < 0.9), ease.map((u) => (u < 0.7 ? true : stream.next() < 1 / 3))];
  });
  const covered = intervals(pairs).filter(({ low, high }) => low <= 0.1 && 0.1 <= high).length / pairs.length;
  expect(covered).toBeGreaterThan(0.91);
  expect(covered).toBeLessThan(0.99);
});

it('rejects sides of different lengths', () => {
  expect(() => intervals([[[true], [true, false]]])).toThrow(/same images on both sides; got 1 and 2/);
});
