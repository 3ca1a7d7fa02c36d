/** Rényi's variational bound; at alpha 0 the importance-weighted bound (IWAE). */
import { logSumExp, select, stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { OptionError } from '../../errors.js';
import type { SampleSite } from '../../runtime/trace.js';
import {
  drawnSites,
  ELBO,
  type ElboEstimate,
  type ElboOptions,
  elboOptionKeys,
  type InferenceProgram,
  rejectNonFinite,
  sitesOf,
  type TracePair,
  withSurrogate,
} from './elbo.js';
import { costsToward, type FrameCost } from './frameCosts.js';
import { leftmostFirst, sharedFrames } from './stackedParticles.js';

export interface RenyiOptions extends ElboOptions {
  /** Order of the divergence, any number but 1. @default 0 (the importance-weighted bound) */
  alpha?: number;
}

/**
 * -log(mean of (p / q)^(1 - alpha)) / (1 - alpha) over `numParticles` draws (by default 2): a tighter bound for more of them. Plates that all
 * sites share stay outside of the mean, so that each of their elements gets a bound of its own. The gradient is that of this bound with its
 * number of draws; sites without reparameterised draws get a score function with the other draws as baseline. Source: Li & Turner 2016;
 * Burda et al. 2016; Mnih & Rezende 2016 (VIMCO) for the score function; `pyro.infer.RenyiELBO`.
 * @example new RenyiELBO({ numParticles: 16, vectorizeParticles: true }) // the importance-weighted bound of 16 draws
 */
export class RenyiELBO extends ELBO {
  readonly alpha: number;

  constructor({ alpha = 0, numParticles = 2, ...options }: RenyiOptions = {}) {
    super({ numParticles, ...options }, elboOptionKeys);
    if (alpha === 1 || !Number.isFinite(alpha)) {
      throw new OptionError(
        `RenyiELBO: alpha must be a finite number other than 1, not ${alpha}; at 1 the bound is TraceELBO.`,
      );
    }
    this.alpha = alpha;
  }

  estimate<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): ElboEstimate {
    const { pairs, maxPlateNesting } = this.pairs(model, guide, args);
    // Particles first.
    const stacked = (part: (pair: TracePair) => tf.Tensor): tf.Tensor =>
      this.vectorizeParticles ? leftmostFirst(part(pairs[0]), maxPlateNesting) : tf.stack(pairs.map(part));
    const logWeights = stacked(logWeight);
    const bound = this.bound(logWeights, 0);
    const loss = tf.neg(tf.sum(bound)) as tf.Scalar;
    const isPathwise = pairs.every((pair) => scoredSites(pair).length === 0);
    const estimate = isPathwise
      ? { loss, surrogate: loss }
      : withSurrogate(loss, () => {
          const advantage = tf.sub(bound, this.boundsWithoutEach(logWeights));
          const score = tf.mul(stacked(scoreOf), stopGradient(advantage));
          return tf.sub(loss, tf.sum(score)) as tf.Scalar;
        });
    return rejectNonFinite(estimate, () => sitesOf(pairs));
  }

  /** log(mean of exp((1 - alpha) x)) / (1 - alpha) along `axis`. */
  private bound(logWeights: tf.Tensor, axis: number): tf.Tensor {
    const sum = logSumExp(tf.mul(logWeights, 1 - this.alpha), axis);
    return tf.div(tf.sub(sum, Math.log(this.numParticles)), 1 - this.alpha);
  }

  /** For each particle, the bound with the mean of the others' log weights in place of its own: what it would be, whatever the particle. */
  private boundsWithoutEach(logWeights: tf.Tensor): tf.Tensor {
    const k = this.numParticles;
    if (k === 1) return tf.zerosLike(logWeights);
    const others = tf.div(tf.sub(tf.sum(logWeights, 0, true), logWeights), k - 1);
    const isOwn = tf.reshape(tf.cast(tf.eye(k), 'bool'), [k, k, ...logWeights.shape.slice(1).map(() => 1)]);
    return this.bound(select(isOwn, tf.expandDims(others, 1), tf.expandDims(logWeights, 0)), 1);
  }
}

const scoredSites = ({ guide }: TracePair): SampleSite[] => drawnSites(guide).filter((site) => !site.fn.hasRsample);

/** log p - log q over the plates that all sites share. */
function logWeight(pair: TracePair): tf.Tensor {
  const costs: FrameCost[] = [
    ...pair.model.sampleSites.map(({ frames, logProb }) => ({ frames, value: logProb })),
    ...drawnSites(pair.guide).map(({ frames, logProb }) => ({ frames, value: tf.neg(logProb) })),
  ];
  return costsToward(costs, sharedFrames(pair));
}

/** log q of the sites without reparameterised draws, over the plates that all sites share. */
const scoreOf = (pair: TracePair): tf.Tensor =>
  costsToward(
    scoredSites(pair).map(({ frames, unscaledLogProb }) => ({ frames, value: unscaledLogProb })),
    sharedFrames(pair),
  );
