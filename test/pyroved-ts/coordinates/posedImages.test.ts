/** Posed images against undoPose, against analytic blobs, and against the card data's own affine map. */
import { RandomStream } from 'pyro-ts';
import { warp } from 'pyroved-data/internal';
import { type AffineRanges, drawPoses, posedCopies, posedImages, undoPose } from 'pyroved-ts';
import { poseAt, posesAt, shearAngle } from 'pyroved-ts/internal';
import { describe, expect, it } from 'vitest';

const SIZE = 81;
const shape = [SIZE, SIZE];

/** A sum of Gaussian blobs; places in grid units to the right (x) and downwards (y). */
function blobs(places: readonly (readonly [x: number, y: number])[], width = 0.12, size = SIZE): Float32Array {
  return Float32Array.from({ length: size * size }, (_, k) => {
    const [y, x] = [(2 * Math.floor(k / size)) / (size - 1) - 1, (2 * (k % size)) / (size - 1) - 1];
    return places.reduce((sum, [px, py]) => sum + Math.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * width * width)), 0);
  });
}

/** Centre of mass in grid units, (x, y). */
function centre(image: Float32Array, size = SIZE): [number, number] {
  let [mass, mx, my] = [0, 0, 0];
  image.forEach((v, k) => {
    mass += v;
    mx += v * ((2 * (k % size)) / (size - 1) - 1);
    my += v * ((2 * Math.floor(k / size)) / (size - 1) - 1);
  });
  return [mx / mass, my / mass];
}

const worst = (a: Float32Array, b: Float32Array) => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);
const onePose = (ranges: AffineRanges, seed: number) => drawPoses(1, ranges, new RandomStream(seed));

describe('posed images', () => {
  const two = blobs(
    [
      [0.25, -0.1],
      [-0.15, 0.2],
    ],
    0.16,
  );

  it('is what undoPose undoes, for rotations, shifts and scales', () => {
    for (let seed = 0; seed < 20; seed++) {
      const poses = onePose({ angle: Math.PI, shift: [0.2, 0.15], scale: [0.9, 1.2] }, seed);
      const posed = posedImages(two, shape, 1, poses);
      expect(worst(posed, two)).toBeGreaterThan(0.1);
      expect(worst(undoPose(posed, shape, poseAt(poses, 0)), two)).toBeLessThan(0.025);
    }
  });

  it('rotates counter-clockwise as seen, about the object centre, and moves the centre by the drawn displacement', () => {
    for (let seed = 0; seed < 10; seed++) {
      const poses = onePose({ angle: Math.PI, shift: [0.3, 0.2] }, seed);
      const [angle, a, b] = [poses.angle[0], poses.shift[0], poses.shift[1]];
      // The displacement in the image, from shift = -displacement R; b points to the left.
      const down = -(a * Math.cos(angle) + b * Math.sin(angle));
      const right = -a * Math.sin(angle) + b * Math.cos(angle);
      expect(Math.abs(down)).toBeLessThanOrEqual(0.3);
      expect(Math.abs(right)).toBeLessThanOrEqual(0.2);
      // The blob lies at distance .3 to the right of the centre: seen under an angle it lies at (cos, -sin) in (x, y down).
      const posed = posedImages(blobs([[0.3, 0]]), shape, 1, poses, { outside: 'zero' });
      const [x, y] = centre(posed);
      expect(x).toBeCloseTo(right + 0.3 * Math.cos(angle), 2);
      expect(y).toBeCloseTo(down - 0.3 * Math.sin(angle), 2);
    }
  });

  it('records the polar angle of the whole map, under shear and mirror images too', () => {
    for (let seed = 0; seed < 20; seed++) {
      const poses = onePose({ angle: 1, shift: 0.1, scale: [0.8, 1.25], shear: 0.4 }, seed);
      // The linear map, measured from where three blobs go.
      const at = (x: number, y: number) =>
        centre(posedImages(blobs([[x, y]], 0.08), shape, 1, poses, { outside: 'zero' }));
      const [origin, right, down] = [at(0, 0), at(0.2, 0), at(0, 0.2)];
      const [p, r] = [(right[0] - origin[0]) / 0.2, (right[1] - origin[1]) / 0.2];
      const [q, s] = [(down[0] - origin[0]) / 0.2, (down[1] - origin[1]) / 0.2];
      // Nearest rotation to [[p, q], [r, s]] with y downwards: counter-clockwise is atan2(q - r, p + s).
      expect(Math.atan2(q - r, p + s)).toBeCloseTo(poses.angle[0], 1.5);
      expect(Math.sqrt(p * s - q * r)).toBeCloseTo(poses.scale[0], 1);
      // undoPose brings the object back to the middle.
      const undone = undoPose(posedImages(blobs([[0, 0]]), shape, 1, poses), shape, poseAt(poses, 0));
      expect(Math.hypot(...centre(undone))).toBeLessThan(0.02);
    }
  });

  it('is the affine map of the card data', () => {
    const poses = onePose({ angle: 2, shift: [0.2, 0.1], scale: [0.8, 1.25], shear: 0.4 }, 5);
    const degrees = (radians: number) => (radians * 180) / Math.PI;
    const angle = poses.angle[0];
    const [shearX, shearY] = poses.shear;
    const [a, b] = poses.shift;
    const half = (SIZE - 1) / 2;
    const expected = new Float32Array(SIZE * SIZE);
    warp(two, expected, SIZE, SIZE, {
      angle: degrees(angle - shearAngle(shearX, shearY)),
      shearX: degrees(shearX),
      shearY: degrees(shearY),
      scale: poses.scale[0],
      ty: -half * (a * Math.cos(angle) + b * Math.sin(angle)),
      tx: half * (-a * Math.sin(angle) + b * Math.cos(angle)),
    });
    expect(worst(posedImages(two, shape, 1, poses, { outside: 'zero' }), expected)).toBeLessThan(1e-4);
  });

  it('mirrors left and right of the upright object', () => {
    const mirrored = { ...onePose({}, 1), mirror: Uint8Array.of(1) };
    const posed = posedImages(blobs([[0.3, 0.1]]), shape, 1, mirrored);
    expect(worst(posed, blobs([[-0.3, 0.1]]))).toBeLessThan(1e-6);
    const drawn = drawPoses(400, { mirror: true }, new RandomStream(1)).mirror.reduce((n, m) => n + m, 0);
    expect(Math.abs(drawn - 200)).toBeLessThan(50);
  });

  it('fills what lies outside with zeros, the edge or the median of the border, for each channel', () => {
    const image = new Float32Array(2 * 9).fill(2, 0, 9).fill(5, 9);
    const poses = { ...onePose({}, 1), shift: Float32Array.of(0, 4) };
    const filled = (outside: 'zero' | 'edge' | 'border') =>
      Array.from(posedImages(image, [3, 3], 2, poses, { outside }));
    expect(filled('zero')).toEqual(new Array(18).fill(0));
    expect(filled('edge')).toEqual(Array.from(image));
    expect(filled('border')).toEqual(Array.from(image));
    const uneven = Float32Array.of(0, 1, 2, 3, 9, 5, 6, 7, 8);
    expect(posedImages(uneven, [3, 3], 1, poses, { outside: 'border' })[0]).toBe(4);
  });

  it('shifts signals, as undoPose undoes it', () => {
    const signal = Float32Array.from({ length: 60 }, (_, i) => Math.exp(-((i - 25) ** 2) / 18));
    const poses = drawPoses(1, { shift: 0.3 }, new RandomStream(3), 1);
    const posed = posedImages(signal, [60], 1, poses);
    expect(worst(undoPose(posed, [60], poseAt(poses, 0)), signal)).toBeLessThan(0.03);
    expect(posed.indexOf(Math.max(...posed))).toBe(Math.round(25 + (poses.shift[0] * 59) / 2));
    expect(() => drawPoses(1, { angle: 1 }, new RandomStream(1), 1)).toThrow('Give `shift` only');
  });

  it('draws within the ranges, each part from its own numbers', () => {
    const ranges = { angle: 0.5, shift: [0.1, 0], scale: [0.5, 2], shear: 0.2 } as const;
    const poses = drawPoses(2000, ranges, new RandomStream(1));
    const largest = (values: Float32Array) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    expect(largest(poses.angle)).toBeGreaterThan(0.49);
    expect(largest(poses.angle)).toBeLessThanOrEqual(0.5);
    expect(largest(poses.shear)).toBeLessThanOrEqual(0.2 + 1e-6);
    expect(poses.scale.filter((s) => s < 1).length / 2000).toBeCloseTo(0.5, 1);
    const narrower = drawPoses(2000, { ...ranges, angle: 0.25 }, new RandomStream(1));
    expect(narrower.scale).toEqual(poses.scale);
    expect(narrower.angle[7]).toBeCloseTo(poses.angle[7] / 2, 6);
    expect(posesAt(poses, [5, 3]).shift).toEqual(
      Float32Array.of(...poses.shift.subarray(10, 12), ...poses.shift.subarray(6, 8)),
    );
    expect(() => drawPoses(1, { angle: -1 }, new RandomStream(1))).toThrow('half-range of the angle');
    expect(() => drawPoses(1, { scale: [2, 1] }, new RandomStream(1))).toThrow('the smaller one first');
    expect(() => drawPoses(1, { shift: [0.1] }, new RandomStream(1))).toThrow('2 axes');
    expect(() => drawPoses(1, { angel: 1 } as AffineRanges, new RandomStream(1))).toThrow('"angle"');
  });

  it('is fast enough to draw every batch anew', () => {
    const images = new Float32Array(48 * 48 * 48).fill(0.5);
    const rng = new RandomStream(1);
    const best = Math.min(
      ...Array.from({ length: 20 }, () => {
        const start = performance.now();
        posedImages(images, [48, 48], 1, drawPoses(48, { angle: 3, shift: 0.2, shear: 0.2 }, rng));
        return performance.now() - start;
      }),
    );
    expect(best).toBeLessThan(6);
  });
});

describe('posed copies', () => {
  const set = {
    images: Float32Array.of(...blobs([[0.3, 0]]), ...blobs([[0, 0.3]])),
    count: 2,
    shape,
    channels: 1,
    labels: Int32Array.of(0, 1),
    classNames: ['a', 'b'],
    names: ['a.png', 'b.png'],
    factors: { size: Float32Array.of(3, 4) },
  };

  it('keeps what is known of each original beside its copies', () => {
    const copies = posedCopies(set, { angle: Math.PI }, { copies: 3, seed: 2 });
    expect(copies.count).toBe(6);
    expect(Array.from(copies.originals)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(Array.from(copies.labels ?? [])).toEqual([0, 0, 0, 1, 1, 1]);
    expect(copies.names?.[4]).toBe('b.png');
    expect(Array.from(copies.factors?.size ?? [])).toEqual([3, 3, 3, 4, 4, 4]);
    expect(copies.images).toEqual(posedCopies(set, { angle: Math.PI }, { copies: 3, seed: 2 }).images);
    expect(copies.images).not.toEqual(posedCopies(set, { angle: Math.PI }, { copies: 3, seed: 3 }).images);
  });

  it('adds fresh noise after the pose', () => {
    const clean = posedCopies(set, { angle: 1 }, { copies: 4 });
    const noisy = posedCopies(set, { angle: 1 }, { copies: 4, noise: 0.1 });
    const noise = noisy.images.map((v, i) => v - clean.images[i]);
    const variance = noise.reduce((sum, v) => sum + v * v, 0) / noise.length;
    expect(Math.sqrt(variance)).toBeCloseTo(0.1, 2);
    expect(() => posedCopies(set, {}, { noise: -1 })).toThrow('standard deviation');
    expect(() => posedCopies(set, {}, { copies: 0 })).toThrow('copies');
  });
});
