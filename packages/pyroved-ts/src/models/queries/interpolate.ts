/** Interpolation between two points of the latent space. */
import { OptionError } from 'pyro-ts';
import { linspace } from '../../coordinates/grid.js';
import type { ImageSet } from '../../data/index.js';
import { integer, type OptionTable, resolveOptions } from '../../options.js';
import type { Condition } from './condition.js';
import type { Encoding, PoseRows } from './host.js';

/** A point of the latent space: a row of an `Encoding`, or numbers of your choice. */
export interface LatentPoint {
  /** [latentDim]. */
  readonly content: ArrayLike<number>;
  /** Radians. */
  readonly angle?: number;
  readonly shift?: ArrayLike<number>;
  readonly scale?: ArrayLike<number>;
  readonly shear?: ArrayLike<number>;
  readonly class?: number;
  readonly condition?: ArrayLike<number>;
  readonly targets?: ArrayLike<number>;
}

/** Options of `interpolate`. */
export interface InterpolateOptions {
  /** Number of images, including both ends. @default 8 */
  readonly steps?: number;
  /** Decode all images upright instead of interpolating the pose. @default false */
  readonly upright?: boolean;
  /** The class of all images. @default that of the nearer end */
  readonly class?: number;
}

const table = {
  steps: { default: 8, ...integer(2) },
  upright: { default: false },
  class: {},
} satisfies OptionTable<InterpolateOptions>;

/**
 * Row `i` of an encoding as a point of the latent space.
 * @throws {OptionError} when there is no such row.
 * @example
 * const encoding = vae.encode(images);
 * const steps = vae.interpolate(latentPoint(encoding, 0), latentPoint(encoding, 7), { steps: 10 });
 */
export function latentPoint(encoding: Encoding & Condition, i: number): LatentPoint {
  const { count, angle, classes } = encoding;
  if (!Number.isInteger(i) || i < 0 || i >= count) throw new OptionError(`There is no image ${i} among ${count}.`);
  const row = (values: ArrayLike<number>) => {
    const width = values.length / count;
    return Float32Array.from({ length: width }, (_, k) => values[i * width + k]);
  };
  const rows = (['shift', 'scale', 'shear', 'condition', 'targets'] as const).flatMap((name) => {
    const values = encoding[name];
    return values === undefined ? [] : [[name, row(values)] as const];
  });
  return {
    content: row(encoding.content),
    ...(angle && { angle: angle[i] }),
    ...(classes !== undefined && { class: typeof classes === 'number' ? classes : classes[i] }),
    ...Object.fromEntries(rows),
  };
}

/**
 * Decodes `steps` points from `from` to `to`: content, shift, scale, shear and known factors along a line, the angle
 * along the shorter arc.
 */
export function interpolate(
  from: LatentPoint,
  to: LatentPoint,
  options: InterpolateOptions,
  decode: (content: Float32Array, options: PoseRows & Condition) => ImageSet,
): ImageSet {
  const { steps, upright, class: all } = resolveOptions('interpolate', options, table);
  const fractions = linspace(0, 1, steps);
  const line = (name: 'content' | 'shift' | 'scale' | 'shear' | 'condition' | 'targets'): Float32Array | undefined => {
    const [a, b] = [from[name], to[name]];
    if (a === undefined && b === undefined) return undefined;
    if (a === undefined || b === undefined || a.length !== b.length) {
      throw new OptionError(
        `interpolate: ${name} has ${a?.length ?? 0} values at one end and ${b?.length ?? 0} at the other.`,
      );
    }
    return Float32Array.from(fractions.flatMap((t) => Array.from(a, (v, k) => v + t * (b[k] - v))));
  };
  const turn = (to.angle ?? 0) - (from.angle ?? 0);
  const arc = Math.atan2(Math.sin(turn), Math.cos(turn));
  const hasAngle = from.angle !== undefined || to.angle !== undefined;
  const pose = {
    ...(hasAngle && { angle: fractions.map((t) => (from.angle ?? 0) + t * arc) }),
    ...present('shift', line('shift')),
    ...present('scale', line('scale')),
    ...present('shear', line('shear')),
  };
  const classOf = (t: number): number | undefined => all ?? (t < 0.5 ? from.class : to.class);
  const classes = fractions.flatMap((t) => classOf(t) ?? []);
  return decode(line('content') as Float32Array, {
    ...(!upright && pose),
    ...(classes.length > 0 && { classes }),
    ...present('condition', line('condition')),
    ...present('targets', line('targets')),
  });
}

const present = (name: string, value: Float32Array | undefined) => (value === undefined ? {} : { [name]: value });
