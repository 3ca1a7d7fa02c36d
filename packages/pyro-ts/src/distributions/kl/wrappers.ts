/** Divergences of wrapped distributions, from those of what they wrap; and of a point mass, which has one from anything. */
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { Delta } from '../delta.js';
import { applyMask, Distribution, Independent, MaskedDistribution, sumRightmost } from '../distribution.js';
import { TransformedDistribution } from '../transformed.js';
import { type KlRule, rule } from './rule.js';

const baseOf = (d: Distribution): Distribution => (d instanceof MaskedDistribution ? d.base : d);
const maskOf = (d: Distribution): tf.Tensor | boolean => (d instanceof MaskedDistribution ? d.maskValue : true);

function bothMasks(a: tf.Tensor | boolean, b: tf.Tensor | boolean): tf.Tensor | boolean {
  if (typeof a === 'boolean') return a ? b : false;
  if (typeof b === 'boolean') return b ? a : false;
  const shape = broadcastShapes(a.shape, b.shape) ?? [];
  return tf.logicalAnd(expandTo(tf.cast(a, 'bool'), shape), expandTo(tf.cast(b, 'bool'), shape));
}

const sameTransforms = (p: TransformedDistribution, q: TransformedDistribution): boolean =>
  p.transforms.length === q.transforms.length && p.transforms.every((t, i) => t === q.transforms[i]);

/** The rules, given the function that they call on what is inside. */
export function wrapperRules(
  inner: (p: Distribution, q: Distribution) => tf.Tensor,
  hasInner: (p: Distribution, q: Distribution) => boolean,
): KlRule[] {
  const masked = (p: Distribution, q: Distribution) =>
    applyMask(inner(baseOf(p), baseOf(q)), bothMasks(maskOf(p), maskOf(q)));
  const hasBases = (p: Distribution, q: Distribution) => hasInner(baseOf(p), baseOf(q));
  const unwrap = (p: Independent, q: Independent) => {
    const n = Math.min(p.n, q.n);
    return { n, p: p.base.toEvent(p.n - n), q: q.base.toEvent(q.n - n) };
  };
  return [
    rule(MaskedDistribution, Distribution, masked, hasBases),
    rule(Distribution, MaskedDistribution, masked, hasBases),
    // The same one-to-one map on both sides changes nothing.
    rule(
      TransformedDistribution,
      TransformedDistribution,
      (p, q) => inner(p.base, q.base),
      (p, q) => sameTransforms(p, q) && hasInner(p.base, q.base),
    ),
    rule(Delta, Distribution, (p, q) => p.logProb(p.v).sub(q.logProb(p.v))),
    rule(
      Independent,
      Independent,
      (p, q) => {
        const parts = unwrap(p, q);
        return sumRightmost(inner(parts.p, parts.q), parts.n);
      },
      (p, q) => {
        const parts = unwrap(p, q);
        return hasInner(parts.p, parts.q);
      },
    ),
  ];
}
