/** One closed form and the families that it is for. */
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../../errors.js';
import type { Distribution } from '../distribution.js';

/** A class of distributions. */
export type Family<D extends Distribution> = abstract new (...args: never[]) => D;

export interface KlRule {
  /** Whether the rule is for these two. */
  fits(p: Distribution, q: Distribution): boolean;
  /** KL(p || q), of the joint batch shape. */
  divergence(p: Distribution, q: Distribution): tf.Tensor;
}

/** The rule for two families; `when` narrows it further. `formula` may lack batch dimensions that the parameters lack. */
export function rule<P extends Distribution, Q extends Distribution>(
  pFamily: Family<P>,
  qFamily: Family<Q>,
  formula: (p: P, q: Q) => tf.Tensor,
  when: (p: P, q: Q) => boolean = () => true,
): KlRule {
  const isP = (p: Distribution): p is P => p instanceof pFamily;
  const isQ = (q: Distribution): q is Q => q instanceof qFamily;
  return {
    fits: (p, q) => isP(p) && isQ(q) && when(p, q),
    divergence: (p, q) => {
      const shape = jointBatchShape(p, q);
      return expandTo(formula(p as P, q as Q), shape);
    },
  };
}

function jointBatchShape(p: Distribution, q: Distribution): number[] {
  const shape = broadcastShapes(p.batchShape, q.batchShape);
  if (shape && formatShape(p.eventShape) === formatShape(q.eventShape)) return shape;
  throw new ShapeError(
    `klDivergence: ${p.name} with batchShape ${formatShape(p.batchShape)} and eventShape ${formatShape(p.eventShape)} and ${q.name} with ` +
      `batchShape ${formatShape(q.batchShape)} and eventShape ${formatShape(q.eventShape)} do not fit each other.`,
  );
}
