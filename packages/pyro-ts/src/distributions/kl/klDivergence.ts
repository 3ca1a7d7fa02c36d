/** Kullback-Leibler divergences that have a closed form, looked up by the two families. Source: torch.distributions.kl and pyro.distributions.kl. */
import type * as tf from '@tensorflow/tfjs';
import { PyroError } from '../../errors.js';
import type { Distribution } from '../distribution.js';
import { continuousRules } from './continuous.js';
import { discreteRules } from './discrete.js';
import { type Family, type KlRule, rule } from './rule.js';
import { vectorRules } from './vectors.js';
import { wrapperRules } from './wrappers.js';

const rules: KlRule[] = [...continuousRules, ...discreteRules, ...vectorRules, ...wrapperRules(klDivergence, hasKl)];

/**
 * Adds or replaces the closed form for a pair of families.
 * @example
 * registerKl(Uniform, Exponential, (p, q) => p.mean().mul(q.rate).sub(tf.log(p.high.sub(p.low).mul(q.rate))));
 * klDivergence(uniform(1, 3), exponential(0.5)) // 1
 */
export function registerKl<P extends Distribution, Q extends Distribution>(
  p: Family<P>,
  q: Family<Q>,
  divergence: (p: P, q: Q) => tf.Tensor,
): void {
  rules.unshift(rule(p, q, divergence));
}

/**
 * Whether `klDivergence(p, q)` has a closed form here.
 * @example hasKl(normal(0, 1), laplace(0, 1)) // false
 */
export function hasKl(p: Distribution, q: Distribution): boolean {
  return rules.some((r) => r.fits(p, q));
}

/**
 * KL(p || q), the mean of log p - log q under p, of shape batchShape; infinite where p has mass that q lacks.
 * Throws a PyroError where no closed form is known.
 * @example klDivergence(normal([0, 1], 0.5).toEvent(1), normal(0, 1).expand([2]).toEvent(1))
 */
export function klDivergence(p: Distribution, q: Distribution): tf.Tensor {
  const found = rules.find((r) => r.fits(p, q));
  if (!found) {
    throw new PyroError(
      `No closed form of KL(${p.name} || ${q.name}) is known. Estimate it as the mean of p.logProb(x) - q.logProb(x) over draws x of p, ` +
        'or add one with registerKl.',
    );
  }
  return found.divergence(p, q);
}
