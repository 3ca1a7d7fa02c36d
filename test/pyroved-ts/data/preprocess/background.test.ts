/** Background removal and standardisation against images whose background is known. */
import { RandomStream } from 'pyro-ts';
import { imageSet, type Preprocessing, preprocessed, type StreamedSet } from 'pyroved-ts';
import { preprocessValues } from 'pyroved-ts/internal';
import { describe, expect, it } from 'vitest';

const [height, width] = [40, 48];
const shape = [height, width];
const places = Array.from({ length: height * width }, (_, p) => ({
  x: (2 * (p % width)) / (width - 1) - 1,
  y: (2 * Math.floor(p / width)) / (height - 1) - 1,
}));
const drawn = (f: (x: number, y: number) => number): Float32Array => Float32Array.from(places, ({ x, y }) => f(x, y));
const only = (background: Preprocessing['background']): Preprocessing => ({ background, standardise: 'none' });
const rms = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length);
/** A disc that covers a third of the image, off the centre, and one that reaches beyond the border. */
const objects = (x: number, y: number): number =>
  (x - 0.1) ** 2 + (y + 0.1) ** 2 < 0.4 || (x - 0.9) ** 2 + (y - 0.9) ** 2 < 0.1 ? 0.5 : 0;

describe('background removal', () => {
  const surfaces = {
    plane: (x: number, y: number) => 0.3 + 0.2 * x - 0.15 * y,
    polynomial: (x: number, y: number) => 0.2 + 0.1 * x + 0.3 * x * x - 0.2 * x * y + 0.1 * y * y,
  };
  for (const [name, surface] of Object.entries(surfaces) as ['plane' | 'polynomial', (typeof surfaces)['plane']][]) {
    it(`subtracts a ${name} exactly and leaves objects as they are`, () => {
      const image = drawn((x, y) => surface(x, y) + objects(x, y));
      const rest = preprocessValues(image, { shape }, only(name));
      expect(rms(rest.map((v, p) => v - objects(places[p].x, places[p].y)))).toBeLessThan(1e-5);
    });
    it(`finds a ${name} under noise as well as least squares on the background alone would, within a factor of 4`, () => {
      const stream = new RandomStream('noise');
      const errors = Array.from({ length: 10 }, () => {
        const image = drawn((x, y) => surface(x, y) + objects(x, y) + 0.1 * stream.nextNormal());
        const rest = preprocessValues(image, { shape }, only(name));
        return rms(rest.map((v, p) => image[p] - v - surface(places[p].x, places[p].y)));
      });
      const parameters = name === 'plane' ? 3 : 6;
      const expected = 0.1 * Math.sqrt(parameters / (0.6 * places.length));
      expect(rms(errors)).toBeLessThan(4 * expected);
    });
  }

  it('subtracts smooth backgrounds that are no polynomials by a wide blur', () => {
    const surface = (x: number, y: number) => 0.3 + 0.15 * Math.sin(2.5 * x) * Math.cos(2 * y);
    const spot = (x: number, y: number) => (x * x + y * y < 0.12 ? 0.5 : 0);
    const image = drawn((x, y) => surface(x, y) + spot(x, y));
    const error = (background: Preprocessing['background']) => {
      const rest = preprocessValues(image, { shape }, only(background));
      return rms(rest.map((v, p) => v - spot(places[p].x, places[p].y)));
    };
    expect(error('gaussian')).toBeLessThan(0.05);
    expect(error('gaussian')).toBeLessThan(0.7 * error('plane'));
  });

  it('subtracts lines and parabolas from signals', () => {
    const at = Array.from({ length: 100 }, (_, i) => i / 99);
    const peak = (t: number) => Math.exp(-(((t - 0.4) / 0.03) ** 2));
    const residual = (background: Preprocessing['background'], surface: (t: number) => number) => {
      const values = Float32Array.from(at, (t) => surface(t) + peak(t));
      const rest = preprocessValues(values, { shape: [100] }, only(background));
      return rms(rest.map((v, i) => v - peak(at[i])));
    };
    expect(residual('plane', (t) => 2 - 3 * t)).toBeLessThan(0.01);
    expect(residual('polynomial', (t) => 2 - 3 * t + 2 * t * t)).toBeLessThan(0.02);
    expect(residual('gaussian', (t) => 2 - 0.3 * t)).toBeLessThan(0.1);
  });

  it('is invariant to the scale and the offset of the values', () => {
    const image = drawn((x, y) => surfaces.plane(x, y) + objects(x, y));
    const standard: Preprocessing = { background: 'plane', standardise: 'rms' };
    const scaled = preprocessValues(
      image.map((v) => 40 * v - 7),
      { shape },
      standard,
    );
    const plain = preprocessValues(image, { shape }, standard);
    for (const [p, v] of scaled.entries()) expect(v).toBeCloseTo(plain[p], 2);
  });
});

describe('standardisation', () => {
  const image = drawn((x, y) => 0.2 + 0.1 * x + objects(x, y));

  it('divides by the root mean square, or makes the mean 0 and the standard deviation 1', () => {
    const byRms = preprocessValues(image, { shape }, { background: 'plane', standardise: 'rms' });
    expect(rms(byRms)).toBeCloseTo(1, 2);
    const byStd = preprocessValues(image, { shape }, { background: 'none', standardise: 'std' });
    const mean = byStd.reduce((sum, v) => sum + v, 0) / byStd.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(rms(byStd)).toBeCloseTo(1, 2);
  });

  it('gives zeros for a constant image, whatever is asked', () => {
    for (const background of ['plane', 'polynomial', 'gaussian'] as const) {
      for (const standardise of ['none', 'rms', 'std'] as const) {
        for (const size of [shape, [8, 8], [1, 9], [30], [1]]) {
          const values = new Float32Array(size.reduce((a, b) => a * b, 1)).fill(0.3);
          const found = preprocessValues(values, { shape: size }, { background, standardise });
          expect(Array.from(found).every((v) => Math.abs(v) === 0)).toBe(true);
        }
      }
    }
    expect(rms(preprocessValues(image.fill(0.3), { shape }, { background: 'none', standardise: 'std' }))).toBe(0);
  });
});

describe('preprocessed', () => {
  const stream = new RandomStream('channels');
  const values = Float32Array.from({ length: 3 * 2 * height * width }, () => stream.next());
  const set = imageSet({ images: values, shape, channels: 2, names: ['a', 'b', 'c'] });
  const plane: Preprocessing = { background: 'plane', standardise: 'rms' };

  it('treats each channel of each image by itself', () => {
    const found = preprocessed(set, plane);
    expect(found.names).toEqual(set.names);
    for (let k = 0; k < 6; k++) {
      const [from, to] = [k * height * width, (k + 1) * height * width];
      expect(found.images.subarray(from, to)).toEqual(preprocessValues(values.slice(from, to), { shape }, plane));
    }
  });

  it('leaves the images that came unchanged, and a set without preprocessing the same', () => {
    const before = values.slice();
    preprocessed(set, plane);
    expect(values).toEqual(before);
    expect(preprocessed(set, { background: 'none', standardise: 'none' })).toBe(set);
  });

  it('applies to streamed images as they are read', () => {
    const size = 2 * height * width;
    const { images: _, ...known } = set;
    const read = (indices: ArrayLike<number>) =>
      Float32Array.from(Array.from(indices).flatMap((i) => Array.from(values.slice(i * size, (i + 1) * size))));
    const streamed: StreamedSet = { ...known, read };
    const whole = preprocessed(set, plane).images;
    expect(preprocessed(streamed, plane).read([2, 0])).toEqual(
      Float32Array.from([...whole.slice(2 * size), ...whole.slice(0, size)]),
    );
  });

  it('rejects unknown kinds and names the nearest one', () => {
    const wrong = { background: 'planes', standardise: 'rms' } as unknown as Preprocessing;
    expect(() => preprocessed(set, wrong)).toThrow(/background must be "none".*got "planes".*"plane"/);
  });
});
