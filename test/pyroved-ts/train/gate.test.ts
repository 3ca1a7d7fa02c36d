/** The gate's two numbers on evidences that are known. */
import { fitEvidence, gateWeight } from 'pyroved-ts/internal';
import { expect, test } from 'vitest';

test('accuracy, and a temperature of 1 for evidences that are right', () => {
  expect(fitEvidence([0, -30, -20, 0], [0, 1])).toEqual({ accuracy: 1, temperature: 1 });
});

test('confident mistakes raise the temperature to about what the labels support', () => {
  // Nine of ten are right, by 20 nats either way: log odds of log 9 = 2.2, so a temperature near 9.
  const labels = Array.from({ length: 40 }, (_, i) => (i % 10 === 0 ? 1 : 0));
  const { accuracy, temperature } = fitEvidence(
    labels.flatMap(() => [0, -20]),
    labels,
  );
  expect(accuracy).toBeCloseTo(0.9);
  expect([4, 8]).toContain(temperature);
});

test('evidence counts from not at all at 90% to fully at 99%', () => {
  expect([0.2, 0.9, 0.945, 0.99, 1].map(gateWeight).map((w) => Number(w.toFixed(6)))).toEqual([0, 0, 0.5, 1, 1]);
});
