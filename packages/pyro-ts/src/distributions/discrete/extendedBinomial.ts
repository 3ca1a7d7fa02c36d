/** Binomial and beta-binomial distributions whose total count is itself drawn, and may be enumerated. */
import type { Shape } from '@pyro-ts/engine';
import { type Constraint, integer, positive, probability, real } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { isOptions, type ProbsOrLogits } from '../probs.js';
import { BetaBinomial } from './betaBinomial.js';
import { Binomial } from './binomial.js';

/** A binomial in which impossible counts, and negative total counts, have the log-probability -Infinity. Source: pyro.distributions.ExtendedBinomial. */
export class ExtendedBinomial extends Binomial {
  override get support(): Constraint {
    return integer;
  }
  override get argConstraints(): Record<string, Constraint> {
    return { totalCount: integer, probs: probability, logits: real };
  }
  protected override withBatchShape(options: ProbsOrLogits, batchShape: Shape): ExtendedBinomial {
    return new ExtendedBinomial(this.totalCount, options, batchShape);
  }
}

/** As ExtendedBinomial, with a probability that is drawn from a beta distribution. Source: pyro.distributions.ExtendedBetaBinomial. */
export class ExtendedBetaBinomial extends BetaBinomial {
  override get support(): Constraint {
    return integer;
  }
  override get argConstraints() {
    return { concentration1: positive, concentration0: positive, totalCount: integer };
  }
  override expand(batchShape: Shape): ExtendedBetaBinomial {
    const { concentration1: a, concentration0: b, totalCount } = this;
    return new ExtendedBetaBinomial(a, b, totalCount, expandedShape(this, batchShape));
  }
}

/**
 * `binomial` for a total count that is a site of its own: an observed count above one of its values is impossible there instead of an error.
 * @example
 * const alive = sample('alive', binomial(10, 0.9), { infer: { enumerate: 'parallel' } });
 * sample('seen', extendedBinomial(alive, 0.3), { obs: 4 });
 */
export const extendedBinomial = (totalCount: TensorLike, probs: TensorLike | ProbsOrLogits): ExtendedBinomial =>
  new ExtendedBinomial(totalCount, isOptions<ProbsOrLogits>(probs) ? probs : { probs });

/**
 * `betaBinomial` for a total count that is a site of its own.
 * @example extendedBetaBinomial(1, 1, [4, 9]).logProb(4) // [-1.6094, -2.3026]
 */
export const extendedBetaBinomial = (
  concentration1: TensorLike,
  concentration0: TensorLike,
  totalCount: TensorLike,
): ExtendedBetaBinomial => new ExtendedBetaBinomial(concentration1, concentration0, totalCount);
