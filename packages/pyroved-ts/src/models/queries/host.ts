/** Conversion between tensors and host arrays: results collected batch by batch, poses, and mean angles. */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from 'pyro-ts';
import { directionOf, type PoseTensors } from '../../coordinates/index.js';
import type { OptionTable } from '../../options.js';

/** Batch size of the networks outside of training. */
export const HOST_BATCH = 64;

/** Latents inferred for images, row major. Parts of the pose that the model does not infer are absent. */
export interface Encoding {
  readonly count: number;
  /** Mean of the content latents, [count, latentDim]. */
  readonly content: Float32Array;
  /** Their standard deviations. */
  readonly contentScale: Float32Array;
  /** Radians in (-pi, pi], counter-clockwise; which orientation is 0 is arbitrary. */
  readonly angle?: Float32Array;
  /**
   * With the binned angle guide: the probability of each bin, [count, angleBins]; `angle` is the centre of the
   * likeliest.
   */
  readonly angleBins?: Float32Array;
  /** Added to the coordinates, in the units of the [-1, 1] grid, [count, d]. */
  readonly shift?: Float32Array;
  /** Factor of the coordinates (above 1 the object appears smaller), [count, 1] or [count, 2]. */
  readonly scale?: Float32Array;
  /** See `PoseTensors.shear`, [count, 2]. */
  readonly shear?: Float32Array;
}

/** One pose for all images, or one for each. By default upright. */
export interface PoseRows {
  /** Radians, counter-clockwise: one number, or `count`. */
  readonly angle?: number | ArrayLike<number>;
  /** In the units of the [-1, 1] grid: d numbers, or `count` times d. */
  readonly shift?: ArrayLike<number>;
  /** One factor, or `count`, or `count` times 2. */
  readonly scale?: number | ArrayLike<number>;
  /** Two numbers, or `count` times 2; see `PoseTensors.shear`. */
  readonly shear?: ArrayLike<number>;
}

export const poseTable = { angle: {}, shift: {}, scale: {}, shear: {} } satisfies OptionTable<PoseRows>;

/** The poses of rows from..from+size of `count`, as tensors. */
export function poseTensors(pose: PoseRows, count: number, dims: number): (from: number, size: number) => PoseTensors {
  const angle = perRow('angle', pose.angle, count, [1]);
  const shift = perRow('shift', pose.shift, count, [dims]);
  const scale = perRow('scale', pose.scale, count, dims === 1 ? [1] : [1, dims]);
  const shear = perRow('shear', pose.shear, count, [2]);
  if (dims === 1 && (angle || scale || shear)) {
    throw new OptionError('A signal has no angle, scale or shear. Set only the shift.');
  }
  return (from, size) => ({
    ...(angle && { angle: directionOf(tf.squeeze(rows(angle, from, size), [1])) }),
    ...(shift && { shift: rows(shift, from, size) }),
    ...(scale && { scale: rows(scale, from, size) }),
    ...(shear && { shear: rows(shear, from, size) }),
  });
}

interface Rows {
  readonly data: Float32Array;
  readonly width: number;
}

const rows = ({ data, width }: Rows, from: number, size: number): tf.Tensor2D =>
  tf.tensor2d(data.slice(from * width, (from + size) * width), [size, width]);

function perRow(
  name: string,
  value: number | ArrayLike<number> | undefined,
  count: number,
  widths: readonly number[],
): Rows | undefined {
  if (value === undefined) return undefined;
  const values = typeof value === 'number' ? Float32Array.of(value) : Float32Array.from(value);
  for (const width of widths) {
    if (values.length === count * width) return { data: values, width };
    if (values.length === width) {
      return { data: Float32Array.from({ length: count * width }, (_, i) => values[i % width]), width };
    }
  }
  const lengths = [...new Set(widths.flatMap((w) => [w, count * w]))].join(' or ');
  throw new OptionError(`${name} must have ${lengths} values for ${count} image(s); got ${values.length}.`);
}

/**
 * Runs `body` on rows 0..count in batches and concatenates the named results, row major. Every batch must return the
 * same names; no tensor remains allocated.
 */
export function collect<Name extends string>(
  count: number,
  body: (from: number, size: number) => Readonly<Record<Name, tf.Tensor>>,
): Record<Name, Float32Array> {
  const parts: Record<string, Float32Array[]> = {};
  for (let from = 0; from < count; from += HOST_BATCH) {
    tf.tidy(() => {
      const tensors = body(from, Math.min(HOST_BATCH, count - from));
      for (const [name, tensor] of Object.entries<tf.Tensor>(tensors)) {
        parts[name] ??= [];
        parts[name].push(Float32Array.from(tensor.dataSync()));
      }
    });
  }
  const joined = Object.entries(parts).map(([name, list]) => [name, join(list)]);
  return Object.fromEntries(joined) as Record<Name, Float32Array>;
}

function join(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Angles whose mean direction is shorter than this have several peaks, as those of symmetric objects. */
const CONCENTRATED = 0.7;
/** Angles nearer to a peak than this, in radians, belong to it; its density is measured with this kernel (von Mises). */
const PEAK = { within: Math.PI / 6, concentration: 20 };

/**
 * The circular mean of the angles (radians) in each group 0..groups-1; where they have several peaks, as those of objects with rotational symmetry, the mean
 * of the highest one. Negative labels are ignored; empty groups have NaN.
 */
export function circularMeans(angles: Float32Array, labels: ArrayLike<number>, groups: number): Float32Array {
  const members = Array.from({ length: groups }, (): number[] => []);
  angles.forEach((angle, i) => {
    members[labels[i]]?.push(angle);
  });
  return Float32Array.from(members, (own) => {
    const all = meanDirection(own);
    if (own.length === 0 || all.length >= CONCENTRATED) return all.angle;
    const density = own.map((angle) =>
      own.reduce((sum, other) => sum + Math.exp(PEAK.concentration * (Math.cos(other - angle) - 1)), 0),
    );
    const peak = own[density.indexOf(Math.max(...density))];
    return meanDirection(own.filter((angle) => Math.cos(angle - peak) > Math.cos(PEAK.within))).angle;
  });
}

/** The direction of the mean of unit vectors, NaN for none, and its length from 0 to 1. */
function meanDirection(angles: readonly number[]): { angle: number; length: number } {
  if (angles.length === 0) return { angle: Number.NaN, length: 0 };
  const cos = angles.reduce((sum, angle) => sum + Math.cos(angle), 0) / angles.length;
  const sin = angles.reduce((sum, angle) => sum + Math.sin(angle), 0) / angles.length;
  return { angle: Math.atan2(sin, cos), length: Math.hypot(cos, sin) };
}

/** Angles in radians from rows of cosine and sine. */
export const anglesOf = (directions: Float32Array): Float32Array =>
  Float32Array.from({ length: directions.length / 2 }, (_, i) => Math.atan2(directions[2 * i + 1], directions[2 * i]));
