/**
 * The angle priors that have a name. Each is one entry of `table`, from which the names, the types of the options and
 * everything that is done with a named prior follow.
 */
import * as tf from '@tensorflow/tfjs';
import { type Distribution, normal, OptionError, projectedNormal, uniform, vonMises } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import { directionOf } from '../coordinates/transform.js';
import { tidyHost } from '../tidyHost.js';
import type { AngleDensity } from './binned.js';
import { circularAngle, projectedNormalAngle } from './circular.js';
import type { PosePart } from './posePart.js';

/** The distributions of an angle around a proposal by recognition; `loc` and `scale` are radians [...]. */
export interface AngleFamily {
  prior(): Distribution;
  /** The distribution of a sample with mean `loc` and standard deviation `scale`. */
  around(loc: tf.Tensor, scale: tf.Tensor): Distribution;
  /** The sample of a known angle in radians. */
  known(angle: tf.Tensor): tf.Tensor;
  /** Cosine and sine [..., 2] of a sample. */
  toPose(draw: tf.Tensor): tf.Tensor;
}

/** -log p(angle) in nats, and its first two derivatives, of which the second is clipped to at least 0. */
export type AnglePenalty = (angle: number) => readonly [cost: number, slope: number, curvature: number];

/** A named prior with its options, in the forms that models need. */
export interface NamedAngle {
  /** With a guide of one mode. */
  readonly part: PosePart;
  /** As a density of the angle, for the binned guide; undefined if the samples are not angles. */
  readonly density?: AngleDensity;
  /** For a model with recognition. */
  readonly family: AngleFamily;
  /** For the refinement of poses on the host. */
  readonly penalty: () => AnglePenalty;
  /** Half the range in radians of the uniform distribution with the same standard deviation, at most pi. */
  readonly halfRange: number;
}

/** Options of the normal angle prior. */
export interface NormalAngleOptions {
  /** Standard deviation of the angle in radians. @default 1, as in pyroVED and the paper */
  readonly scale?: number;
}

/** Options of the von Mises angle prior. */
export interface VonMisesAngleOptions {
  /** Concentration around 0, approximately 1 / variance (in radians) if it is large. @default 1 */
  readonly concentration?: number;
}

const table = {
  normal(options: NormalAngleOptions): NamedAngle {
    const scale = positive('normal', options, 'scale', 'number of radians');
    const prior = () => normal(0, scale);
    const constant = Math.log(scale) + Math.log(2 * Math.PI) / 2;
    return {
      part: {
        kind: 'angle',
        name: 'normal',
        // A column of the joint latent, which ignores that angles are periodic.
        source: { site: 'joint', columns: 1 },
        toPose: (z) => directionOf(tf.mul(tf.squeeze(z, [-1]), scale)),
      },
      // The bins cover a full circle, or pi standard deviations to either side if that is less.
      density: { name: 'normal', circular: false, reach: Math.PI * Math.min(1, scale), prior },
      family: { prior, around: normal, known: wrapped, toPose: directionOf },
      halfRange: Math.min(Math.PI, Math.sqrt(3) * scale),
      penalty: () => (angle) => {
        const nearest = Math.atan2(Math.sin(angle), Math.cos(angle));
        return [constant + 0.5 * (nearest / scale) ** 2, nearest / scale ** 2, 1 / scale ** 2];
      },
    };
  },

  'projected-normal'(options: object): NamedAngle {
    rejectUnknownKeys('the projected normal angle prior', options, []);
    return {
      part: projectedNormalAngle(),
      family: {
        prior: () => projectedNormal([0, 0]),
        around: (loc, scale) => projectedNormal(tf.div(directionOf(loc), tf.expandDims(scale, -1))),
        known: directionOf,
        toPose: (direction) => direction,
      },
      penalty: uniformPenalty,
      halfRange: Math.PI,
    };
  },

  'von-mises'(options: VonMisesAngleOptions): NamedAngle {
    const concentration = positive('von Mises', options, 'concentration', 'number');
    const density = { name: 'von-mises', circular: true, prior: () => vonMises(0, concentration) };
    return {
      ...periodic(density),
      halfRange: Math.min(Math.PI, Math.sqrt(3) / Math.sqrt(concentration)),
      penalty: () => {
        const peak = tidyHost(() => density.prior().logProb(tf.scalar(0)).dataSync()[0]);
        return (angle) => {
          const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
          return [concentration * (1 - cos) - peak, concentration * sin, Math.max(0, concentration * cos)];
        };
      },
    };
  },

  uniform(options: object): NamedAngle {
    rejectUnknownKeys('the uniform angle prior', options, []);
    const density = { name: 'uniform', circular: true, prior: () => uniform(-Math.PI, Math.PI) };
    return { ...periodic(density), penalty: uniformPenalty, halfRange: Math.PI };
  },
};

/** A prior of angles on the circle, with von Mises guides. */
const periodic = (density: AngleDensity): Pick<NamedAngle, 'part' | 'density' | 'family'> => ({
  part: circularAngle(density),
  density,
  family: {
    prior: density.prior,
    around: (loc, scale) => vonMises(loc, tf.pow(scale, -2)),
    known: wrapped,
    toPose: directionOf,
  },
});

const uniformPenalty = (): AnglePenalty => () => [Math.log(2 * Math.PI), 0, 0];

/** The equivalent angle in (-pi, pi), clipped to stay inside the open interval. */
function wrapped(angle: tf.Tensor): tf.Tensor {
  const end = Math.PI * (1 - 1e-6);
  return tf.clipByValue(tf.atan2(tf.sin(angle), tf.cos(angle)), -end, end);
}

/** The only option of a prior, a positive number with default 1. */
function positive<Option extends string>(
  prior: string,
  options: { readonly [option in Option]?: number },
  option: Option,
  what: string,
): number {
  rejectUnknownKeys(`the ${prior} angle prior`, options, [option]);
  const { [option]: value = 1 } = options;
  if (value > 0 && Number.isFinite(value)) return value;
  throw new OptionError(`The ${prior} angle prior's ${option} must be a positive ${what}; got ${value}.`);
}

/** The name of an angle prior. */
export type AnglePriorName = keyof typeof table;

/** The name of a prior with its options. */
export type NamedPrior = {
  [Name in AnglePriorName]: { readonly name: Name } & Parameters<(typeof table)[Name]>[0];
}[AnglePriorName];

const isName = (name: unknown): name is AnglePriorName => typeof name === 'string' && Object.hasOwn(table, name);

/** Names of the angle priors. */
export const anglePriorNames: readonly AnglePriorName[] = Object.keys(table).filter(isName);

/** A name, a name with options, or a custom prior. */
export type AnglePrior = AnglePriorName | NamedPrior | PosePart;

/** The name of a prior, which may be unknown: a configuration may hold any value, including null. */
export const nameOfPrior = (prior: unknown): unknown =>
  typeof prior === 'object' && prior !== null ? ('name' in prior ? prior.name : undefined) : prior;

/**
 * The prior with a name; undefined for a custom prior and for an unknown name.
 * @throws {OptionError} when an option of the prior is unknown or invalid.
 */
export function namedAngle(prior: AnglePrior): NamedAngle | undefined {
  const name = nameOfPrior(prior);
  if (!isName(name)) return undefined;
  if (typeof prior !== 'object') return table[name]({});
  if ('toPose' in prior) return undefined;
  const { name: _, ...options } = prior;
  return table[name](options);
}
