/** The choice of preprocessing on clean images, uneven backgrounds, differing contrast, and what must not be mistaken for those. */
import { RandomStream } from 'pyro-ts';
import { cards, digits, nanoparticles, shiftedPeaks } from 'pyroved-data';
import { cardsConfig } from 'pyroved-data/internal';
import { choosePreprocessing, type ImageSet, imageSet, type Preprocessing } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

type Pixel = (value: number, x: number, y: number) => number;
type Uniform = (low: number, high: number) => number;

/** Every image changed by a function of the value and the place (from -1 to 1) that `draw` makes for it. */
function changed(set: ImageSet, seed: string, draw: (uniform: Uniform, normal: () => number) => Pixel): ImageSet {
  const stream = new RandomStream(seed);
  const [height, width] = set.shape;
  const images = Float32Array.from(set.images);
  for (let i = 0; i < set.count; i++) {
    const pixel = draw(
      (low, high) => low + (high - low) * stream.next(),
      () => stream.nextNormal(),
    );
    for (let p = 0; p < height * width; p++) {
      const at = i * height * width + p;
      images[at] = pixel(
        images[at],
        (2 * (p % width)) / (width - 1) - 1,
        (2 * Math.floor(p / width)) / (height - 1) - 1,
      );
    }
  }
  return { ...set, images };
}

const none = { background: 'none', standardise: 'none' };
const plane = { background: 'plane', standardise: 'rms' };
const chosen = (set: ImageSet): Preprocessing => choosePreprocessing(set).preprocessing;

const few = { labelledPerClass: 30, unlabelledPerClass: 30, validationPerClass: 10 };
const upright = cards(cardsConfig({ preset: 'small', ...few })).unlabelled;
const posed = cards(
  cardsConfig({ preset: 'small', ...few, angle: '180 deg', axes: 'both', translation: 0.2 }),
).unlabelled;
const numerals = (await digits({ labelledPerClass: 10, unlabelledPerClass: 20, validationPerClass: 5 })).unlabelled;
const clean = { cards: upright, 'cards at any pose': posed, digits: numerals };

describe('clean images keep their values', () => {
  for (const [name, set] of Object.entries(clean)) {
    it(`${name}, bright on dark and dark on bright`, () => {
      expect(chosen(set)).toEqual(none);
      expect(chosen(changed(set, 'a', () => (v) => 1 - v))).toEqual(none);
    });
    it(`${name} with noise, clipped to [0, 1]`, () => {
      const noisy = changed(set, 'a', (_, normal) => (v) => Math.min(1, Math.max(0, v + 0.3 * normal())));
      expect(chosen(noisy)).toEqual(none);
    });
  }

  it('objects that reach beyond the border', () => {
    const stream = new RandomStream('ellipses');
    const uniform: Uniform = (low, high) => low + (high - low) * stream.next();
    const blank = imageSet({ images: new Float32Array(200 * 40 * 40), shape: [40, 40] });
    const ellipses = changed(blank, 'a', () => {
      const [a, b, angle, tx, ty] = [
        uniform(0.5, 1),
        uniform(0.5, 1.4),
        uniform(0, 3),
        uniform(-0.2, 0.2),
        uniform(-0.2, 0.2),
      ];
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      return (_, x, y) => {
        const [u, v] = [(x - tx) * cos + (y - ty) * sin, (y - ty) * cos - (x - tx) * sin];
        return (u / a) ** 2 + (v / b) ** 2 < 1 ? 1 : 0;
      };
    });
    expect(chosen(ellipses)).toEqual(none);
  });

  it('signals', () => {
    expect(chosen(shiftedPeaks({ labelledPerClass: 5, unlabelledPerClass: 20 }).unlabelled as ImageSet)).toEqual(none);
  });
});

describe('images with an uneven background', () => {
  it('simulated particles, whose background differs between images by a fifth of the contrast', () => {
    const counts = [60, 40, 30, 30];
    expect(chosen(nanoparticles({ counts }).unlabelled as ImageSet)).toEqual(plane);
  });

  for (const [name, set] of Object.entries(clean)) {
    it(`${name} on planes with and without noise`, () => {
      for (const sigma of [0, 0.15]) {
        const tilted = changed(set, 'b', (uniform, normal) => {
          const [a, b] = [uniform(-0.2, 0.2), uniform(-0.2, 0.2)];
          return (v, x, y) => 0.3 + 0.4 * v + a * x + b * y + sigma * normal();
        });
        expect(chosen(tilted)).toEqual(plane);
      }
    });
    it(`${name} on bowls`, () => {
      const bowls = changed(set, 'c', (uniform, normal) => {
        const [a, b, c] = [uniform(-0.2, 0.2), uniform(-0.2, 0.2), uniform(0.1, 0.3)];
        return (v, x, y) => 0.2 + 0.4 * v + a * x + b * y + c * (x * x + y * y) + 0.05 * normal();
      });
      expect(chosen(bowls)).toEqual({ background: 'polynomial', standardise: 'rms' });
    });
    it(`${name} on a level that differs from image to image`, () => {
      const levels = changed(set, 'd', (uniform) => {
        const level = uniform(0, 0.4);
        return (v) => level + 0.6 * v;
      });
      expect(chosen(levels)).toEqual(plane);
    });
    it(`${name}, half of them inverted`, () => {
      const some = changed(set, 'e', (uniform) => (uniform(0, 1) < 0.5 ? (v) => v : (v) => 1 - v));
      expect(chosen(some)).toEqual(plane);
    });
  }
});

describe('images with differing contrast', () => {
  for (const [name, set] of Object.entries(clean)) {
    const faded = (low: number, level: number, sigma: number) =>
      changed(set, 'f', (uniform, normal) => {
        const contrast = uniform(low, 1);
        return (v) => level + (1 - level) * contrast * v + sigma * normal();
      });
    it(`${name}: standardised where the contrast differs by more than a factor of 2, on a dark background`, () => {
      expect(chosen(faded(0.25, 0, 0))).toEqual({ background: 'none', standardise: 'rms' });
      expect(chosen(faded(0.25, 0, 0.05)).standardise).toBe('rms');
      expect(chosen(faded(0.7, 0, 0))).toEqual(none);
    });
    it(`${name}: relative to the background where that is not dark`, () => {
      expect(chosen(faded(0.25, 0.3, 0))).toEqual(plane);
    });
  }
});

describe('the choice', () => {
  it('gives a reason with figures, the same each time', () => {
    const tilted = changed(upright, 'b', (uniform) => {
      const a = uniform(-0.3, 0.3);
      return (v, x) => 0.3 + 0.4 * v + a * x;
    });
    const { reason } = choosePreprocessing(tilted);
    expect(reason).toMatch(/^the background within an image varies by \d+% of the contrast$/);
    expect(choosePreprocessing(tilted)).toEqual(choosePreprocessing(tilted));
  });

  it('averages the channels of colour images', () => {
    const [size, count] = [48 * 48, 40];
    const images = new Float32Array(count * 3 * size);
    for (let i = 0; i < count; i++) {
      for (let c = 0; c < 3; c++) images.set(posed.images.subarray(i * size, (i + 1) * size), (3 * i + c) * size);
    }
    expect(chosen(imageSet({ images, shape: [48, 48], channels: 3 }))).toEqual(none);
  });

  it('leaves images alone that are too small to have a border', () => {
    expect(chosen(imageSet({ images: new Float32Array(4 * 16), shape: [4, 4] }))).toEqual(none);
  });

  it('divides noisy images by their RMS, because a likelihood for values in [0, 1] would reject them', () => {
    const options = { digits: [1, 2, 3], unlabelledPerClass: 40, validationPerClass: 1, noise: 0.1, angle: 180 };
    const { preprocessing, reason } = choosePreprocessing(digits(options).unlabelled);
    expect(preprocessing).toEqual({ background: 'none', standardise: 'rms' });
    expect(chosen(changed(digits(options).unlabelled as ImageSet, 'a', () => (v) => 1 - v))).toEqual(plane);
    expect(reason).toMatch(/^pixel values reach from -0\.\d+ to 1\.\d+, beyond \[0, 1\]$/);
  });
});
