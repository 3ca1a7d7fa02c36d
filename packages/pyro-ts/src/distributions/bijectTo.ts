/** From a constraint to a transform of the real numbers onto it. Source: torch.distributions.constraint_registry. */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from '../errors.js';
import type { Bound, Constraint } from './constraints.js';
import { compose, IndependentTransform } from './transforms/compose.js';
import { AffineTransform, ExpTransform, SigmoidTransform, SoftplusTransform } from './transforms/elementwise.js';
import {
  CholeskyProductTransform,
  CorrCholeskyTransform,
  LowerCholeskyTransform,
  LowerCholeskyVectorTransform,
} from './transforms/matrices.js';
import { SoftmaxTransform, StickBreakingTransform } from './transforms/simplex.js';
import { IdentityTransform, type Transform } from './transforms/transform.js';
import { NormalizeTransform, OrderedTransform } from './transforms/vectors.js';

/** What a constraint of some kind may hold besides its name: see constraints.ts. */
type Details = Constraint & { low?: Bound; high?: Bound; base?: Constraint; n?: number };

/** Makes the transform onto a set of one kind; `oneToOne` says whether a density will go through it. */
export type TransformMaker = (constraint: Details, oneToOne: boolean) => Transform | undefined;

const makers: Record<string, TransformMaker> = {
  real: (c) => new IdentityTransform(c),
  realVector: (c) => new IdentityTransform(c),
  positive: () => new ExpTransform(),
  nonNegative: () => new ExpTransform(),
  softplusPositive: () => new SoftplusTransform(),
  greaterThan: (c) => compose(new ExpTransform(), new AffineTransform(c.low ?? 0, 1, c)),
  lessThan: (c) => compose(new ExpTransform(), new AffineTransform(c.high ?? 0, -1, c)),
  interval: (c) => {
    const { low = 0, high = 1 } = c;
    const unit = new SigmoidTransform();
    return low === 0 && high === 1 ? unit : compose(unit, new AffineTransform(low, tf.sub(high, low), c));
  },
  simplex: (_, oneToOne) => (oneToOne ? new StickBreakingTransform() : new SoftmaxTransform()),
  sphere: (_, oneToOne) => (oneToOne ? undefined : new NormalizeTransform()),
  orderedVector: () => new OrderedTransform(),
  lowerCholesky: (_, oneToOne) => (oneToOne ? new LowerCholeskyVectorTransform() : new LowerCholeskyTransform()),
  corrCholesky: () => new CorrCholeskyTransform(),
  positiveDefinite: (_, oneToOne) =>
    compose(
      oneToOne ? new LowerCholeskyVectorTransform() : new LowerCholeskyTransform(),
      new CholeskyProductTransform(),
    ),
  independent: ({ base, n = 0 }, oneToOne) => {
    const inner = base && makers[base.kind]?.(base, oneToOne);
    return inner && new IndependentTransform(inner, n);
  },
};

/**
 * Teaches `bijectTo` and `transformTo` a new kind of constraint.
 * @example
 * const even: Constraint = { ...constraints.real, kind: 'twice', name: 'twice a number' };
 * registerTransform('twice', () => new AffineTransform(0, 2));
 * transformTo(even).forward(tf.scalar(3)) // 6
 */
export function registerTransform(kind: string, maker: TransformMaker): void {
  makers[kind] = maker;
}

/**
 * A transform of real numbers onto `constraint` for optimisation; it need not be one to one (softmax onto a simplex).
 * @example transformTo(constraints.positive).forward(x) // exp(x)
 */
export const transformTo = (constraint: Constraint): Transform => find(constraint, false);

/**
 * A one-to-one transform of real numbers onto `constraint`, with a Jacobian (stick breaking onto a simplex).
 * @example bijectTo(constraints.simplex).forward(tf.zeros([2])) // [1/3, 1/3, 1/3]
 */
export const bijectTo = (constraint: Constraint): Transform => find(constraint, true);

function find(constraint: Constraint, oneToOne: boolean): Transform {
  const made = makers[constraint.kind]?.(constraint, oneToOne);
  if (made) return made;
  throw new OptionError(
    `There is no ${oneToOne ? 'one-to-one ' : ''}transform of real numbers onto the constraint "${constraint.name}"` +
      `${constraint.isDiscrete ? ', which is discrete' : ''}. Choose another constraint, or add one with registerTransform.`,
  );
}
