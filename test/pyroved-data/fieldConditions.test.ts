import { cards, digits, type FieldConditions, glyphs, nanoparticles } from 'pyroved-data';
import { type ImageSet, imageAt } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

const few = { labelledPerClass: 20, unlabelledPerClass: 10, validationPerClass: 10 } as const;
const plain = cards(few);

/** What the conditions add to each labelled image of cards. */
function added(conditions: FieldConditions): Float32Array[] {
  const { labelled } = cards({ ...few, ...conditions });
  return Array.from({ length: labelled.count }, (_, i) => {
    const [before, after] = [imageAt(plain.labelled, i), imageAt(labelled, i)];
    return after.map((v, k) => v - before[k]);
  });
}
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: ArrayLike<number>) => {
  const middle = mean(values);
  return Math.sqrt(mean(Array.from(values, (v) => (v - middle) ** 2)));
};
const side = 48;

describe('field conditions', () => {
  it('add noise of the stated standard deviation, independent from pixel to pixel, and do not clip', () => {
    const noise = added({ noise: 0.2 });
    const all = noise.flatMap((image) => Array.from(image));
    // 184,320 draws: standard errors 0.0005 and 0.0003.
    expect(Math.abs(mean(all))).toBeLessThan(0.002);
    expect(Math.abs(deviation(all) - 0.2)).toBeLessThan(0.0015);
    const products = noise.map((image) => mean(Array.from(image.subarray(1), (v, i) => v * image[i])));
    expect(Math.abs(mean(products))).toBeLessThan(0.0005);
    expect(all.some((v) => v < -0.5)).toBe(true);
  });

  it('add a smooth background from -a to a, where a is half to all of the amplitude', () => {
    const backgrounds = added({ background: 0.4 });
    const amplitudes = backgrounds.map((image) => Math.max(...image));
    backgrounds.forEach((image, i) => {
      expect(Math.min(...image)).toBeCloseTo(-amplitudes[i], 4);
      expect(amplitudes[i]).toBeGreaterThan(0.2);
      expect(amplitudes[i]).toBeLessThanOrEqual(0.4001);
      // The steepest step from pixel to pixel of a field that changes over half a width.
      const steps = image.map((v, k) => (k % side === side - 1 ? 0 : Math.abs(image[k + 1] - v)));
      expect(Math.max(...steps)).toBeLessThan((amplitudes[i] * 8) / side);
    });
    expect(mean(amplitudes)).toBeGreaterThan(0.28);
    expect(mean(amplitudes)).toBeLessThan(0.32);
  });

  it('multiply the contrast by a factor that is uniform in 1 - C to 1 + C', () => {
    const factors = added({ contrast: 0.5 }).map((change, i) => {
      const before = imageAt(plain.labelled, i);
      const brightest = before.indexOf(Math.max(...before));
      return 1 + change[brightest] / before[brightest];
    });
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.5);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1.5);
    // A uniform distribution of width 1; 80 draws.
    expect(Math.abs(deviation(factors) - Math.sqrt(1 / 12))).toBeLessThan(0.05);
    expect(Math.abs(mean(factors) - 1)).toBeLessThan(0.12);
  });

  it('blur by a Gaussian, which adds its variance to that of the object along each axis', () => {
    const { labelled } = cards({ ...few, blur: 2 });
    const variance = (image: Float32Array) => {
      const total = image.reduce((a, b) => a + b, 0);
      const x = image.reduce((sum, v, i) => sum + v * (i % side), 0) / total;
      return image.reduce((sum, v, i) => sum + v * ((i % side) - x) ** 2, 0) / total;
    };
    const grown = Array.from(
      { length: labelled.count },
      (_, i) => variance(imageAt(labelled, i)) - variance(imageAt(plain.labelled, i)),
    );
    expect(Math.min(...grown)).toBeGreaterThan(-0.01);
    expect(Math.max(...grown)).toBeLessThan(4.05);
    // The mean square of a standard deviation that is uniform from 0 to 2 is 4 / 3; 80 draws.
    expect(Math.abs(mean(grown) - 4 / 3)).toBeLessThan(0.4);
    expect(labelled.images.reduce((a, b) => a + b, 0)).toBeCloseTo(
      plain.labelled.images.reduce((a, b) => a + b, 0),
      -1,
    );
  });

  it('let other objects reach in from the border, on average as many as stated', () => {
    const share = (clutter: number) => mean(added({ clutter }).map((image) => (image.some((v) => v > 0.3) ? 1 : 0)));
    // An object in the corner may stay out of sight.
    expect(share(1)).toBeGreaterThan(0.75);
    expect(Math.abs(share(0.4) - 0.4)).toBeLessThan(0.17);
    const middle = added({ clutter: 2 }).map((image) => image[24 * side + 24]);
    expect(Math.max(...middle)).toBe(0);
  });

  it('do not change one another or the poses, and are the same for the same seed', () => {
    const small = { labelledPerClass: 2, unlabelledPerClass: 3, validationPerClass: 2, size: 24 };
    const make = (conditions: FieldConditions, more = {}) => cards({ ...small, ...conditions, ...more });
    const [none, noise, background] = [make({}), make({ noise: 0.1 }), make({ background: 0.3 })];
    const both = make({ noise: 0.1, background: 0.3 });
    expect(both.validation.factors).toEqual(none.validation.factors);
    both.labelled.images.forEach((v, k) => {
      const apart = noise.labelled.images[k] + background.labelled.images[k] - none.labelled.images[k];
      expect(Math.abs(v - apart)).toBeLessThan(1e-5);
    });
    expect(make({ noise: 0.1, background: 0.3 }).unlabelled.images).toEqual(both.unlabelled.images);
    const more = make({ noise: 0.1, background: 0.3 }, { unlabelledPerClass: 5 });
    expect(imageAt(more.unlabelled, 5)).toEqual(imageAt(both.unlabelled, 3));
    expect(make({ noise: 0 }).labelled.images).toEqual(none.labelled.images);
  });

  it('work with templates of a user and every other option of cards', () => {
    const bar = Float32Array.from({ length: 16 * 16 }, (_, i) => (i % 16 > 5 && i % 16 < 9 ? 1 : 0));
    const templates = { names: ['bar', 'square'], images: [bar, new Float32Array(256).fill(1)], size: 16 };
    const few = { labelledPerClass: 1, unlabelledPerClass: 1, validationPerClass: 2, size: 16 };
    const pose = {
      angle: 180,
      labelledAngle: 0,
      shear: 10,
      scale: '0.8 to 1.2',
      translation: 0.1,
      axes: 'both',
    } as const;
    const { validation } = cards({
      ...few,
      ...pose,
      templates,
      noise: 0.1,
      background: 0.2,
      contrast: 0.2,
      blur: 1,
      clutter: 1,
    });
    expect(validation.classNames).toEqual(['bar', 'square']);
    expect(validation.images.every(Number.isFinite)).toBe(true);
    expect(validation.factors?.poseAngle).toHaveLength(4);
  });

  it('are for every source of images and all of its sets', () => {
    const conditions = { noise: 0.1, background: 0.3, contrast: 0.3, blur: 1, clutter: 0.5 };
    const tiny = { labelledPerClass: 2, validationPerClass: 2 };
    const some = { ...tiny, unlabelledPerClass: 2 };
    const made = (all: FieldConditions) => [
      cards({ ...some, ...all }),
      glyphs({ ...some, ...all }),
      digits({ ...some, digits: [1, 2], ...all }),
      nanoparticles({ ...tiny, counts: [4, 4], ...all }),
    ];
    const [without, within] = [made({}), made(conditions)];
    within.forEach((sets, s) => {
      for (const part of ['labelled', 'unlabelled', 'validation'] as const) {
        const [a, b]: ImageSet[] = [without[s][part], sets[part]];
        expect(b.factors).toEqual(a.factors);
        for (let i = 0; i < a.count; i++) expect(imageAt(b, i)).not.toEqual(imageAt(a, i));
      }
    });
    // Beyond [0, 1]: nothing is clipped.
    expect(within.every(({ labelled }) => labelled.images.some((v) => v < 0))).toBe(true);
  });
});
