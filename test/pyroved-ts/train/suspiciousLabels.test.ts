/** Wrong labels are found among stub probabilities, and a model that is unsure accuses nobody. */
import { RandomStream } from 'pyro-ts';
import { suspiciousLabels } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

const CLASSES = 4;

/** 200 images whose true class has a probability of .6 to 1, and labels of which every tenth is wrong. */
function stub(seed = 1) {
  const rng = new RandomStream(seed);
  const truth = Int32Array.from({ length: 200 }, (_, i) => i % CLASSES);
  const labels = truth.map((y, i) => (i % 10 === 3 ? (y + 1) % CLASSES : y));
  const probabilities = Float32Array.from({ length: 200 * CLASSES });
  truth.forEach((y, i) => {
    const sure = 0.6 + 0.4 * rng.next();
    for (let k = 0; k < CLASSES; k++) probabilities[i * CLASSES + k] = k === y ? sure : (1 - sure) / (CLASSES - 1);
  });
  return { truth, labels, probabilities };
}

describe('suspiciousLabels', () => {
  it('finds wrong labels, the least probable first, with the class that they should have', () => {
    const { truth, labels, probabilities } = stub();
    const found = suspiciousLabels(probabilities, labels);
    const wrong = Array.from(labels.keys()).filter((i) => labels[i] !== truth[i]);
    expect(found.every(({ index }) => wrong.includes(index))).toBe(true);
    // Those of which the model is less sure than it is on average of the class are not accused.
    expect(found.length).toBeGreaterThan(wrong.length / 2);
    for (const { index, label, suggested, probability, suggestedProbability } of found) {
      expect([label, suggested]).toEqual([labels[index], truth[index]]);
      expect(suggestedProbability).toBeGreaterThan(probability);
    }
    const order = found.map(({ probability }) => probability);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('leaves right labels, missing ones and labels of an unsure model alone', () => {
    const { truth, labels, probabilities } = stub();
    expect(suspiciousLabels(probabilities, truth)).toEqual([]);
    expect(suspiciousLabels(probabilities, new Int32Array(200).fill(-1))).toEqual([]);
    const shuffled = new RandomStream(2).permutation(200).map((i) => labels[i]);
    expect(suspiciousLabels(probabilities, shuffled)).toEqual([]);
    expect(() => suspiciousLabels([0.5, 0.5, 1], [0, 1])).toThrow('not rows of two classes');
  });
});
