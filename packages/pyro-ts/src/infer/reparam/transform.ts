/** Transformed sites as their base draw. */
import type * as tf from '@tensorflow/tfjs';
import { Normal } from '../../distributions/continuous/normal.js';
import { LogNormal } from '../../distributions/continuous/normals.js';
import type { Distribution } from '../../distributions/distribution.js';
import { TransformedDistribution } from '../../distributions/transformed.js';
import { ExpTransform } from '../../distributions/transforms/elementwise.js';
import type { Transform } from '../../distributions/transforms/transform.js';
import { SiteError } from '../../errors.js';
import type { Reparam, ReparamSite } from '../../handlers/reparam.js';
import { auxiliary, bare } from './reparam.js';

interface Split {
  readonly base: Distribution;
  readonly transforms: readonly Transform[];
}

function split(fn: Distribution): Split | undefined {
  if (fn instanceof TransformedDistribution) return fn;
  if (!(fn instanceof LogNormal)) return undefined;
  return { base: new Normal(fn.loc, fn.scale).expand(fn.batchShape), transforms: [new ExpTransform()] };
}

/**
 * Draws NAME_base from the base of a TransformedDistribution (or of LogNormal) and transforms it: for a posterior that is simpler there. Source:
 * `pyro.infer.reparam.TransformReparam`.
 * @example reparam(model, { rate: new TransformReparam() })
 */
export class TransformReparam implements Reparam {
  apply({ name, fn, value }: ReparamSite): tf.Tensor {
    const { fn: inner, eventDim, mask } = bare(fn);
    const parts = split(inner);
    if (!parts) {
      throw new SiteError(`TransformReparam at site "${name}": ${fn.name} is not a TransformedDistribution.`, name);
    }
    const { base, transforms } = parts;
    const event = base.toEvent(eventDim - inner.eventShape.length);
    const known = value && transforms.reduceRight((y, t) => t.inverse(y), value);
    const drawn = auxiliary(`${name}_base`, mask === true ? event : event.mask(mask), known);
    return value ?? transforms.reduce((x, t) => t.forward(x), drawn);
  }
}
