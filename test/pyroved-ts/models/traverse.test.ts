/** Rows of pictures: one latent at a time, and the way from one object to another. */
import { RandomStream } from 'pyro-ts';
import { IVAE, imageAt, imageSet, JIVAE, latentPoint, SSIVAE, SSRegIVAE } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';

const widths = { hiddenEncoder: [8], hiddenDecoder: [8] };
const stream = new RandomStream('rows');
const set = imageSet({ images: Float32Array.from({ length: 10 * 16 }, () => stream.next()), shape: [4, 4] });
const vae = new IVAE({ shape: [4, 4], latentDim: 3, invariances: ['r', 't', 's'], ...widths });
const joint = new JIVAE({ shape: [4, 4], latentDim: 2, numClasses: 3, invariances: ['r'], ...widths });
const close = (a: ArrayLike<number>, b: ArrayLike<number>, digits = 5): void => {
  expect(a.length).toBe(b.length);
  Array.from(b).forEach((v, i) => {
    expect(a[i]).toBeCloseTo(v, digits);
  });
};

describe('traverse', () => {
  test('varies each latent in turn around where the others stay', () => {
    const { images, rows, values } = vae.traverse({ size: 5, at: [0.1, 0.2, 0.3], angle: 0.4 });
    expect(rows).toEqual([{ latent: 0 }, { latent: 1 }, { latent: 2 }]);
    close(values, [-1.644854, -0.59776, 0, 0.59776, 1.644854], 3);
    close(imageAt(images, 5 + 4), vae.decode([0.1, 1.644854, 0.3], { angle: 0.4 }).images);
    const some = vae.traverse({ latents: [2], size: 5, at: [0.1, 0.2, 0.3], angle: 0.4 });
    close(some.images.images, images.images.subarray(2 * 5 * 16));
  });

  test('has a row for each class and latent, of all classes or of some', () => {
    const { images, rows, values } = joint.traverse({ latents: [1], size: 3 });
    expect(rows).toEqual([0, 1, 2].map((c) => ({ latent: 1, class: c })));
    close(imageAt(images, 2 * 3 + 1), joint.decode([0, values[1]], { classes: 2 }).images);
    const { rows: few } = joint.traverse({ classes: [2, 0], size: 2 });
    expect(few.map((row) => [row.class, row.latent])).toEqual([
      [2, 0],
      [2, 1],
      [0, 0],
      [0, 1],
    ]);
    const regression = new SSRegIVAE({ shape: [4, 4], targets: ['t'], hiddenRegressor: [4], ...widths });
    close(
      imageAt(regression.traverse({ targets: [2], size: 3 }).images, 1),
      regression.decode([0, 0], { targets: [2] }).images,
    );
  });

  test('what does not exist is rejected', () => {
    expect(() => vae.traverse({ latents: [3] })).toThrow(/latents must be one or more of 0 to 2; got \[3\]/);
    expect(() => vae.traverse({ at: [1] })).toThrow(/at must have 3 values, one for each content latent; got 1/);
    expect(() => vae.traverse({ coverage: 1 })).toThrow(/traverse: coverage must be between 0 and 1/);
    expect(() => joint.traverse({ classes: 3 })).toThrow(/label 3; one-hot rows need 0 to 2/);
    expect(() => vae.traverse({ stpes: 3 } as object)).toThrow(/traverse has no option "stpes"/);
  });
});

describe('interpolate', () => {
  const encoding = vae.encode(set);

  test('goes from one image to the other, pose and all', () => {
    const [from, to] = [latentPoint(encoding, 2), latentPoint(encoding, 7)];
    const way = vae.interpolate(from, to, { steps: 5 });
    const ends = vae.reconstruct(set);
    close(imageAt(way, 0), imageAt(ends, 2));
    close(imageAt(way, 4), imageAt(ends, 7));
    const upright = vae.interpolate(from, to, { steps: 3, upright: true });
    const middle = Array.from(from.content, (v, k) => (v + to.content[k]) / 2);
    close(imageAt(upright, 1), vae.decode(middle).images);
  });

  test('turns along the shorter arc', () => {
    const content = [0, 0, 0];
    const way = vae.interpolate({ content, angle: 3 }, { content, angle: -3 }, { steps: 3 });
    close(imageAt(way, 1), vae.decode(content, { angle: Math.PI }).images, 4);
  });

  test('keeps the class of each end up to the middle, or the one that is given', () => {
    const [a, b] = [
      { content: [0, 1], class: 0 },
      { content: [0, 1], class: 2 },
    ];
    const way = joint.interpolate(a, b, { steps: 4 });
    const [first, last] = [0, 2].map((classes) => joint.decode([0, 1], { classes }).images);
    close(way.images, [...first, ...first, ...last, ...last]);
    close(
      joint.interpolate(a, b, { steps: 2, class: 1 }).images.subarray(0, 16),
      joint.decode([0, 1], { classes: 1 }).images,
    );
    const point = latentPoint(joint.encode(set), 3);
    expect(point.class).toBe(joint.classify(set).classes[3]);
  });

  test('quantities lie on a line', () => {
    const regression = new SSRegIVAE({ shape: [4, 4], targets: ['t'], hiddenRegressor: [4], ...widths });
    const way = regression.interpolate(
      { content: [0, 0], targets: [1] },
      { content: [1, 1], targets: [2] },
      { steps: 3 },
    );
    close(imageAt(way, 1), regression.decode([0.5, 0.5], { targets: [1.5] }).images);
  });

  test('ends that do not fit are rejected', () => {
    expect(() => vae.interpolate({ content: [0] }, { content: [0, 1, 2] })).toThrow(
      /content has 1 values at one end and 3/,
    );
    expect(() => vae.interpolate(latentPoint(encoding, 0), latentPoint(encoding, 1), { steps: 1 })).toThrow(
      /steps must be an integer/,
    );
    expect(() => latentPoint(encoding, 10)).toThrow(/There is no image 10 among 10/);
  });
});

test('a jiVAE tells content, pose and how likely each class is from one encoder', () => {
  const { probabilities, classes, entropy, margin, content, angle } = joint.encode(set);
  expect([probabilities.length, content.length, angle?.length]).toEqual([30, 20, 10]);
  classes.forEach((k, i) => {
    const row = probabilities.subarray(3 * i, 3 * i + 3);
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(row[k]).toBe(Math.max(...row));
    expect(entropy[i]).toBeLessThanOrEqual(Math.log(3) + 1e-6);
    expect(margin[i]).toBeGreaterThanOrEqual(0);
  });
  close(joint.reconstruct(set).images, joint.decode(content, { classes, angle }).images);
  expect(() => new JIVAE({ shape: [4, 4], numClasses: 1 })).toThrow(
    /numClasses must be an integer of at least 2; got 1/,
  );
  expect(() => new JIVAE({ shape: [4, 4], numClasses: 3, exactClasses: 4, enumerate: 'sum-and-sample' })).toThrow(
    /jiVAE: exactClasses must be an integer from 1 to 3; got 4/,
  );
});

test('an ssiVAE says how sure it is of each class', () => {
  const model = new SSIVAE({ shape: [4, 4], numClasses: 3, hiddenClassifier: [8], ...widths });
  const { probabilities, entropy, margin } = model.classify(set);
  const row = [...probabilities.subarray(3, 6)].sort((a, b) => b - a);
  expect(margin[1]).toBeCloseTo(row[0] - row[1], 6);
  expect(entropy[1]).toBeCloseTo(-row.reduce((s, p) => s + p * Math.log(p), 0), 5);
});
