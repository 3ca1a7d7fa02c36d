/** Field conditions of generated images: clutter, contrast, blur, uneven background and noise, each from a separate random stream. */
import { OptionError, type RandomStream } from 'pyro-ts';
import type { Defaults } from '../options.js';
import { blur } from './blur.js';

/**
 * Disturbances of images as instruments add them. They act in the order clutter, contrast, blur, background, noise, after the object has been
 * drawn in its pose, on labelled, unlabelled and validation images alike. Pixel values are not clipped to [0, 1] afterwards.
 */
export interface FieldConditions {
  /**
   * Standard deviation of normal noise, independent for each pixel. `particles` have shot noise instead, of this standard deviation
   * where the image is white.
   * @default 0; particles 0.05
   */
  readonly noise?: number;
  /**
   * Amplitude A of an uneven background, added to the image: a plane in a random direction plus a smooth field of wavelengths from
   * 0.8 to 2 widths, stretched to run from -a to a, where a is uniform in [A / 2, A] for each image.
   * @default 0
   */
  readonly background?: number;
  /**
   * Range C of the contrast: object and clutter stand out from their background by a factor uniform in [1 - C, 1 + C] for each image.
   * From 0 to less than 1.
   * @default 0
   */
  readonly contrast?: number;
  /**
   * Largest blur in pixels: the standard deviation of a Gaussian, uniform in [0, blur] for each image.
   * @default 0
   */
  readonly blur?: number;
  /**
   * Mean number of other objects that reach into an image from beyond its border: 0.3 puts one into 30% of the images, 1.5 one or
   * two into each.
   * @default 0
   */
  readonly clutter?: number;
}

export const fieldConditionNames = ['noise', 'background', 'contrast', 'blur', 'clutter'] as const;

export const FIELD_DEFAULTS = {
  noise: undefined,
  background: undefined,
  contrast: undefined,
  blur: undefined,
  clutter: undefined,
} as const satisfies Defaults<FieldConditions>;

/**
 * The field conditions among `options`, checked.
 * @throws {OptionError} for a value outside the range of its condition.
 */
export function fieldConditions(options: FieldConditions): FieldConditions {
  const most = { noise: 10, background: 10, contrast: 0.99, blur: 20, clutter: 8 };
  const given = fieldConditionNames.filter((name) => options[name] !== undefined);
  for (const name of given) {
    const value = options[name];
    if (typeof value === 'number' && value >= 0 && value <= most[name]) continue;
    throw new OptionError(`${name} must be a number from 0 to ${most[name]}; got ${JSON.stringify(value)}.`);
  }
  return Object.fromEntries(given.map((name) => [name, options[name]]));
}

/** Whether any condition changes an image. */
export const anyCondition = (conditions: FieldConditions): boolean =>
  fieldConditionNames.some((name) => (conditions[name] ?? 0) > 0);

export interface FieldImage {
  /** [height, width]. */
  readonly shape: readonly [height: number, width: number];
  /** Stream of this image alone; each condition forks from it by its name. */
  readonly stream: RandomStream;
  /** Pixel value where there is no object. */
  readonly level: number;
  /** Draws another object, in the middle, into an image of zeros, and returns its level. */
  readonly drawOther: (stream: RandomStream, target: Float32Array) => number;
}

/** Applies the conditions to one image in place. A condition draws from its own stream, so that it does not change the others. */
export function applyFieldConditions(image: Float32Array, conditions: FieldConditions, about: FieldImage): void {
  const { shape, stream, level } = about;
  const { noise = 0, background = 0, contrast = 0, clutter = 0 } = conditions;
  if (clutter > 0) addClutter(image, clutter, about);
  if (contrast > 0) {
    const factor = 1 + contrast * (2 * stream.fork('contrast').next() - 1);
    for (let i = 0; i < image.length; i++) image[i] = level + factor * (image[i] - level);
  }
  if (conditions.blur) blur(image, shape, conditions.blur * stream.fork('blur').next());
  if (background > 0) addBackground(image, background, shape, stream.fork('background'));
  if (noise > 0) {
    const draws = stream.fork('noise');
    for (let i = 0; i < image.length; i++) image[i] += noise * draws.nextNormal();
  }
}

/** What another object must stand out by to be seen over the image's own background. */
const VISIBLE = 0.06;

/** Puts `mean` other objects on average around the image, their middles beyond its border, so that only parts are seen. */
function addClutter(image: Float32Array, mean: number, { shape, stream, level, drawOther }: FieldImage): void {
  const [height, width] = shape;
  const draws = stream.fork('clutter');
  const count = Math.floor(mean) + (draws.next() < mean - Math.floor(mean) ? 1 : 0);
  for (let piece = 0; piece < count; piece++) {
    const direction = 2 * Math.PI * draws.next();
    const [cos, sin] = [Math.cos(direction), Math.sin(direction)];
    // From the middle to the border in that direction, and a little beyond.
    const border = 0.5 / Math.max(Math.abs(cos), Math.abs(sin));
    const distance = border + 0.1 + 0.12 * draws.next();
    const [right, down] = [Math.round(distance * cos * width), Math.round(-distance * sin * height)];
    const other = new Float32Array(image.length);
    const otherLevel = drawOther(draws.fork(piece), other);
    for (let row = Math.max(0, down); row < Math.min(height, height + down); row++) {
      for (let column = Math.max(0, right); column < Math.min(width, width + right); column++) {
        const above = other[(row - down) * width + column - right] - otherLevel;
        const at = row * width + column;
        if (above > VISIBLE) image[at] = Math.max(image[at], level + above);
      }
    }
  }
}

const WAVES = 3;

function addBackground(
  image: Float32Array,
  amplitude: number,
  shape: readonly [number, number],
  draws: RandomStream,
): void {
  const [height, width] = shape;
  const wave = (periods: number) => {
    const direction = 2 * Math.PI * draws.next();
    const [across, down] = [periods * Math.cos(direction), periods * Math.sin(direction)];
    return { across, down, phase: 2 * Math.PI * draws.next() };
  };
  const slope = wave(1);
  // Periods in a width: wavelengths from 2 down to 0.8 widths.
  const waves = Array.from({ length: WAVES }, () => wave(0.5 + 0.75 * draws.next()));
  const field = Float32Array.from(image, (_, i) => {
    const x = (i % width) / width - 0.5;
    const y = Math.floor(i / width) / height - 0.5;
    const smooth = waves.reduce((sum, w) => sum + Math.cos(2 * Math.PI * (w.across * x + w.down * y) + w.phase), 0);
    return 2 * (slope.across * x + slope.down * y) + (0.8 * smooth) / WAVES;
  });
  const [low, high] = field.reduce(([l, h], v) => [Math.min(l, v), Math.max(h, v)], [Infinity, -Infinity]);
  const half = amplitude * (0.5 + 0.5 * draws.next());
  for (let i = 0; i < image.length; i++) image[i] += half * ((2 * (field[i] - low)) / (high - low) - 1);
}
