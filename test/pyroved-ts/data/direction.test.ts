/** How labelled images lie: known for generated shapes, and for copies rotated and mirrored at random. */
import { glyphs, nanoparticles } from 'pyroved-data';
import { imageSet, mirroredFraction, posedCopies, uprightFraction } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';

const few = { unlabelledPerClass: 1, validationPerClass: 1 } as const;
const { labelled: letters } = glyphs({ ...few, labelledPerClass: 8, noise: 0.2 });
const numClasses = 12;

describe('uprightFraction and mirroredFraction', () => {
  test('letters are upright and not mirrored, also noisy ones', () => {
    const [upright, mirrored] = [uprightFraction(letters, numClasses) ?? 0, mirroredFraction(letters, numClasses) ?? 1];
    expect(upright).toBeGreaterThan(0.85);
    expect(mirrored).toBeLessThan(0.1);
  });

  test('the same letters rotated at random lie in any direction', () => {
    const rotated = posedCopies(letters, { angle: Math.PI }, { noise: 'lost', copies: 2 });
    const [upright, mirrored] = [uprightFraction(rotated, numClasses) ?? 1, mirroredFraction(rotated, numClasses) ?? 1];
    expect(upright).toBeLessThan(0.45);
    expect(mirrored).toBeLessThan(0.1);
  });

  test('particles lie in any direction, and so do their mirror images', () => {
    for (const seed of [1, 2, 3]) {
      const { labelled } = nanoparticles({ labelledPerClass: 15, seed });
      const [upright, mirrored] = [uprightFraction(labelled, 4) ?? 1, mirroredFraction(labelled, 4) ?? 0];
      expect(upright).toBeLessThan(0.45);
      expect(mirrored).toBeGreaterThan(0.1);
    }
  });

  test('too few images say nothing', () => {
    const { labelled } = glyphs({ ...few, labelledPerClass: 1 });
    expect(uprightFraction(labelled, numClasses)).toBeUndefined();
    expect(mirroredFraction(labelled, numClasses)).toBeUndefined();
    expect(uprightFraction(imageSet({ images: new Float32Array(256), shape: [4, 4] }), 2)).toBeUndefined();
  });

  test('images of one value are compared too', () => {
    const blank = imageSet({ images: new Float32Array(8 * 81), labels: new Int32Array(8), shape: [9, 9] });
    expect([uprightFraction(blank, 1), mirroredFraction(blank, 1)]).toEqual([1, 0]);
  });
});
