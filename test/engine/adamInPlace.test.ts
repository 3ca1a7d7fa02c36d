/** Adam by the engine's loops on plain arrays, against the same in JavaScript. */
import { selectEngine } from '@pyro-ts/engine';
import { adamInPlace, adamOnHost } from '@pyro-ts/engine/internal';
import { beforeAll, expect, test } from 'vitest';

beforeAll(() => selectEngine({ engine: 'wasm' }));

test.each([10, 4096, 40_001])('moves %i numbers and their moments', (n) => {
  const filled = (f: (i: number) => number) => Float32Array.from({ length: n }, (_, i) => f(i));
  const make = () => ({
    values: filled((i) => Math.sin(i)),
    moments: { mean: filled((i) => 0.1 * Math.cos(i)), square: filled((i) => 0.02 + 0.01 * Math.sin(3 * i)) },
  });
  const rates = { betas: [0.9, 0.999] as const, stepSize: 0.05, unbias: 1.7, eps: 1e-8, weightDecay: 0.01 };
  const [found, wanted] = [make(), make()];
  for (let step = 0; step < 3; step++) {
    const gradient = filled((i) => Math.cos(2 * i + step));
    adamInPlace(found.values, gradient, found.moments, rates);
    adamOnHost(wanted.values, gradient, wanted.moments, rates);
  }
  const worst = (a: Float32Array, b: Float32Array) => a.reduce((m, x, i) => Math.max(m, Math.abs(x - b[i])), 0);
  expect(worst(found.values, wanted.values)).toBeLessThan(2e-6);
  expect(worst(found.moments.mean, wanted.moments.mean)).toBeLessThan(1e-6);
  expect(worst(found.moments.square, wanted.moments.square)).toBeLessThan(1e-6);
});
