/**
 * Simulated electron micrographs of gold nanoparticle agglomerates: one to four touching spheres in random arrangements
 * and orientations, with the bright edges, uneven background and noise of a scanning electron microscope. Counts as in
 * the paper's (unpublished) data.
 */
import { OptionError, type RandomStream } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import { withoutLabels } from 'pyroved-ts';
import { type Defaults, withDefaults } from '../options.js';
import { blur } from './blur.js';
import { anyCondition, FIELD_DEFAULTS, type FieldConditions, fieldConditions } from './fieldConditions.js';
import { charge, detect, lookSettings, type ParticleLook, particleLooks } from './particleLook.js';
import { clip01, type GeneratedSets, MOST_SIDE, simulate, uniform, wholeNumber, within } from './simulate.js';

/** Options of `nanoparticles`. Of the field conditions, `noise` is shot noise: its standard deviation where the image is white, 0.05 by default. */
export interface ParticlesOptions extends FieldConditions {
  /** @default 1 */
  readonly seed?: string | number;
  /** Height and width in pixels. @default 48 */
  readonly size?: number;
  /** Images of 1, 2, 3 and 4 particles, labelled ones included. @default the paper's 304, 93, 49 and 31 */
  readonly counts?: readonly number[];
  /** @default 15 */
  readonly labelledPerClass?: number;
  /** @default 50 */
  readonly validationPerClass?: number;
  /** See `particleLooks`. @default plain */
  readonly look?: ParticleLook;
}

const DEFAULTS = {
  seed: 1,
  size: 48,
  counts: [304, 93, 49, 31],
  labelledPerClass: 15,
  validationPerClass: 50,
  look: 'plain',
  ...FIELD_DEFAULTS,
  noise: 0.05,
} as const satisfies Defaults<ParticlesOptions>;

const CLASS_NAMES = ['1 particle', '2 particles', '3 particles', '4 particles'];
const FACTORS = ['angle', 'radius', 'spread', 'tx', 'ty', 'background', 'poseAngle'];
/** Each pixel is the mean of this many samples in each direction. */
const SAMPLES = 3;

/**
 * Labelled, unlabelled and validation images of agglomerates. Factors: `angle` (degrees counter-clockwise of the first
 * particle's bond to the second; without meaning for a single one), `radius` (mean, pixels), `spread` (root mean square
 * distance of the particles from their middle, pixels), `tx`, `ty` (pixels right and down), `background` (grey level), `poseAngle` (`angle` in radians;
 * see `truePoses`). Values are clipped to [0, 1] unless there are field conditions besides the noise.
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { labelled, unlabelled, validation } = nanoparticles({ size: 32, counts: [100, 60, 40] });
 */
export function nanoparticles(options: ParticlesOptions = {}): GeneratedSets {
  const given = withDefaults('nanoparticles', options, DEFAULTS);
  const { seed, counts, look } = given;
  if (!particleLooks.includes(look)) {
    throw new OptionError(
      `look must be ${particleLooks.join(' or ')}; got "${String(look)}".${didYouMean(String(look), particleLooks)}`,
    );
  }
  const size = wholeNumber('size', given.size, 16, MOST_SIDE);
  const perClass = wholeNumber('labelledPerClass', given.labelledPerClass, 1);
  const validation = wholeNumber('validationPerClass', given.validationPerClass, 1);
  const noise = within('noise', given.noise, 0, 1);
  const { noise: _, ...conditions } = fieldConditions(options);
  const clip = anyCondition(conditions) ? (v: number) => v : clip01;
  if (counts.length < 1 || counts.length > CLASS_NAMES.length) {
    throw new OptionError(`counts must have one entry for each of 1 to 4 particles; got ${counts.length} entries.`);
  }
  for (const count of counts) wholeNumber('each of counts', count, perClass + 1);
  const make = (part: string, of: readonly number[]) =>
    simulate({
      classNames: CLASS_NAMES.slice(0, counts.length),
      counts: of,
      shape: [size, size],
      seed: `${seed}/particles/${part}`,
      factors: FACTORS,
      conditions,
      draw: (label, stream, target) => drawAgglomerate(label + 1, stream, target, { size, look }),
      finish: (target, stream) => {
        // Shot noise: its variance grows with the signal.
        for (let i = 0; i < target.length; i++) {
          const white = Math.max(0, 0.25 + 0.75 * target[i]);
          target[i] = clip(target[i] + noise * Math.sqrt(white) * stream.nextNormal());
        }
        if (look === 'micrograph') {
          detect(target, size, stream);
          for (let i = 0; i < target.length; i++) target[i] = clip(target[i]);
        }
      },
    });
  return {
    labelled: make(
      'labelled',
      counts.map(() => perClass),
    ),
    unlabelled: withoutLabels(
      make(
        'unlabelled',
        counts.map((n) => n - perClass),
      ),
    ),
    validation: make(
      'validation',
      counts.map(() => validation),
    ),
  };
}

interface Sphere {
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

interface Drawing {
  readonly size: number;
  readonly look: ParticleLook;
}

function drawAgglomerate(particles: number, stream: RandomStream, target: Float32Array, { size, look }: Drawing) {
  const settings = lookSettings[look];
  const radius = size * uniform(stream, 0.1, 0.125);
  const angle = uniform(stream, -180, 180);
  const spheres = placed(grow(particles, { radius, reach: 0.44 * size, spread: settings.radii }, stream), angle);
  const tx = uniform(stream, -0.04, 0.04) * size;
  const ty = uniform(stream, -0.04, 0.04) * size;
  const background = uniform(stream, 0.14, 0.26);
  const middle = (size - 1) / 2;
  const shifted = spheres.map(({ x, y, r }) => ({ x: x + middle + tx, y: y + middle + ty, r }));
  render(shifted, target, { size, background, ...settings }, stream);
  // The beam's width.
  blur(target, [size, size], uniform(stream, 0.5, 0.9));
  if (look === 'micrograph') charge(target, size, stream);
  const spread = Math.sqrt(spheres.reduce((sum, { x, y }) => sum + x * x + y * y, 0) / spheres.length);
  const mean = spheres.reduce((sum, { r }) => sum + r, 0) / spheres.length;
  return { angle, radius: mean, spread, tx, ty, background, poseAngle: (angle * Math.PI) / 180 };
}

/**
 * Spheres that touch and hardly overlap, about their middle, none reaching further than `reach`; the first bond points
 * to the right.
 */
function grow(
  particles: number,
  { radius, reach, spread }: { readonly radius: number; readonly reach: number; readonly spread: number },
  stream: RandomStream,
): Sphere[] {
  for (;;) {
    const size = () => radius * (1 + spread * Math.max(-2, Math.min(2, stream.nextNormal())));
    const spheres: Sphere[] = [{ x: 0, y: 0, r: size() }];
    while (spheres.length < particles) {
      const r = size();
      const direction = spheres.length === 1 ? 0 : undefined;
      const first = attach(spheres, r, direction, stream);
      const second = attach(spheres, r, direction, stream);
      // The nearer of two places: agglomerates are drawn together as they dry.
      const distance = (s: Sphere) => spheres.reduce((sum, o) => sum + Math.hypot(s.x - o.x, s.y - o.y), 0);
      spheres.push(distance(first) < distance(second) ? first : second);
    }
    const cx = spheres.reduce((sum, s) => sum + s.x, 0) / particles;
    const cy = spheres.reduce((sum, s) => sum + s.y, 0) / particles;
    const centred = spheres.map(({ x, y, r }) => ({ x: x - cx, y: y - cy, r }));
    if (centred.every(({ x, y, r }) => Math.hypot(x, y) + r <= reach)) return centred;
  }
}

/** A place for one more sphere: touching an existing one, clear of the others. */
function attach(spheres: readonly Sphere[], r: number, direction: number | undefined, stream: RandomStream): Sphere {
  for (;;) {
    const at = spheres[stream.nextInt(spheres.length)];
    const phi = direction ?? uniform(stream, 0, 2 * Math.PI);
    const distance = (at.r + r) * uniform(stream, 0.93, 0.99);
    const found = { x: at.x + distance * Math.cos(phi), y: at.y + distance * Math.sin(phi), r };
    const clear = (o: Sphere) => o === at || Math.hypot(o.x - found.x, o.y - found.y) > 0.93 * (o.r + r);
    if (spheres.every(clear)) return found;
  }
}

/** The spheres rotated by `angle` degrees counter-clockwise as seen (y points down). */
function placed(spheres: readonly Sphere[], angle: number): Sphere[] {
  const cos = Math.cos((angle * Math.PI) / 180);
  const sin = Math.sin((angle * Math.PI) / 180);
  return spheres.map(({ x, y, r }) => ({ x: x * cos + y * sin, y: y * cos - x * sin, r }));
}

/** Background and spheres without noise. A later sphere lies on top of an earlier one. */
function render(
  spheres: readonly Sphere[],
  target: Float32Array,
  {
    size,
    background,
    slope,
    edge,
  }: { readonly size: number; readonly background: number; readonly slope: number; readonly edge: number },
  stream: RandomStream,
) {
  const slopeX = uniform(stream, -slope, slope);
  const slopeY = uniform(stream, -slope, slope);
  const body = uniform(stream, 0.42, 0.54);
  // The detector sits to one side of the sample, whichever way the agglomerate lies.
  const shade = 0.06;
  const brightness = (px: number, py: number): number => {
    for (let k = spheres.length - 1; k >= 0; k--) {
      const dx = (px - spheres[k].x) / spheres[k].r;
      const dy = (py - spheres[k].y) / spheres[k].r;
      const d2 = dx * dx + dy * dy;
      if (d2 >= 1) continue;
      // Secondary electrons leave a tilted surface more easily: the yield grows as 1 / cos(tilt).
      const yield_ = Math.min(edge, 1 / Math.sqrt(1 - d2));
      return body * (0.6 + 0.4 * yield_) * (1 + shade * (dx - dy));
    }
    return background + slopeX * (px / size - 0.5) + slopeY * (py / size - 0.5);
  };
  for (let row = 0; row < size; row++) {
    for (let col = 0; col < size; col++) {
      let sum = 0;
      for (let s = 0; s < SAMPLES * SAMPLES; s++) {
        const [i, j] = [Math.floor(s / SAMPLES), s % SAMPLES];
        sum += brightness(col + (j + 0.5) / SAMPLES - 0.5, row + (i + 0.5) / SAMPLES - 0.5);
      }
      target[row * size + col] = sum / (SAMPLES * SAMPLES);
    }
  }
}
