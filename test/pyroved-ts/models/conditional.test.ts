/** Models that are told something of each image (class, known numbers, quantities), and the units in which they are told. */
import { RandomStream } from 'pyro-ts';
import { Factors, IVAE, imageAt, imageSet, modelFromConfig, SSRegIVAE, standardised } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';

const widths = { hiddenEncoder: [8], hiddenDecoder: [8] };
const stream = new RandomStream('conditional');
const count = 70;
const uniform = (from: number, to: number) =>
  Float32Array.from({ length: count }, () => from + (to - from) * stream.next());
const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
const factors = { kelvin: uniform(300, 900), hours: uniform(0, 5) };
const images = Float32Array.from({ length: count * 20 }, () => stream.next());
const set = imageSet({ images, labels, factors, shape: [4, 5] });
const close = (a: ArrayLike<number>, b: ArrayLike<number>, digits = 5): void => {
  expect(a.length).toBe(b.length);
  Array.from(b).forEach((v, i) => {
    expect(a[i]).toBeCloseTo(v, digits);
  });
};

describe('factors', () => {
  test('standardised: mean and standard deviation of what is known', () => {
    const some = { ...set, factors: { ...factors, kelvin: factors.kelvin.map((v, i) => (i < 20 ? Number.NaN : v)) } };
    const [{ name, centre, scale }] = standardised(some, ['kelvin']);
    const known = [...factors.kelvin].slice(20);
    const mean = known.reduce((a, b) => a + b, 0) / known.length;
    expect([name, centre]).toEqual(['kelvin', expect.closeTo(mean, 3)]);
    expect(scale).toBeCloseTo(Math.sqrt(known.reduce((s, v) => s + (v - mean) ** 2, 0) / known.length), 3);
    const there = new Factors([{ name, centre, scale }], 'here');
    close(there.fromNetwork(there.toNetwork(known)), known, 3);
  });

  test('what is missing, unknown or the same for all is said', () => {
    expect(() => standardised(set, ['kelvins'])).toThrow(/no factor "kelvins".*Their factors: kelvin, hours/);
    const flat = {
      ...set,
      factors: { one: new Float32Array(count).fill(2), none: new Float32Array(count).fill(Number.NaN) },
    };
    expect(() => standardised(flat, ['one'])).toThrow(/"one" is the same for all images, 2/);
    expect(() => standardised(flat, ['none'])).toThrow(/"none" is unknown for all images/);
    expect(() => new Factors(['a', 'a'], 'iVAE: condition')).toThrow(/iVAE: condition: "a" is listed more than once/);
    expect(() => new Factors([{ name: 'a', scale: 0 }], 'x')).toThrow(
      /"a" must have a finite centre and a positive scale; got 0 and 0/,
    );
    expect(() => new Factors([{ name: 'a', center: 1 } as never], 'x')).toThrow(/Did you mean "centre"/);
  });
});

describe('an iVAE conditioned on class and numbers', () => {
  const condition = standardised(set, ['hours', 'kelvin']);
  const vae = new IVAE({ shape: [4, 5], invariances: ['r', 't'], numClasses: 3, condition, ...widths });

  test('encodes with what the set says, or with what it is given', () => {
    expect(vae.conditionDim).toBe(5);
    const own = vae.encode(set);
    expect([...(own.classes ?? [])]).toEqual([...labels]);
    close(own.condition?.slice(0, 2) ?? [], [factors.hours[0], factors.kelvin[0]], 3);
    const given = Float32Array.from({ length: 2 * count }, (_, i) => factors[i % 2 ? 'kelvin' : 'hours'][i >> 1]);
    close(vae.encode(set, { classes: labels, condition: given }).content, own.content);
    expect(vae.encode(set, { classes: 1, condition: given }).content).not.toEqual(own.content);
    const { labels: _, ...unlabelled } = set;
    expect(() => vae.encode(unlabelled)).toThrow(/conditioned on classes, but the images have no labels/);
    expect(() => vae.encode({ ...set, factors: {} })).toThrow(/no factor "hours", which iVAE: condition requires/);
  });

  test('decodes, reconstructs and spans a manifold for what it is told', () => {
    const condition = { classes: 2, condition: [1, 400] };
    const one = vae.decode([0.3, -0.4], condition);
    const both = vae.decode([0.3, -0.4, 0.3, -0.4], { classes: [0, 2], condition: [1, 400, 1, 400] });
    close(imageAt(both, 1), one.images);
    expect(imageAt(both, 0)).not.toEqual(one.images);
    close(imageAt(vae.manifold({ ...condition, size: 3 }).images, 4), vae.decode([0, 0], condition).images);
    const { content, angle, shift, classes = [], condition: numbers = [] } = vae.encode(set);
    close(vae.reconstruct(set).images, vae.decode(content, { angle, shift, classes, condition: numbers }).images);
    expect(vae.straighten(set).count).toBe(count);
    expect(() => vae.decode([0, 0], { classes: 1 })).toThrow(
      /condition must have 2 values \(hours, kelvin\), or 2 for each of 1 image\(s\); got 0/,
    );
    expect(() => vae.decode([0, 0])).toThrow(/needs classes: one for all images/);
  });

  test('its programs need what it is told, and a plain iVAE is told nothing', () => {
    const plain = new IVAE({ shape: [4, 5], ...widths });
    expect(plain.conditionTensor(set, [0, 1])).toBeUndefined();
    expect(() => plain.decode([0, 0], { classes: 1 })).toThrow(/is not conditioned on classes\. Omit classes/);
    expect(() => plain.decode([0, 0], { condition: [1] })).toThrow(/is not conditioned on factors/);
    expect(() => new IVAE({ shape: [4, 5], numClasses: 1 })).toThrow(
      /numClasses must be an integer of at least 2; got 1/,
    );
    const [x] = [vae.conditionTensor(set, [3, 1])];
    expect(x?.shape).toEqual([2, 5]);
    expect(() => vae.params.run(() => vae.guide(x as never))).toThrow(
      /This iVAE is conditional: its programs take y of shape \[B, 5\]; got nothing/,
    );
  });
});

test.each([
  { shape: [8], channels: 1, invariances: ['t'] as const },
  { shape: [8], channels: 1, invariances: [] },
  { shape: [3, 5], channels: 3, invariances: ['r', 's'] as const },
])('is conditional whatever it sees: %j', (options) => {
  const size = options.shape.reduce((a, b) => a * b, options.channels);
  const values = Float32Array.from({ length: 6 * size }, () => stream.next());
  const some = imageSet({ images: values, ...options, labels: Int32Array.from([0, 1, 1, 0, 1, 0]) });
  const vae = new IVAE({ ...options, numClasses: 2, ...widths });
  const { content, classes } = vae.encode(some);
  expect([...(classes ?? [])]).toEqual([0, 1, 1, 0, 1, 0]);
  expect(vae.encode(some, { classes: 0 }).content).not.toEqual(content);
  expect(vae.reconstruct(some).images.length).toBe(values.length);
  expect(vae.decode([0, 0], { classes: 0 }).images).not.toEqual(vae.decode([0, 0], { classes: 1 }).images);
  expect(vae.manifold({ classes: 1, size: 2 }).images.images.length).toBe(4 * size);
});

test('an ssRegIVAE predicts, encodes and decodes in the units of the data', () => {
  const targets = standardised(set, ['kelvin']);
  const vae = new SSRegIVAE({ shape: [4, 5], invariances: ['t'], targets, hiddenRegressor: [8], ...widths });
  const predicted = vae.predict(set);
  expect(predicted.length).toBe(count);
  // Untrained, it says something near the mean.
  predicted.forEach((v) => {
    expect(Math.abs(v - targets[0].centre)).toBeLessThan(3 * targets[0].scale);
  });
  const own = vae.encode(set);
  close(own.targets, predicted);
  close(vae.encode(set, predicted).content, own.content);
  expect(vae.encode(set, factors.kelvin).content).not.toEqual(own.content);
  const one = vae.decode([0.1, 0.2], { targets: [500] });
  close(imageAt(vae.decode([0.1, 0.2, 0.1, 0.2], { targets: [700, 500] }), 1), one.images);
  expect(vae.decode([0.1, 0.2], { targets: [700] }).images).not.toEqual(one.images);
  expect(vae.manifold({ targets: [500], size: 2 }).images.count).toBe(4);
  expect(vae.reconstruct(set, { upright: true }).count).toBe(count);
  const again = modelFromConfig({ kind: 'ssRegIVAE', shape: [4, 5], targets, hiddenRegressor: [8], ...widths });
  expect(again.kind).toBe('ssRegIVAE');
  expect(() => new SSRegIVAE({ shape: [4, 5], targets: [] })).toThrow(/targets must name at least one factor/);
  expect(() => new SSRegIVAE({ shape: [4, 5], targets: ['a'], regressorSigma: 0 })).toThrow(
    /regressorSigma must be a positive number/,
  );
});
