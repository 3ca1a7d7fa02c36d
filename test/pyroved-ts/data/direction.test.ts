/** How labelled images lie: known for generated shapes, and for copies rotated and mirrored at random. */
import { glyphs, nanoparticles } from 'pyroved-data';
import { directionsOf, imageSet, posedCopies } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';

const few = { unlabelledPerClass: 1, validationPerClass: 1 } as const;
const { labelled: letters } = glyphs({ ...few, labelledPerClass: 8, noise: 0.2 });
const numClasses = 12;

describe('directionsOf', () => {
  test('letters are upright and not mirrored, also noisy ones', () => {
    const { upright = 0, mirrored = 1 } = directionsOf(letters, numClasses) ?? {};
    expect(upright).toBeGreaterThan(0.85);
    expect(mirrored).toBeLessThan(0.1);
  });

  test('the same letters rotated at random lie in any direction', () => {
    const rotated = posedCopies(letters, { angle: Math.PI }, { noise: 'lost', copies: 2 });
    const { upright = 1, mirrored = 1 } = directionsOf(rotated, numClasses) ?? {};
    expect(upright).toBeLessThan(0.45);
    expect(mirrored).toBeLessThan(0.1);
  });

  test('particles lie in any direction, and so do their mirror images', () => {
    for (const seed of [1, 2, 3]) {
      const { labelled } = nanoparticles({ labelledPerClass: 15, seed });
      const { upright = 1, mirrored = 0 } = directionsOf(labelled, 4) ?? {};
      expect(upright).toBeLessThan(0.45);
      expect(mirrored).toBeGreaterThan(0.1);
    }
  });

  test('too few images say nothing', () => {
    const { labelled } = glyphs({ ...few, labelledPerClass: 1 });
    expect(directionsOf(labelled, numClasses)).toBeUndefined();
    expect(directionsOf(imageSet({ images: new Float32Array(256), shape: [4, 4] }), 2)).toBeUndefined();
  });

  test('images of one value are compared too', () => {
    const blank = imageSet({ images: new Float32Array(8 * 81), labels: new Int32Array(8), shape: [9, 9] });
    expect(directionsOf(blank, 1)).toEqual({ upright: 1, mirrored: 0 });
  });
});
