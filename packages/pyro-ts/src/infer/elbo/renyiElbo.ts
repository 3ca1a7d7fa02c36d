/** Rényi's variational bound; at alpha 0 the importance-weighted bound (IWAE). */
import { expandTo, logSumExp, stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { OptionError } from '../../errors.js';
import type { PlateFrame } from '../../runtime/messages.js';
import type { SampleSite } from '../../runtime/trace.js';
import {
  ELBO,
  type ElboEstimate,
  type ElboOptions,
  elboOptionKeys,
  type InferenceProgram,
  refuseNonFinite,
  sitesOf,
  type TracePair,
} from './elbo.js';
import { costsToward, type FrameCost } from './frameCosts.js';

export interface RenyiOptions extends ElboOptions {
  /** Order of the divergence, any number but 1; 0 (the importance-weighted bound) when left out. */
  alpha?: number;
}

/**
 * log E_q[(p / q)^(1 - alpha)] / (1 - alpha) with `numParticles` draws. Plates that all sites share stay outside of the expectation, so that each
 * of their elements gets a bound of its own. Source: Li & Turner 2016; Burda et al. 2016; `pyro.infer.RenyiELBO`.
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
    const parts = pairs.map((pair) => particle(pair));
    const stack = (part: (p: Particle) => tf.Tensor) =>
      this.vectorizeParticles ? leftmostFirst(part(parts[0]), maxPlateNesting) : tf.stack(parts.map(part));
    const logWeights = stack((p) => p.elbo).mul(1 - this.alpha);
    const logMean = logSumExp(logWeights, 0).sub(Math.log(this.numParticles));
    const weights = stopGradient(tf.exp(logWeights.sub(logMean)));
    const loss = tf.neg(tf.sum(logMean)).div(1 - this.alpha);
    const surrogate = tf.neg(tf.sum(weights.mul(stack((p) => p.surrogate)))).div(this.numParticles);
    return refuseNonFinite({ loss: loss as tf.Scalar, surrogate: surrogate as tf.Scalar }, () => sitesOf(pairs));
  }
}

/** log p - log q of one pair of traces over the plates that all sites share, and what to differentiate for it. */
interface Particle {
  elbo: tf.Tensor;
  surrogate: tf.Tensor;
}

function particle({ model, guide }: TracePair): Particle {
  const guideSites = guide.sampleSites.filter((s) => !s.infer.isDeterministic);
  const shared = sharedFrames([...model.sampleSites, ...guideSites]);
  const costs: FrameCost[] = [
    ...model.sampleSites.map((s) => ({ frames: s.frames, value: s.logProb })),
    ...guideSites.map((s) => ({ frames: s.frames, value: tf.neg(s.logProb) })),
  ];
  const elbo = costsToward(costs, shared);
  const scored = guideSites.filter((s) => !s.fn.hasRsample);
  if (scored.length === 0) return { elbo, surrogate: elbo };
  const scoredSet = new Set(scored);
  const pathwise = costs.filter(
    (_, i) => i < model.sampleSites.length || !scoredSet.has(guideSites[i - model.sampleSites.length]),
  );
  const constant = costs.map((c) => ({ frames: c.frames, value: stopGradient(c.value) }));
  const scores = scored.map((s) => ({
    frames: s.frames,
    value: s.unscaledLogProb.mul(expandTo(costsToward(constant, s.frames), s.unscaledLogProb.shape)),
  }));
  return { elbo, surrogate: costsToward([...pathwise, ...scores], shared) };
}

/** The vectorised plates that every site lives in. */
function sharedFrames(sites: readonly SampleSite[]): PlateFrame[] {
  const [first, ...rest] = sites;
  if (!first) return [];
  return first.frames.filter((f) => f.dim !== undefined && rest.every((s) => s.frames.some((g) => g.name === f.name)));
}

/** `x` of rank at most `rank`, with dimensions of size 1 added on the left up to that rank. */
function leftmostFirst(x: tf.Tensor, rank: number): tf.Tensor {
  return tf.reshape(x, [...new Array<number>(rank - x.rank).fill(1), ...x.shape]);
}
