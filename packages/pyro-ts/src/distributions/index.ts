/** Every distribution, with the constraints of their supports. */

export { bijectTo, registerTransform, type TransformMaker, transformTo } from './bijectTo.js';
export * from './bounded/beta.js';
export * from './bounded/continuousBernoulli.js';
export * from './bounded/dirichlet.js';
export { LKJCholesky, lkjCholesky } from './bounded/lkjCholesky.js';
export * from './bounded/projectedNormal.js';
export * from './bounded/relaxedOneHot.js';
export * from './bounded/uniform.js';
export * from './bounded/vonMises.js';
export type { Constraint } from './constraints.js';
export * as constraints from './constraints.js';
export * from './delta.js';
export * from './discrete/bernoulli.js';
export { BetaBinomial, betaBinomial } from './discrete/betaBinomial.js';
export { Binomial, binomial } from './discrete/binomial.js';
export * from './discrete/categorical.js';
export {
  ExtendedBetaBinomial,
  ExtendedBinomial,
  extendedBetaBinomial,
  extendedBinomial,
} from './discrete/extendedBinomial.js';
export { GammaPoisson, gammaPoisson } from './discrete/gammaPoisson.js';
export * from './discrete/geometric.js';
export * from './discrete/multinomial.js';
export * from './discrete/negativeBinomial.js';
export { OrderedLogistic, orderedLogistic } from './discrete/orderedLogistic.js';
export * from './discrete/poisson.js';
export { Distribution, Independent, MaskedDistribution } from './distribution.js';
export { DiscreteHMM, type DiscreteHMMOptions, discreteHMM } from './hmm/discreteHmm.js';
export { GaussianHMM, type GaussianHMMParts, gaussianHMM } from './hmm/gaussianHmm.js';
export { hasKl, kl, registerKl } from './kl/kl.js';
export * from './line/cauchy.js';
export { Gumbel, gumbel } from './line/gumbel.js';
export * from './line/laplace.js';
export { LowRankMultivariateNormal, lowRankMultivariateNormal } from './line/lowRankMultivariateNormal.js';
export * from './line/multivariateNormal.js';
export * from './line/normal.js';
export * from './line/studentT.js';
export { TruncatedNormal, type TruncatedNormalBounds, truncatedNormal } from './line/truncatedNormal.js';
export * from './mixtures/maskedMixture.js';
export * from './mixtures/mixtureSameFamily.js';
export * from './mixtures/zeroInflated.js';
export { Exponential, exponential, Gamma, gamma } from './positive/gamma.js';
export { InverseGamma, inverseGamma } from './positive/inverseGamma.js';
export * from './positive/normals.js';
export { Pareto, pareto } from './positive/pareto.js';
export { Weibull, weibull } from './positive/weibull.js';
export type { ProbsOrLogits } from './probs.js';
export type { TensorLike } from './tensors.js';
export * from './transformed.js';
export * from './transforms/index.js';
export * from './unit.js';
