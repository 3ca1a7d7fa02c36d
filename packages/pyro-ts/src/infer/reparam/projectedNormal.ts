/** Directions as normal draws. */
import * as tf from '@tensorflow/tfjs';
import { Normal } from '../../distributions/continuous/normal.js';
import { ProjectedNormal } from '../../distributions/multivariate/projectedNormal.js';
import { normalize } from '../../distributions/transforms/vectors.js';
import { SiteError } from '../../errors.js';
import type { Reparam, ReparamSite } from '../../handlers/reparam.js';
import { auxiliary, bare, wrapped } from './reparam.js';

/**
 * Draws NAME_normal from a standard normal; the direction of it plus the concentration is the site. Many normal draws have one direction, so a
 * value that is known only tells where to begin. Source: `pyro.infer.reparam.ProjectedNormalReparam`.
 * @example reparam(model, { direction: new ProjectedNormalReparam() })
 */
export class ProjectedNormalReparam implements Reparam {
  apply({ name, fn, value }: ReparamSite): tf.Tensor {
    const inside = bare(fn);
    if (!(inside.fn instanceof ProjectedNormal)) {
      throw new SiteError(`ProjectedNormalReparam at site "${name}": ${fn.name} is not a ProjectedNormal.`, name);
    }
    const { concentration } = inside.fn;
    const standard = new Normal(tf.zeros(concentration.shape), 1).toEvent(1);
    const noise = auxiliary(`${name}_normal`, wrapped(standard, inside), value && tf.sub(value, concentration));
    return value ?? normalize(tf.add(noise, concentration));
  }
}
