/** Sites with a location and a scale, centred or not, or anything between. */
import * as tf from '@tensorflow/tfjs';
import { unitInterval } from '../../distributions/constraints.js';
import { Cauchy } from '../../distributions/continuous/cauchy.js';
import { Laplace } from '../../distributions/continuous/laplace.js';
import { Normal } from '../../distributions/continuous/normal.js';
import { StudentT } from '../../distributions/continuous/studentT.js';
import type { Distribution } from '../../distributions/distribution.js';
import { OptionError, rejectUnknownKeys, SiteError } from '../../errors.js';
import type { Reparam, ReparamSite } from '../../handlers/reparam.js';
import { param } from '../../primitives/param.js';
import { auxiliary, bare, wrapped } from './reparam.js';

export interface LocScaleReparamOptions {
  /** 1 leaves the site as it is, 0 takes location and scale out of it, and between lies everything. @default learned for each entry */
  centered?: number | tf.Tensor;
}

/** Makes distributions of the same family at other places; undefined where a family has no location and scale. */
function movesOf(fn: Distribution): ((loc: tf.Tensor, scale: tf.Tensor) => Distribution) | undefined {
  if (fn instanceof Normal) return (loc, scale) => new Normal(loc, scale);
  if (fn instanceof StudentT) return (loc, scale) => new StudentT(fn.parameters.df, loc, scale);
  if (fn instanceof Laplace) return (loc, scale) => new Laplace(loc, scale);
  return fn instanceof Cauchy ? (loc, scale) => new Cauchy(loc, scale) : undefined;
}

/**
 * With c = `centered`: the site x of location m and scale s becomes NAME_decentered of location c m and scale s^c, and x = m + s^(1 - c) (it - c m).
 * Learned values of c are the parameter NAME_centered. For Normal, StudentT, Laplace and Cauchy. Source:
 * `pyro.infer.reparam.LocScaleReparam`; Gorinova, Moore and Hoffman 2019.
 * @example reparam(model, { theta: new LocScaleReparam({ centered: 0 }) })
 */
export class LocScaleReparam implements Reparam {
  private readonly centered: number | tf.Tensor | undefined;

  constructor(options: LocScaleReparamOptions = {}) {
    rejectUnknownKeys('LocScaleReparam', options, ['centered']);
    const { centered } = options;
    if (typeof centered === 'number' && !(centered >= 0 && centered <= 1)) {
      throw new OptionError(`LocScaleReparam: centered is a number from 0 to 1, not ${centered}.`);
    }
    this.centered = centered;
  }

  apply({ name, fn, value }: ReparamSite): tf.Tensor {
    const inside = bare(fn);
    const moved = movesOf(inside.fn);
    if (!moved) {
      throw new SiteError(
        `LocScaleReparam at site "${name}": ${fn.name} has no location and scale. It is for Normal, StudentT, Laplace and Cauchy.`,
        name,
      );
    }
    const { loc, scale } = inside.fn.parameters;
    const centered =
      this.centered ?? param(`${name}_centered`, () => tf.fill([...fn.eventShape], 0.5), { constraint: unitInterval });
    const logScale = tf.log(scale);
    const newLoc = tf.mul(loc, centered);
    const decentered = moved(newLoc, tf.exp(tf.mul(logScale, centered)));
    const stretch = tf.exp(tf.mul(logScale, tf.sub(1, centered)));
    const known = value && tf.add(tf.div(tf.sub(value, loc), stretch), newLoc);
    const noise = auxiliary(`${name}_decentered`, wrapped(decentered, inside), known);
    return value ?? tf.add(tf.mul(tf.sub(noise, newLoc), stretch), loc);
  }
}
