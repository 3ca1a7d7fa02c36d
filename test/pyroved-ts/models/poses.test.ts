/** What the pose means in pictures: turned counter-clockwise, shifted, scaled, and undone. */
import { RandomStream } from 'pyro-ts';
import { type ImageSet, IVAE, imageAt, imageSet, undoPose } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';
import { draw, ell } from '../shapes.js';

const size = 5;
const vae = new IVAE({ shape: [size, size], invariances: ['r', 't', 's'], hiddenDecoder: [16], seed: 3 });
const content = [0.4, -1.1];
const upright = vae.decode(content);

/** The picture turned by a quarter, counter-clockwise as seen: the top right corner goes to the top left. */
const quarter = (picture: Float32Array): number[] =>
  Array.from(picture, (_, i) => picture[(i % size) * size + (size - 1 - Math.floor(i / size))]);
const closeTo = (actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 5): void => {
  Array.from(expected).forEach((v, i) => {
    expect(actual[i]).toBeCloseTo(v, digits);
  });
};

describe('decode', () => {
  test('an angle turns the picture counter-clockwise', () => {
    closeTo(vae.decode(content, { angle: Math.PI / 2 }).images, quarter(upright.images));
  });

  test('a shift of one grid step moves the picture by a pixel', () => {
    // Coordinates grow downwards by 0.5 a pixel here; added to them, a shift moves what is seen up.
    const moved = vae.decode(content, { shift: [0.5, 0] }).images;
    closeTo(moved.subarray(0, 4 * size), upright.images.subarray(size));
  });

  test('a scale of 2 shows the centre of what lies twice as far out', () => {
    const half = vae.decode(content, { scale: 0.5 }).images;
    const at = (images: Float32Array, row: number, column: number) => images[row * size + column];
    // The corner of the enlarged picture is what lies half way to the corner.
    expect(at(half, 0, 0)).toBeCloseTo(at(upright.images, 1, 1), 5);
    expect(at(half, 4, 2)).toBeCloseTo(at(upright.images, 3, 2), 5);
  });

  test('one pose for all, or one for each', () => {
    const two = vae.decode([...content, ...content], { angle: [0, Math.PI / 2], shift: [0, 0], scale: [1, 1] });
    closeTo(imageAt(two, 0), upright.images);
    closeTo(imageAt(two, 1), quarter(upright.images));
  });

  test('a pose of the wrong length, or one that the model has no coordinates for, is rejected', () => {
    expect(() => vae.decode(content, { angle: [0, 0, 0] })).toThrow(/angle must have 1 values for 1 image\(s\); got 3/);
    const plain = new IVAE({ shape: [size, size] });
    expect(() => plain.decode(content, { angle: 1 })).toThrow(/has no invariances, so angle cannot be set/);
    expect(() => plain.decode([1, 2, 3])).toThrow(/must be a multiple of 2, the number of content latents; got 3/);
  });
});

describe('undoPose', () => {
  const picture = Float32Array.from({ length: size * size }, (_, i) => Math.sin(3 * i));

  test('a quarter turn is undone exactly', () => {
    closeTo(undoPose(Float32Array.from(quarter(picture)), [size, size], { angle: Math.PI / 2 }), picture);
  });

  test('what the decoder does to a smooth picture is undone, but for interpolation', () => {
    const fine = 33;
    const angle = 0.7;
    const back = undoPose(draw(ell, fine, angle), [fine, fine], { angle });
    const error = back.reduce((n, v, i) => Math.max(n, Math.abs(v - draw(ell, fine, 0)[i])), 0);
    // Blobs of width 0.17 on a grid of step 1/16: linear interpolation is wrong by at most h^2 / 8 times the curvature, 0.03, along each axis.
    expect(error).toBeLessThan(0.06);
  });

  test('of a model: decode with a pose, then undo it', () => {
    const smooth = new IVAE({ shape: [33, 33], invariances: ['r', 't', 's'], hiddenDecoder: [8], seed: 5 });
    const pose = { angle: 0.4, shift: [0.1, -0.2], scale: [1.2, 1.2] };
    const posed = smooth.decode(content, { ...pose, scale: 1.2 }).images;
    const back = undoPose(posed, [33, 33], pose);
    const original = smooth.decode(content).images;
    // The rim of the upright picture lies outside the posed one; compare the middle.
    for (let r = 12; r < 21; r++) {
      for (let c = 12; c < 21; c++) expect(back[r * 33 + c]).toBeCloseTo(original[r * 33 + c], 2);
    }
  });

  test('a signal is moved back', () => {
    const signal = Float32Array.from([0, 1, 4, 9, 16]);
    // One step of the grid is 0.5; the coordinate falls from 1 to -1 along the signal.
    closeTo(undoPose(signal, [5], { shift: [0.5] }), [1, 4, 9, 16, 16]);
  });
});

describe('encode', () => {
  const rng = new RandomStream('encode');
  const set: ImageSet = imageSet({
    images: Float32Array.from({ length: 70 * 25 }, () => rng.next()),
    shape: [size, size],
  });

  test('gives every part in its own shape, in batches that make no difference', () => {
    const all = vae.encode(set);
    expect([
      all.content.length,
      all.contentScale.length,
      all.angle?.length,
      all.shift?.length,
      all.scale?.length,
    ]).toEqual([140, 140, 70, 140, 70]);
    const last = vae.encode(imageSet({ images: imageAt(set, 69), shape: [size, size] }));
    closeTo(last.content, all.content.subarray(138));
    closeTo(last.angle as Float32Array, [(all.angle as Float32Array)[69]]);
    expect(all.contentScale.every((s) => s > 0)).toBe(true);
  });

  test('reconstruct decodes what encode found', () => {
    const { content: z, angle, shift, scale } = vae.encode(set);
    closeTo(vae.reconstruct(set).images, vae.decode(z, { angle, shift, scale }).images);
    closeTo(vae.reconstruct(set, { upright: true }).images, vae.decode(z).images);
  });

  test('images of another shape are rejected', () => {
    expect(() => vae.encode(imageSet({ images: new Float32Array(36), shape: [6, 6] }))).toThrow(
      /The images have shape \[6, 6\] and 1 channel\(s\); this model expects \[5, 5\] and 1/,
    );
  });
});

test('the manifold takes values of its latents, e.g. where images are encoded', () => {
  const { images, rows, columns } = vae.manifold({
    axes: [1, 0],
    values: [
      [-0.5, 2],
      [0, 1, 3],
    ],
  });
  expect([Array.from(rows), Array.from(columns)]).toEqual([
    [2, -0.5],
    [0, 1, 3],
  ]);
  closeTo(imageAt(images, 5), vae.decode([3, -0.5]).images);
  expect(() => vae.manifold({ values: [[1, 0], [0]] })).toThrow('two lists of increasing numbers; got [1, 0]');
});

test('the manifold spans the prior: rows from high to low, columns from low to high', () => {
  const { images, rows, columns } = vae.manifold({ size: 3, angle: 0.3 });
  // The 5th and 95th percentile of the standard normal.
  closeTo(columns, [-1.644854, 0, 1.644854]);
  closeTo(rows, [1.644854, 0, -1.644854]);
  closeTo(imageAt(images, 2), vae.decode([1.644854, 1.644854], { angle: 0.3 }).images, 4);
  closeTo(imageAt(images, 7), vae.decode([-1.644854, 0], { angle: 0.3 }).images, 4);
  expect(() => vae.manifold({ axes: [0, 2] })).toThrow(/axes must be two different latents from 0 to 1; got \[0, 2\]/);
});
