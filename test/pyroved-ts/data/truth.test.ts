import { cards, digits, glyphs, nanoparticles, shiftedPeaks } from 'pyroved-data';
import { type Pose, polarAngle, warp } from 'pyroved-data/internal';
import { factorNames, type ImageSet, imageAt, subset, truePoses, undoPose } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

const few = { labelledPerClass: 2, unlabelledPerClass: 3, validationPerClass: 6 } as const;

function correlation(a: Float32Array, b: Float32Array): number {
  const centred = (x: Float32Array) => {
    const mean = x.reduce((s, v) => s + v, 0) / x.length;
    return x.map((v) => v - mean);
  };
  const [u, v] = [centred(a), centred(b)];
  const dot = (p: Float32Array, q: Float32Array) => p.reduce((s, x, i) => s + x * q[i], 0);
  return dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v));
}

/** Image `i` as it looks once its true pose is undone. */
function upright(set: ImageSet, i: number): Float32Array {
  const poses = truePoses(set);
  if (!poses) throw new Error('The set has no poses.');
  const shift = Array.from(poses.shift.subarray(2 * i, 2 * i + 2));
  return undoPose(imageAt(set, i), set.shape, { angle: poses.angle[i], shift });
}

describe('the true pose', () => {
  it('turns an image back to the upright one, of cards, glyphs and digits at any angle and place', () => {
    const still = { shear: 0, scale: [1, 1], translation: 0, labelledAngle: 0, angle: 0 } as const;
    const moved = { ...still, angle: 180, translation: 0.1 } as const;
    const pairs = [
      [cards({ ...few, ...still }), cards({ ...few, ...moved, axes: 'both' })],
      [glyphs({ ...few, ...still }), glyphs({ ...few, ...moved })],
      [digits({ ...few, angle: 0 }), digits({ ...few, angle: 180, translation: 0.1 })],
    ];
    for (const [before, after] of pairs) {
      for (let i = 0; i < after.validation.count; i += 5) {
        expect(correlation(upright(after.validation, i), imageAt(before.validation, i))).toBeGreaterThan(0.9);
      }
    }
  });

  it('is the rotation nearest to the map, where there is shear', () => {
    const radians = Math.PI / 180;
    const pose: Pose = { angle: 40, shearX: 14, shearY: 10, scale: 1.1, tx: 0, ty: 0 };
    // Where the map sends the corners of a square, found with images of one bright pixel.
    const seen = [0, 1].map((axis) => {
      const image = new Float32Array(101 * 101);
      image[(50 + 20 * axis) * 101 + 50 + 20 * (1 - axis)] = 1;
      const target = new Float32Array(101 * 101);
      warp(image, target, 101, 101, pose);
      const total = target.reduce((a, b) => a + b, 0);
      const mean = (f: (k: number) => number) => target.reduce((sum, v, k) => sum + v * f(k), 0) / total;
      return [mean((k) => k % 101) - 50, mean((k) => Math.floor(k / 101)) - 50];
    });
    const distance = (angle: number): number => {
      const [c, s] = [20 * Math.cos(angle), 20 * Math.sin(angle)];
      return Math.hypot(seen[0][0] - c, seen[0][1] + s, seen[1][0] - s, seen[1][1] - c);
    };
    const angles = Array.from({ length: 121 }, (_, k) => (k / 2) * radians);
    const best = angles.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    expect(Math.abs(best - polarAngle(pose)) / radians).toBeLessThan(0.75);
    expect(Math.abs(best / radians - 40)).toBeGreaterThan(0.75);
    // A closed form: without shear along y, tan(angle - polar) = tan(shear x) / 2.
    const sheared = polarAngle({ ...pose, shearY: 0, scale: 1 });
    expect(Math.tan(sheared - 40 * radians)).toBeCloseTo(-Math.tan(14 * radians) / 2, 8);
    expect(polarAngle({ ...pose, shearX: 0, shearY: 0, angle: -170 })).toBeCloseTo(-170 * radians, 8);
  });

  it('is that of the prototype: the polar part of its matrix, of a random map', () => {
    const { validation } = cards({ ...few, angle: 180, shear: 30, scale: [0.7, 1.4] });
    const { angle, shearX, shearY, scale, poseAngle } = validation.factors ?? {};
    const radians = Math.PI / 180;
    for (let i = 0; i < validation.count; i++) {
      const [c, s] = [Math.cos(angle[i] * radians), Math.sin(angle[i] * radians)].map((v) => v * scale[i]);
      const [x, y] = [Math.tan(shearX[i] * radians), Math.tan(shearY[i] * radians)];
      // [[c, s], [-s, c]] times [[1, -x], [-y, 1 + x y]].
      const m = [c - s * y, -c * x + s * (1 + x * y), -s - c * y, s * x + c * (1 + x * y)];
      expect(poseAngle[i]).toBeCloseTo(Math.atan2(m[1] - m[2], m[0] + m[3]), 5);
    }
  });

  it('is known of particles, whose first bond it turns to the right, and not of signals', () => {
    const { validation } = nanoparticles({ noise: 0, labelledPerClass: 2, validationPerClass: 6 });
    const second = subset(validation, [6, 7, 8, 9, 10, 11]);
    for (let i = 0; i < second.count; i++) {
      const image = upright(second, i);
      const bright = Array.from(image, (v, k) => (v > 0.35 ? k : -1)).filter((k) => k >= 0);
      const spread = (f: (k: number) => number) => {
        const middle = bright.reduce((sum, k) => sum + f(k), 0) / bright.length;
        return bright.reduce((sum, k) => sum + (f(k) - middle) ** 2, 0) / bright.length;
      };
      expect(spread((k) => k % 48)).toBeGreaterThan(2 * spread((k) => Math.floor(k / 48)));
    }
    expect(truePoses(shiftedPeaks(few).labelled)).toBeUndefined();
  });

  it('is of labelled and unlabelled images too, and is no factor of its own', () => {
    for (const sets of [cards(few), glyphs(few), digits({ ...few, digits: [1, 2] })]) {
      for (const set of [sets.labelled, sets.unlabelled, sets.validation]) {
        expect(truePoses(set)?.angle).toHaveLength(set.count);
        expect(factorNames(set)).not.toContain('poseAngle');
      }
    }
    expect(factorNames(cards(few).labelled)).toEqual(['angle', 'shearX', 'shearY', 'scale', 'tx', 'ty']);
    const { shift, tx, ty } = truePoses(cards({ ...few, angle: 0, shear: 0, axes: 'both' }).validation) ?? {};
    // Without an angle: minus the place, down and left, in units of half the image.
    expect(shift?.[0]).toBeCloseTo((-2 * (ty?.[0] ?? 0)) / 47, 5);
    expect(shift?.[1]).toBeCloseTo((2 * (tx?.[0] ?? 0)) / 47, 5);
  });
});

describe('what the benchmark needs of the sources', () => {
  it('2,000 validation digits that are in no other set, without 9', () => {
    const options = { digits: [0, 1, 2, 3, 4, 5, 6, 7, 8], angle: 0, labelledPerClass: 25, unlabelledPerClass: 500 };
    const { labelled, unlabelled, validation } = digits({ ...options, validationPerClass: 223 });
    expect(validation.count).toBeGreaterThan(2000);
    const keys = [labelled, unlabelled, validation].map((set) =>
      Array.from({ length: set.count }, (_, i) => Buffer.from(imageAt(set, i).slice().buffer).toString('base64')),
    );
    expect(new Set(keys.flat()).size).toBe(keys.flat().length);
  });

  it('500 validation particles of each class', () => {
    const { validation } = nanoparticles({ validationPerClass: 500, size: 16 });
    expect(validation.count).toBe(2000);
    expect(truePoses(validation)?.angle).toHaveLength(2000);
  });
});
