/** Classes without labels: what is found among images at drawn poses, and how it is returned. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { OptionError, RandomStream } from 'pyro-ts';
import { drawPoses, findClasses, imageSet, posedImages } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';
import { bar, draw, ell } from '../shapes.js';

const SIDE = 20;
const shapes = [ell, bar] as const;

/** Both shapes in turn at any angle, shifted, scaled and sheared. */
function posed(count: number) {
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const upright = Float32Array.from(Array.from(labels).flatMap((y) => Array.from(draw(shapes[y], SIDE, 0))));
  const ranges = { angle: Math.PI, shift: 0.1, scale: [0.85, 1.15], shear: 0.15 } as const;
  const poses = drawPoses(count, ranges, new RandomStream('images'));
  return imageSet({ images: posedImages(upright, [SIDE, SIDE], 1, poses), labels, shape: [SIDE, SIDE] });
}

describe('classes without labels', () => {
  const { labels = new Int32Array(), ...images } = posed(40);

  it('are those of the images, upright alike within each class', async () => {
    const found = findClasses(images, {
      numClasses: 2,
      perClass: 6,
      restarts: 1,
      kernel: await selectKernel({ threads: 1 }),
    });
    const { labelled } = found;
    expect(Array.from(labelled.labels ?? [])).toEqual([...new Array(6).fill(0), ...new Array(6).fill(1)]);
    expect(labelled.classNames).toEqual(['class 1', 'class 2']);
    const size = SIDE * SIDE;
    const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
      Array.from(a).reduce((sum, v, p) => sum + (v - b[p]) ** 2, 0);
    const image = (i: number) => labelled.images.subarray(i * size, (i + 1) * size);
    // Members of a class resemble each other more than those of the other class, which holds for upright images of different shapes alone.
    for (let i = 0; i < 12; i++) {
      const means = [0, 1].map((k) => {
        const others = Array.from({ length: 6 }, (_, j) => 6 * k + j).filter((j) => j !== i);
        return others.reduce((sum, j) => sum + distance(image(i), image(j)), 0) / others.length;
      });
      expect(means[Math.floor(i / 6)]).toBeLessThan(means[1 - Math.floor(i / 6)]);
    }
    expect(Number.isFinite(found.evidence)).toBe(true);
    expect(labels.length).toBe(40);
  });

  it('two explain images of two shapes better than one', async () => {
    const kernel = await selectKernel({ threads: 1 });
    const [one, two] = [1, 2].map((numClasses) => findClasses(images, { numClasses, restarts: 1, kernel }).evidence);
    expect(two).toBeGreaterThan(one + 1);
  });

  it('invalid options are rejected', () => {
    expect(() => findClasses(images, { numClasses: 0 })).toThrow(/numClasses must be an integer of at least 1; got 0/);
    expect(() => findClasses(images, { numClasses: 41 })).toThrow(OptionError);
    expect(() => findClasses(images, { numClasses: 2, sigma: 0 })).toThrow(/sigma must be a positive number/);
  });
});
