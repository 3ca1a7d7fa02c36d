/**
 * Simulated micrographs with known truth: objects of three shapes at random places and angles, some of them touching, on an uneven background,
 * with noise, an offset of each scan line, and drift of the sample.
 */
import { RandomStream } from 'pyro-ts';
import type { Plane } from '../images/resize.js';
import { type Defaults, withDefaults } from '../options.js';
import { blur } from './blur.js';
import { boundaryOf, distanceTo, reachOf, type Shape, shapeNames, shapeSymmetry } from './micrographShapes.js';
import { MOST_SIDE, uniform, wholeNumber, within } from './simulate.js';

/** Options of `simulatedMicrograph`. */
export interface SimulatedMicrographOptions {
  /** @default 1 */
  readonly seed?: string | number;
  /** Height and width in pixels. @default 1024 */
  readonly size?: number;
  /** @default 200 */
  readonly objects?: number;
  /** Fraction of the objects that touch another one, in pairs. @default 0.1 */
  readonly touching?: number;
  /** Standard deviation of the noise of a pixel; objects stand out by 0.35 on average. @default 0.06 */
  readonly noise?: number;
  /** Height of the uneven background. @default 0.3 */
  readonly gradient?: number;
  /** Standard deviation of the offset of a scan line. @default 0.03 */
  readonly scanNoise?: number;
  /** Pixels that the sample drifts to the right from the first scan line to the last. @default 6 */
  readonly drift?: number;
}

/** An object of a simulated micrograph. */
export interface SimulatedObject {
  /** Its middle in pixels (x right, y down), the first pixel's centre being at 0. */
  readonly x: number;
  readonly y: number;
  /** Index of its class. */
  readonly label: number;
  /** Degrees counter-clockwise. */
  readonly angle: number;
  /** Index of the object that it touches; -1 for none. */
  readonly partner: number;
  /** A part of it is beyond the border. */
  readonly isCut: boolean;
}

/** A micrograph and what it shows. */
export interface SimulatedMicrograph {
  readonly image: Plane;
  readonly objects: readonly SimulatedObject[];
  readonly classNames: readonly string[];
  /** Rotations that leave an object of each class as it looks: by 360 / order degrees. */
  readonly symmetry: readonly number[];
}

const DEFAULTS = {
  seed: 1,
  size: 1024,
  objects: 200,
  touching: 0.1,
  noise: 0.06,
  gradient: 0.3,
  scanNoise: 0.03,
  drift: 6,
} as const satisfies Defaults<SimulatedMicrographOptions>;

/** Objects that do not touch are at least so many pixels apart. */
const GAP = 5;
/** Random places tried for one object. */
const TRIES = 5000;
const CONTRAST = 0.35;
const LEVEL = 0.3;
/** The beam's width: standard deviation in pixels. */
const BEAM = 0.8;

/**
 * A simulated micrograph with its truth.
 * @throws {OptionError} for an unknown option, a value outside its range, and more objects than fit.
 * @example
 * const { image, objects, classNames } = simulatedMicrograph({ seed: 2, objects: 100 });
 */
export function simulatedMicrograph(options: SimulatedMicrographOptions = {}): SimulatedMicrograph {
  const given = withDefaults('simulatedMicrograph', options, DEFAULTS);
  const size = wholeNumber('size', given.size, 64, MOST_SIDE);
  const count = wholeNumber('objects', given.objects, 1, Math.floor((size * size) / 3500));
  const pairs = Math.round((within('touching', given.touching, 0, 1) * count) / 2);
  const stream = new RandomStream(given.seed).fork('micrograph');
  const placed = placeObjects(stream.fork('places'), size, count, pairs);
  const pixels = new Float32Array(size * size);
  const drift = within('drift', given.drift, 0, 100);
  const shift = (row: number) => drift * (row / size - 0.5);
  for (const object of placed) draw(pixels, size, object, shift);
  blur(pixels, [size, size], BEAM);
  addInstrument(pixels, size, given, stream);
  const objects = placed.map(({ x, y, shape, angle, partner }): SimulatedObject => {
    const at = x + shift(y);
    const reach = reachOf(shape);
    const isCut = at < reach || y < reach || at > size - 1 - reach || y > size - 1 - reach;
    return { x: at, y, label: shape.label, angle, partner, isCut };
  });
  return { image: { pixels, height: size, width: size }, objects, classNames: shapeNames, symmetry: shapeSymmetry };
}

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly shape: Shape;
  readonly angle: number;
  readonly partner: number;
  readonly contrast: number;
}

function placeObjects(stream: RandomStream, size: number, count: number, pairs: number): Placed[] {
  const placed: Placed[] = [];
  const isFree = (x: number, y: number, reach: number, except = -1) =>
    placed.every((o, i) => i === except || Math.hypot(o.x - x, o.y - y) > reach + reachOf(o.shape) + GAP);
  const drawn = () => ({
    shape: { label: stream.nextInt(shapeNames.length), scale: uniform(stream, 0.9, 1.1) },
    angle: uniform(stream, -180, 180),
    contrast: CONTRAST * uniform(stream, 0.85, 1.15),
  });
  // Pairs first, while there is room for them.
  for (let k = 0; placed.length < count && k < TRIES * count; k++) {
    const first = { ...drawn(), x: uniform(stream, 0, size - 1), y: uniform(stream, 0, size - 1), partner: -1 };
    if (!isFree(first.x, first.y, reachOf(first.shape))) continue;
    if (placed.length >= 2 * pairs) {
      placed.push(first);
      continue;
    }
    const at = placed.length;
    const second = touchingOne(first, { ...drawn(), partner: at }, uniform(stream, 0, 2 * Math.PI));
    const isInside = second.x >= 0 && second.y >= 0 && second.x < size && second.y < size;
    if (isInside && isFree(second.x, second.y, reachOf(second.shape)))
      placed.push({ ...first, partner: at + 1 }, second);
  }
  return placed;
}

/** The second object moved in a direction from the first until the two just touch. */
function touchingOne(first: Placed, second: Omit<Placed, 'x' | 'y'>, direction: number): Placed {
  const [dx, dy] = [Math.cos(direction), Math.sin(direction)];
  const outline = boundaryOf(second.shape, second.angle);
  const gap = (distance: number) =>
    Math.min(...outline.map(([x, y]) => distanceTo(first.shape, first.angle, x + distance * dx, y + distance * dy)));
  let [near, far] = [0, reachOf(first.shape) + reachOf(second.shape)];
  for (let i = 0; i < 30; i++) {
    const middle = (near + far) / 2;
    if (gap(middle) > 0) far = middle;
    else near = middle;
  }
  return { ...second, x: first.x + far * dx, y: first.y + far * dy };
}

function draw(
  pixels: Float32Array,
  size: number,
  { x, y, shape, angle, contrast }: Placed,
  shift: (row: number) => number,
) {
  const reach = reachOf(shape) + 2;
  for (let row = Math.max(0, Math.floor(y - reach)); row <= Math.min(size - 1, y + reach); row++) {
    const middle = x + shift(row);
    for (let column = Math.max(0, Math.floor(middle - reach)); column <= Math.min(size - 1, middle + reach); column++) {
      const inside = 0.5 - distanceTo(shape, angle, column - middle, row - y);
      const at = row * size + column;
      if (inside > 0) pixels[at] = Math.max(pixels[at], contrast * Math.min(1, inside));
    }
  }
}

/** Background, scan lines and noise. */
function addInstrument(
  pixels: Float32Array,
  size: number,
  { noise, gradient, scanNoise }: { noise: number; gradient: number; scanNoise: number },
  stream: RandomStream,
): void {
  const [lines, field, grains] = ['lines', 'background', 'noise'].map((name) => stream.fork(name));
  const direction = uniform(field, 0, 2 * Math.PI);
  const bend = uniform(field, -1, 1);
  for (let row = 0, i = 0; row < size; row++) {
    const offset = scanNoise * lines.nextNormal();
    for (let column = 0; column < size; column++, i++) {
      const [u, v] = [column / size - 0.5, row / size - 0.5];
      const slope = u * Math.cos(direction) + v * Math.sin(direction) + bend * (u * u + v * v);
      pixels[i] += LEVEL + gradient * slope + offset + noise * grains.nextNormal();
    }
  }
}
