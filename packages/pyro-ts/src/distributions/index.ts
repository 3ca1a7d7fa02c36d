/** Distributions as programs make them, with the constraints of their supports. Their classes are in classes.ts. */
export { bijectTo, registerTransform, type TransformMaker, transformTo } from './bijectTo.js';
export type { Constraint } from './constraints.js';
export * as constraints from './constraints.js';
export { type Beta, beta } from './continuous/beta.js';
export { type Cauchy, cauchy, type HalfCauchy, halfCauchy } from './continuous/cauchy.js';
export { type ContinuousBernoulli, continuousBernoulli } from './continuous/continuousBernoulli.js';
export { type Exponential, exponential, type Gamma, gamma } from './continuous/gamma.js';
export { type Gumbel, gumbel } from './continuous/gumbel.js';
export { type InverseGamma, inverseGamma } from './continuous/inverseGamma.js';
export { type Laplace, laplace } from './continuous/laplace.js';
export { type Normal, normal } from './continuous/normal.js';
export { type HalfNormal, halfNormal, type LogNormal, logNormal } from './continuous/normals.js';
export { type Pareto, pareto } from './continuous/pareto.js';
export { type StudentT, studentT } from './continuous/studentT.js';
export { type TruncatedNormal, type TruncatedNormalBounds, truncatedNormal } from './continuous/truncatedNormal.js';
export { type Uniform, uniform } from './continuous/uniform.js';
export { type VonMises, vonMises } from './continuous/vonMises.js';
export { type Weibull, weibull } from './continuous/weibull.js';
export { type Delta, type DeltaOptions, delta } from './delta.js';
export { type Bernoulli, type BernoulliOptions, bernoulli } from './discrete/bernoulli.js';
export { type BetaBinomial, betaBinomial } from './discrete/betaBinomial.js';
export { type Binomial, binomial } from './discrete/binomial.js';
export { type Categorical, categorical, type OneHotCategorical, oneHotCategorical } from './discrete/categorical.js';
export {
  type ExtendedBetaBinomial,
  type ExtendedBinomial,
  extendedBetaBinomial,
  extendedBinomial,
} from './discrete/extendedBinomial.js';
export { type GammaPoisson, gammaPoisson } from './discrete/gammaPoisson.js';
export { type Geometric, geometric } from './discrete/geometric.js';
export { type Multinomial, multinomial } from './discrete/multinomial.js';
export { type NegativeBinomial, negativeBinomial } from './discrete/negativeBinomial.js';
export { type OrderedLogistic, orderedLogistic } from './discrete/orderedLogistic.js';
export { type Poisson, poisson } from './discrete/poisson.js';
export { Distribution, type Independent, type MaskedDistribution } from './distribution.js';
export { type DiscreteHMM, type DiscreteHMMOptions, discreteHMM } from './hmm/discreteHmm.js';
export { type GaussianHMM, type GaussianHMMParts, gaussianHMM } from './hmm/gaussianHmm.js';
export { hasKl, klDivergence, registerKl } from './kl/klDivergence.js';
export { type MaskedMixture, maskedMixture } from './mixtures/maskedMixture.js';
export { type MixtureSameFamily, mixtureSameFamily } from './mixtures/mixtureSameFamily.js';
export { type GateOptions, type ZeroInflated, zeroInflated } from './mixtures/zeroInflated.js';
export { type Dirichlet, dirichlet } from './multivariate/dirichlet.js';
export { type LKJCholesky, lkjCholesky } from './multivariate/lkjCholesky.js';
export { type LowRankMultivariateNormal, lowRankMultivariateNormal } from './multivariate/lowRankMultivariateNormal.js';
export {
  type MultivariateNormal,
  type MultivariateNormalOptions,
  multivariateNormal,
} from './multivariate/multivariateNormal.js';
export { type ProjectedNormal, projectedNormal } from './multivariate/projectedNormal.js';
export {
  type RelaxedOneHotCategorical,
  type RelaxedOneHotCategoricalStraightThrough,
  relaxedOneHotCategorical,
  relaxedOneHotCategoricalStraightThrough,
} from './multivariate/relaxedOneHot.js';
export type { ProbsOrLogits } from './probs.js';
export type { TensorLike } from './tensors.js';
export type { TransformedDistribution } from './transformed.js';
export * from './transforms/index.js';
export { type Unit, unit } from './unit.js';
