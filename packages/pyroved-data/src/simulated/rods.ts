/**
 * Pairs of an image and a spectrum: gold nanorods at random angles, and their extinction spectra. The spectrum depends on the
 * rod's shape and not on its angle, so a model that predicts it must be rotation-invariant.
 */
import type { RandomStream } from 'pyro-ts';
import { type ImageSet, imageSet } from 'pyroved-ts';
import { type Defaults, withDefaults } from '../options.js';
import { clip01, simulate, uniform, wholeNumber, within } from './simulate.js';

/** Options of `nanorods`. */
export interface RodsOptions {
  /** @default 1 */
  readonly seed?: string | number;
  /** Pairs to train on. @default 2000 */
  readonly train?: number;
  /** Pairs to test with. @default 500 */
  readonly test?: number;
  /** Height and width of the images. @default 32 */
  readonly size?: number;
  /** Samples of the spectra. @default 64 */
  readonly length?: number;
  /** Standard deviation, of images and spectra. @default 0.02 */
  readonly noise?: number;
}

/** Images and their spectra: image `i` belongs to spectrum `i`. */
export interface Pairs {
  readonly images: ImageSet;
  readonly spectra: ImageSet;
}

const DEFAULTS = {
  seed: 1,
  train: 2000,
  test: 500,
  size: 32,
  length: 64,
  noise: 0.02,
} as const satisfies Defaults<RodsOptions>;

/**
 * Nanorods and their spectra. Factors of both: `angle` (degrees counter-clockwise of the long axis, up to half a turn),
 * `length` and `width` (pixels), `aspect` (length over width), `peak` (place of the long axis's resonance, 0 to 1 along
 * the spectrum).
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { train, test } = nanorods({ train: 500, size: 24 });
 */
export function nanorods(options: RodsOptions = {}): { train: Pairs; test: Pairs } {
  const given = withDefaults('nanorods', options, DEFAULTS);
  const { seed } = given;
  const size = wholeNumber('size', given.size, 16);
  const length = wholeNumber('length', given.length, 16);
  const noise = within('noise', given.noise, 0, 1);
  const make = (part: string, count: number): Pairs => {
    const pixels = size * size;
    // Drawn side by side as one row of numbers, then taken apart.
    const both = simulate({
      classNames: ['rod'],
      counts: [count],
      shape: [pixels + length],
      seed: `${seed}/rods/${part}`,
      factors: ['angle', 'length', 'width', 'aspect', 'peak'],
      draw: (_, stream, target) => drawPair(stream, target.subarray(0, pixels), target.subarray(pixels), size, noise),
    });
    const images = new Float32Array(count * pixels);
    const spectra = new Float32Array(count * length);
    for (let i = 0; i < count; i++) {
      const at = i * (pixels + length);
      images.set(both.images.subarray(at, at + pixels), i * pixels);
      spectra.set(both.images.subarray(at + pixels, at + pixels + length), i * length);
    }
    const { class: _, ...factors } = both.factors ?? {};
    return {
      images: imageSet({ images, shape: [size, size], factors }),
      spectra: imageSet({ images: spectra, shape: [length], factors }),
    };
  };
  return {
    train: make('train', wholeNumber('train', given.train, 1)),
    test: make('test', wholeNumber('test', given.test, 1)),
  };
}

const SHORTEST = 1.2;
const LONGEST = 4;

function drawPair(stream: RandomStream, image: Float32Array, spectrum: Float32Array, size: number, noise: number) {
  const angle = uniform(stream, -90, 90);
  const width = size * uniform(stream, 0.14, 0.22);
  const aspect = uniform(stream, SHORTEST, LONGEST);
  const length = width * aspect;
  const cos = Math.cos((angle * Math.PI) / 180);
  const sin = Math.sin((angle * Math.PI) / 180);
  const middle = (size - 1) / 2;
  for (let i = 0; i < image.length; i++) {
    const dx = (i % size) - middle;
    const dy = Math.floor(i / size) - middle;
    // Distance from the straight core of a rod with round ends; y points down.
    const along = Math.max(0, Math.abs(dx * cos - dy * sin) - (length - width) / 2);
    const across = dx * sin + dy * cos;
    const inside = width / 2 - Math.hypot(along, across);
    image[i] = clip01(0.1 + 0.8 * clip01(0.5 + inside / 1.5) + noise * stream.nextNormal());
  }
  // The long axis's resonance moves to lower energies, nearly in proportion to the aspect ratio, and grows with it; the
  // short axis's hardly moves.
  const peak = 0.3 + (0.6 * (aspect - SHORTEST)) / (LONGEST - SHORTEST);
  const strength = 0.35 + (0.45 * (aspect - SHORTEST)) / (LONGEST - SHORTEST);
  for (let i = 0; i < spectrum.length; i++) {
    const x = i / (spectrum.length - 1);
    const signal = lorentzian(x, 0.15, 0.05, 0.3) + lorentzian(x, peak, 0.045, strength);
    spectrum[i] = clip01(0.05 + signal + noise * stream.nextNormal());
  }
  return { angle, length, width, aspect, peak };
}

const lorentzian = (x: number, at: number, halfWidth: number, height: number): number =>
  height / (1 + ((x - at) / halfWidth) ** 2);
