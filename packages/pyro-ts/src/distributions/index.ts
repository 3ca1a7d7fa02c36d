/** Every distribution, with the constraints of their supports. */

export { bijectTo, registerTransform, type TransformMaker, transformTo } from './bijectTo.js';
export type { Constraint } from './constraints.js';
export * as constraints from './constraints.js';
export * from './continuous/beta.js';
export * from './continuous/cauchy.js';
export * from './continuous/continuousBernoulli.js';
export { Exponential, exponential, Gamma, gamma } from './continuous/gamma.js';
export { Gumbel, gumbel } from './continuous/gumbel.js';
export { InverseGamma, inverseGamma } from './continuous/inverseGamma.js';
export * from './continuous/laplace.js';
export * from './continuous/normal.js';
export * from './continuous/normals.js';
export { Pareto, pareto } from './continuous/pareto.js';
export * from './continuous/studentT.js';
export { TruncatedNormal, type TruncatedNormalBounds, truncatedNormal } from './continuous/truncatedNormal.js';
export * from './continuous/uniform.js';
export * from './continuous/vonMises.js';
export { Weibull, weibull } from './continuous/weibull.js';
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
export { hasKl, klDivergence, registerKl } from './kl/klDivergence.js';
export * from './mixtures/maskedMixture.js';
export * from './mixtures/mixtureSameFamily.js';
export * from './mixtures/zeroInflated.js';
export * from './multivariate/dirichlet.js';
export { LKJCholesky, lkjCholesky } from './multivariate/lkjCholesky.js';
export { LowRankMultivariateNormal, lowRankMultivariateNormal } from './multivariate/lowRankMultivariateNormal.js';
export * from './multivariate/multivariateNormal.js';
export * from './multivariate/projectedNormal.js';
export * from './multivariate/relaxedOneHot.js';
export type { ProbsOrLogits } from './probs.js';
export type { TensorLike } from './tensors.js';
export * from './transformed.js';
export * from './transforms/index.js';
export * from './unit.js';
