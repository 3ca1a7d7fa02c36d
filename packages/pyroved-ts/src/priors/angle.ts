/** Priors of the angle. */
import * as tf from '@tensorflow/tfjs';
import { didYouMean, OptionError, projectedNormal, refuseUnknownKeys } from 'pyro-ts';
import { directionOf } from '../coordinates/transform.js';
import type { PosePart } from './posePart.js';

export interface NormalAngleOptions {
  /** Standard deviation of the angle in radians; 1, as in pyroVED and the paper. */
  readonly scale?: number;
}

/** A normal angle, a column of the joint latent. It does not know that a full turn changes nothing. */
export function normalAngle(options: NormalAngleOptions = {}): PosePart {
  refuseUnknownKeys('the normal angle prior', options, ['scale']);
  const { scale = 1 } = options;
  if (!(scale > 0 && Number.isFinite(scale))) {
    throw new OptionError(`The normal angle prior's scale is a positive number of radians, not ${scale}.`);
  }
  return {
    kind: 'angle',
    name: 'normal',
    source: { site: 'joint', columns: 1 },
    toPose: (z) => directionOf(tf.mul(tf.squeeze(z, [-1]), scale)),
  };
}

/**
 * A direction, uniform on the circle a priori, projected normal in the guide, whose concentration vector the encoder gives. The unit vector is
 * itself the cosine and sine of the rotation: there is no angle to wrap around. Source: Presnell et al. 1998; `pyro.distributions.ProjectedNormal`.
 */
export function projectedNormalAngle(options: Record<string, never> = {}): PosePart {
  refuseUnknownKeys('the projected normal angle prior', options, []);
  return {
    kind: 'angle',
    name: 'projected-normal',
    source: {
      site: 'own',
      encoded: 2,
      prior: () => projectedNormal([0, 0]),
      guide: (concentration) => projectedNormal(concentration),
      centre: (concentration) => projectedNormal(concentration).mean(),
    },
    toPose: (direction) => direction,
  };
}

/** The priors that can be asked for by name. */
const byName = { normal: normalAngle, 'projected-normal': projectedNormalAngle } as const;
export type AnglePriorName = keyof typeof byName;
export const anglePriorNames = Object.keys(byName) as AnglePriorName[];

/** A name, a name with options, or a prior of one's own. */
export type AnglePrior = AnglePriorName | ({ readonly name: 'normal' } & NormalAngleOptions) | PosePart;

/** The pose part that an option asks for. @throws {OptionError} for a name that does not exist. */
export function anglePart(prior: AnglePrior): PosePart {
  if (typeof prior === 'object' && 'toPose' in prior) {
    if (prior.kind === 'angle') return prior;
    throw new OptionError(`anglePrior: "${prior.name}" is a prior of the ${prior.kind}, not of the angle.`);
  }
  const { name, ...options } = typeof prior === 'string' ? { name: prior } : prior;
  if (Object.hasOwn(byName, name)) return (byName[name] as (options: object) => PosePart)(options);
  throw new OptionError(`There is no angle prior "${name}".${didYouMean(String(name), anglePriorNames)}`);
}
