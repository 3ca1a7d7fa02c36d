/** Probes of a latent space on points whose answer is known. */
import { RandomStream } from 'pyro-ts';
import { linearProbe, probeFactor, silhouette } from 'pyroved/internal';
import { expect, it } from 'vitest';

const stream = new RandomStream(3);
const points = Array.from({ length: 400 }, () => [stream.nextNormal(), stream.nextNormal()]);
const groups = points.map((_, i) => i % 2);

it('predicts factors within each group, with polynomials where lines do not', () => {
  const linear = probeFactor(
    points,
    points.map(([a], i) => (i % 2 === 0 ? 2 * a : 5 - a)),
    groups,
  );
  expect(linear.alone[0]).toBeGreaterThan(0.999);
  expect(linear.alone[1]).toBeLessThan(0.05);
  const product = probeFactor(
    points,
    points.map(([a, b]) => a * b),
    groups,
  );
  expect(product.linear).toBeLessThan(0.1);
  expect(product.cubic).toBeGreaterThan(0.999);
});

it('measures how far classes lie apart', () => {
  // Two pairs at distance 1, 10 apart.
  const pairs = [[0], [1], [10], [11]];
  const expected = (1 - 1 / 10.5 + (1 - 1 / 9.5)) / 2;
  expect(silhouette(pairs, [0, 0, 1, 1])).toBeCloseTo(expected, 12);
  expect(silhouette(pairs, [0, 1, 0, 1])).toBeLessThan(0);
  const some = points.slice(0, 100);
  const apart = some.map(([a, b], i) => [a + 8 * groups[i], b]);
  expect(linearProbe(apart, groups, 2)).toBeGreaterThan(0.98);
  expect(Math.abs(linearProbe(some, groups, 2) - 0.5)).toBeLessThan(0.15);
});
