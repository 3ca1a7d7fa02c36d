/**
 * The classes of distributions and transforms: for `instanceof`, for `registerKl`, and to make a `TransformedDistribution`. Programs make
 * distributions with the functions of `pyro-ts`, such as `normal(0, 1)`.
 */

export { Beta } from './continuous/beta.js';
export { Cauchy, HalfCauchy } from './continuous/cauchy.js';
export { ContinuousBernoulli } from './continuous/continuousBernoulli.js';
export { Exponential, Gamma } from './continuous/gamma.js';
export { Gumbel } from './continuous/gumbel.js';
export { InverseGamma } from './continuous/inverseGamma.js';
export { Laplace } from './continuous/laplace.js';
export { Normal } from './continuous/normal.js';
export { HalfNormal, LogNormal } from './continuous/normals.js';
export { Pareto } from './continuous/pareto.js';
export { StudentT } from './continuous/studentT.js';
export { TruncatedNormal } from './continuous/truncatedNormal.js';
export { Uniform } from './continuous/uniform.js';
export { VonMises } from './continuous/vonMises.js';
export { Weibull } from './continuous/weibull.js';
export { Delta } from './delta.js';
export { Bernoulli } from './discrete/bernoulli.js';
export { BetaBinomial } from './discrete/betaBinomial.js';
export { Binomial } from './discrete/binomial.js';
export { Categorical, OneHotCategorical } from './discrete/categorical.js';
export { ExtendedBetaBinomial, ExtendedBinomial } from './discrete/extendedBinomial.js';
export { GammaPoisson } from './discrete/gammaPoisson.js';
export { Geometric } from './discrete/geometric.js';
export { Multinomial } from './discrete/multinomial.js';
export { NegativeBinomial } from './discrete/negativeBinomial.js';
export { OrderedLogistic } from './discrete/orderedLogistic.js';
export { Poisson } from './discrete/poisson.js';
export { Independent, MaskedDistribution } from './distribution.js';
export { DiscreteHMM } from './hmm/discreteHmm.js';
export { GaussianHMM } from './hmm/gaussianHmm.js';
export { MaskedMixture } from './mixtures/maskedMixture.js';
export { MixtureSameFamily } from './mixtures/mixtureSameFamily.js';
export { ZeroInflated } from './mixtures/zeroInflated.js';
export { Dirichlet } from './multivariate/dirichlet.js';
export { LKJCholesky } from './multivariate/lkjCholesky.js';
export { LowRankMultivariateNormal } from './multivariate/lowRankMultivariateNormal.js';
export { MultivariateNormal } from './multivariate/multivariateNormal.js';
export { ProjectedNormal } from './multivariate/projectedNormal.js';
export { RelaxedOneHotCategorical, RelaxedOneHotCategoricalStraightThrough } from './multivariate/relaxedOneHot.js';
export { TransformedDistribution } from './transformed.js';
export { AffineAutoregressiveTransform } from './transforms/autoregressive.js';
export { ComposeTransform, IndependentTransform } from './transforms/compose.js';
export * from './transforms/elementwise.js';
export * from './transforms/matrices.js';
export * from './transforms/simplex.js';
export { IdentityTransform, InverseTransform } from './transforms/transform.js';
export { NormalizeTransform, OrderedTransform } from './transforms/vectors.js';
export { Unit } from './unit.js';
