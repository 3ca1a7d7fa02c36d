/** The families by name, as the fixtures name them, and one of each for tests that hold for all. */
import * as tf from '@tensorflow/tfjs';
import type { Distribution } from 'pyro-ts';
import * as dist from 'pyro-ts';
import { ExpTransform, StickBreakingTransform, TransformedDistribution } from 'pyro-ts/distributions';

export type Numbers = Record<string, number>;

/** A family of numbers from its parameters by name; each may be a number or a tensor. */
export const scalarFamilies: Record<string, (p: Record<string, tf.Tensor | number>) => Distribution> = {
  normal: (p) => dist.normal(p.loc, p.scale),
  laplace: (p) => dist.laplace(p.loc, p.scale),
  cauchy: (p) => dist.cauchy(p.loc, p.scale),
  studentT: (p) => dist.studentT(p.df, p.loc, p.scale),
  halfNormal: (p) => dist.halfNormal(p.scale),
  halfCauchy: (p) => dist.halfCauchy(p.scale),
  logNormal: (p) => dist.logNormal(p.loc, p.scale),
  exponential: (p) => dist.exponential(p.rate),
  gamma: (p) => dist.gamma(p.concentration, p.rate),
  uniform: (p) => dist.uniform(p.low, p.high),
  beta: (p) => dist.beta(p.concentration1, p.concentration0),
  vonMises: (p) => dist.vonMises(p.loc, p.concentration),
  poisson: (p) => dist.poisson(p.rate),
  geometric: (p) => dist.geometric(p.probs),
  negativeBinomial: (p) => dist.negativeBinomial(p.totalCount, p.probs),
  binomial: (p) => dist.binomial(p.totalCount, p.probs),
  bernoulli: (p) => dist.bernoulli(p.probs),
  continuousBernoulli: (p) => dist.continuousBernoulli({ logits: p.logits }),
  gumbel: (p) => dist.gumbel(p.loc, p.scale),
  inverseGamma: (p) => dist.inverseGamma(p.concentration, p.rate),
  weibull: (p) => dist.weibull(p.scale, p.concentration),
  pareto: (p) => dist.pareto(p.scale, p.alpha),
  gammaPoisson: (p) => dist.gammaPoisson(p.concentration, p.rate),
  betaBinomial: (p) => dist.betaBinomial(p.concentration1, p.concentration0, p.totalCount),
  truncatedNormal: (p) => dist.truncatedNormal(p.loc, p.scale, { low: p.low, high: p.high }),
};

/** One distribution of each family and wrapper, of batchShape [2]. */
export const oneOfEach: Record<string, () => Distribution> = {
  Normal: () => dist.normal([0.5, -1], 1.5),
  Laplace: () => dist.laplace([0.5, -1], 1.5),
  Cauchy: () => dist.cauchy([0.5, -1], 1.5),
  StudentT: () => dist.studentT([2.5, 7], 0.5, 1.5),
  HalfNormal: () => dist.halfNormal([0.5, 2]),
  HalfCauchy: () => dist.halfCauchy([0.5, 2]),
  LogNormal: () => dist.logNormal([0.5, -1], 0.7),
  Exponential: () => dist.exponential([0.5, 2]),
  Gamma: () => dist.gamma([0.6, 3], 1.5),
  InverseGamma: () => dist.inverseGamma([0.6, 3], 1.5),
  Weibull: () => dist.weibull([0.6, 3], 1.5),
  Pareto: () => dist.pareto([0.6, 3], 2.5),
  Gumbel: () => dist.gumbel([0.5, -1], 1.5),
  TruncatedNormal: () => dist.truncatedNormal([0.5, -1], 1.5, { low: -0.5, high: [1, 2] }),
  TruncatedBelow: () => dist.truncatedNormal([0.5, -1], 1.5, { low: 1 }),
  TruncatedAbove: () => dist.truncatedNormal([0.5, -1], 1.5, { high: 1 }),
  Uniform: () => dist.uniform([-1, 0], [2, 1.5]),
  Beta: () => dist.beta([0.6, 3], [0.5, 2]),
  ContinuousBernoulli: () => dist.continuousBernoulli([0.2, 0.5]),
  VonMises: () => dist.vonMises([0.5, -1], 3),
  ProjectedNormal2: () =>
    dist.projectedNormal([
      [1, 0.5],
      [-2, 3],
    ]),
  ProjectedNormal4: () =>
    dist.projectedNormal([
      [1, 0.5, 0.1, -0.3],
      [-2, 3, -1, 0.4],
    ]),
  ProjectedNormal3: () =>
    dist.projectedNormal([
      [1, 0.5, 0.1],
      [-2, 3, -1],
    ]),
  Dirichlet: () =>
    dist.dirichlet([
      [0.6, 2, 1],
      [3, 1, 0.4],
    ]),
  MultivariateNormal: () =>
    dist.multivariateNormal(
      [
        [0, 1],
        [2, -1],
      ],
      {
        covariance: [
          [2, 0.5],
          [0.5, 1],
        ],
      },
    ),
  LowRankMultivariateNormal: () =>
    dist.lowRankMultivariateNormal(
      [
        [0, 1, 3],
        [2, -1, 0],
      ],
      [[1], [0.5], [-1]],
      [0.5, 1, 2],
    ),
  LKJCholesky: () => dist.lkjCholesky(3, [0.7, 2]),
  RelaxedOneHotCategorical: () =>
    dist.relaxedOneHotCategorical(0.7, [
      [0.2, 0.3, 0.5],
      [0.4, 0.4, 0.2],
    ]),
  RelaxedOneHotCategoricalStraightThrough: () =>
    dist.relaxedOneHotCategoricalStraightThrough(0.7, [
      [0.2, 0.3, 0.5],
      [0.4, 0.4, 0.2],
    ]),
  Bernoulli: () => dist.bernoulli([0.2, 0.7]),
  Categorical: () =>
    dist.categorical([
      [0.2, 0.3, 0.5],
      [0.4, 0.4, 0.2],
    ]),
  OneHotCategorical: () =>
    dist.oneHotCategorical([
      [0.2, 0.3, 0.5],
      [0.4, 0.4, 0.2],
    ]),
  OrderedLogistic: () => dist.orderedLogistic([0.3, -1], [-1, 0, 2]),
  DiscreteHMM: () =>
    dist.discreteHMM(
      [
        [0, 1],
        [0.5, -1],
      ],
      tf.tensor3d([0.1, 1, -0.4, 0.3, 1, 0.2, 0.5, -1, 2, 0, 0.1, 0.7], [3, 2, 2]),
      dist.normal([-1, 1], 0.5),
    ),
  GaussianHMM: () =>
    dist.gaussianHMM({
      initial: dist.multivariateNormal(tf.tensor2d([0, 1, 0.5, -1], [2, 2]), { scaleTril: tf.eye(2) }),
      transitionMatrix: tf.tensor2d([0.9, 0.1, -0.2, 0.7], [2, 2]),
      transition: dist.multivariateNormal([0, 0], { scaleTril: tf.eye(2).mul(0.5) }),
      observationMatrix: tf.tensor2d([1, 0.3], [2, 1]),
      observation: dist.multivariateNormal([0], { scaleTril: [[0.4]] }),
      duration: 3,
    }),
  ExtendedBinomial: () => dist.extendedBinomial([3, 6], { probs: [0.3, 0.6] }),
  ExtendedBetaBinomial: () => dist.extendedBetaBinomial([0.6, 3], 1.5, 5),
  BetaBinomial: () => dist.betaBinomial([0.6, 3], 2, 5),
  GammaPoisson: () => dist.gammaPoisson([0.6, 3], 0.8),
  Binomial: () => dist.binomial(5, [0.2, 0.7]),
  Multinomial: () =>
    dist.multinomial(6, [
      [0.2, 0.3, 0.5],
      [0.4, 0.4, 0.2],
    ]),
  Geometric: () => dist.geometric([0.2, 0.7]),
  Poisson: () => dist.poisson([0.8, 4]),
  NegativeBinomial: () => dist.negativeBinomial([2.5, 4], [0.2, 0.7]),
  ZeroInflated: () => dist.zeroInflated(dist.poisson([0.8, 4]), { gate: 0.3 }),
  MixtureSameFamily: () =>
    dist.mixtureSameFamily(
      dist.categorical([0.3, 0.7]),
      dist.normal(
        [
          [0, 1],
          [2, -1],
        ],
        [0.5, 1.5],
      ),
    ),
  MixtureOfVectors: () =>
    dist.mixtureSameFamily(dist.categorical([0.3, 0.7]), dist.normal(tf.ones([2, 2, 3]), 1).toEvent(1)),
  MaskedMixture: () =>
    dist.maskedMixture(tf.tensor1d([true, false], 'bool'), dist.normal([0.5, -1], 1), dist.normal(3, 2)),
  Delta: () => dist.delta([0.5, -1]),
  DeltaOfVectors: () =>
    dist.delta(
      [
        [0.5, -1, 2],
        [0, 0, 1],
      ],
      { eventDim: 1 },
    ),
  Unit: () => dist.unit([0.5, -1]),
  Transformed: () => new TransformedDistribution(dist.normal([0.5, -1], 1), [new ExpTransform()]),
  LogisticNormal: () => new TransformedDistribution(dist.normal(tf.ones([2, 2]), 1), [new StickBreakingTransform()]),
  Independent: () => dist.normal(tf.ones([2, 3]), 1.5).toEvent(1),
  Masked: () => dist.normal([0.5, -1], 1.5).mask(tf.tensor1d([true, false], 'bool')),
};
