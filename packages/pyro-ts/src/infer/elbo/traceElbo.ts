/** The plain evidence lower bound: pathwise gradients where draws are reparameterised, score functions elsewhere. */
import { stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { SampleSite } from '../../runtime/trace.js';
import { ELBO, type ElboEstimate, type InferenceProgram, refuseNonFinite, type TracePair, tracePair } from './elbo.js';
import { costsToward, type FrameCost } from './frameCosts.js';

/**
 * -ELBO = E_q[log q - log p], estimated with draws from the guide. Sites without reparameterised draws get a score-function gradient in which
 * each site's cost holds only what its plates share with it (Rao-Blackwellised over plates). Source: `pyro.infer.Trace_ELBO`; Ranganath et al.
 * 2014 for the score function.
 */
export class TraceELBO extends ELBO {
  estimate<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): ElboEstimate {
    const prepared = this.prepare(model, guide, args);
    const pairs = Array.from({ length: this.runs }, () =>
      tracePair(prepared.model, prepared.guide, args, prepared.maxPlateNesting),
    );
    const estimates = pairs.map((pair) => estimateOne(pair));
    const average = (part: (e: ElboEstimate) => tf.Tensor): tf.Scalar =>
      tf.div(
        estimates.map(part).reduce((a, b) => tf.add(a, b)),
        this.numParticles,
      ) as tf.Scalar;
    return refuseNonFinite({ loss: average((e) => e.loss), surrogate: average((e) => e.surrogate) }, () =>
      pairs.flatMap((p) => [...p.guide.sampleSites, ...p.model.sampleSites]),
    );
  }
}

function estimateOne({ model, guide }: TracePair): ElboEstimate {
  const modelSites = model.sampleSites;
  const guideSites = guide.sampleSites.filter((s) => !s.infer.isDeterministic);
  const zero: tf.Tensor = tf.scalar(0);
  const logP = modelSites.reduce((sum, site) => tf.add(sum, site.logProbSum), zero);
  const logQ = guideSites.reduce((sum, site) => tf.add(sum, site.logProbSum), zero);
  const elbo = tf.sub(logP, logQ);
  const scored = guideSites.filter((site) => !site.fn.hasRsample);
  if (scored.length === 0) return { loss: tf.neg(elbo) as tf.Scalar, surrogate: tf.neg(elbo) as tf.Scalar };

  const costs: FrameCost[] = [
    ...modelSites.map((site) => ({ frames: site.frames, value: stopGradient(site.logProb) })),
    ...guideSites.map((site) => ({ frames: site.frames, value: stopGradient(tf.neg(site.logProb)) })),
  ];
  const pathwise = guideSites
    .filter((site) => site.fn.hasRsample)
    .reduce((sum, site) => tf.add(sum, site.logProbSum), zero);
  const score = scored.reduce((sum, site) => tf.add(sum, scoreTerm(site, costs)), zero);
  return { loss: tf.neg(elbo) as tf.Scalar, surrogate: tf.neg(tf.add(tf.sub(logP, pathwise), score)) as tf.Scalar };
}

/** Sum over the site's batch of log q times the (constant) cost that the site's plates share. */
const scoreTerm = (site: SampleSite, costs: FrameCost[]): tf.Tensor =>
  tf.sum(tf.mul(site.unscaledLogProb, costsToward(costs, site.frames)));
