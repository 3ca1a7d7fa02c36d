/** Constraints that outlive the run of the program that made them. */
import * as tf from '@tensorflow/tfjs';
import { type Bound, type Constraint, greaterThan, independent, interval, lessThan } from './constraints.js';

/** As `constraint`, but bounds that are tensors become numbers where they are all equal, or copies that stay. */
export function detachConstraint(constraint: Constraint): Constraint {
  const { kind, low, high, base, n } = constraint as Constraint & {
    low?: Bound;
    high?: Bound;
    base?: Constraint;
    n?: number;
  };
  if (kind === 'independent' && base) return independent(detachConstraint(base), n ?? 0);
  if (typeof low !== 'object' && typeof high !== 'object') return constraint;
  if (kind === 'interval') return interval(lastingBound(low), lastingBound(high));
  if (kind === 'greaterThan') return greaterThan(lastingBound(low));
  if (kind === 'lessThan') return lessThan(lastingBound(high));
  return constraint;
}

function lastingBound(bound: Bound = 0): Bound {
  if (typeof bound === 'number') return bound;
  const values = bound.dataSync();
  return values.every((v) => v === values[0]) ? values[0] : tf.keep(bound.clone());
}
