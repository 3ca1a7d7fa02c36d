/** The plain evidence lower bound: pathwise gradients where draws are reparameterised, score functions elsewhere. */
import { stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { SampleSite } from '../../runtime/trace.js';
import {
  ELBO,
  type ElboEstimate,
  type InferenceProgram,
  refuseNonFinite,
  sitesOf,
  type TracePair,
  total,
} from './elbo.js';
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
    const { pairs } = this.pairs(model, guide, args);
    const estimates = pairs.map(estimateOne);
    const loss = this.meanOver(estimates.map((e) => e.loss));
    const isPathwise = estimates.every((e) => e.surrogate === e.loss);
    const surrogate = isPathwise ? loss : this.meanOver(estimates.map((e) => e.surrogate));
    return refuseNonFinite({ loss, surrogate }, () => sitesOf(pairs));
  }
}

function estimateOne({ model, guide }: TracePair): ElboEstimate {
  const modelSites = model.sampleSites;
  const guideSites = guide.sampleSites.filter((s) => !s.infer.isDeterministic);
  const logP = total(modelSites.map((site) => site.logProbSum));
  const logQ = total(guideSites.map((site) => site.logProbSum));
  const loss = tf.sub(logQ, logP) as tf.Scalar;
  const scored = guideSites.filter((site) => !site.fn.hasRsample);
  if (scored.length === 0) return { loss, surrogate: loss };

  const costs: FrameCost[] = [
    ...modelSites.map((site) => ({ frames: site.frames, value: stopGradient(site.logProb) })),
    ...guideSites.map((site) => ({ frames: site.frames, value: stopGradient(tf.neg(site.logProb)) })),
  ];
  const pathwise = total(guideSites.filter((site) => site.fn.hasRsample).map((site) => site.logProbSum));
  const score = total(scored.map((site) => scoreTerm(site, costs)));
  return { loss, surrogate: tf.sub(pathwise, tf.add(logP, score)) as tf.Scalar };
}

/** Sum over the site's batch of log q times the (constant) cost that the site's plates share. */
const scoreTerm = (site: SampleSite, costs: FrameCost[]): tf.Tensor =>
  tf.sum(tf.mul(site.unscaledLogProb, costsToward(costs, site.frames)));
