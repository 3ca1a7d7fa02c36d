/** The plain evidence lower bound: pathwise gradients where draws are reparameterised, score functions elsewhere. */
import { stopGradient } from '@pyro-ts/engine';
import { expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { SampleSite } from '../../runtime/trace.js';
import { type BaselineState, Baselines } from './baselines.js';
import {
  drawnSites,
  ELBO,
  type ElboEstimate,
  type InferenceProgram,
  rejectNonFinite,
  sitesOf,
  type TracePair,
  total,
  withSurrogate,
} from './elbo.js';
import { costsToward, type FrameCost } from './frameCosts.js';

/**
 * -ELBO = E_q[log q - log p], estimated with draws from the guide. Sites without reparameterised draws get a score-function gradient in which
 * each site's cost holds only what its plates, vectorised or sequential, share with it (Rao-Blackwellised over plates), less a baseline where the site has one. Source:
 * `pyro.infer.Trace_ELBO`; Ranganath et al. 2014 for the score function; Mnih & Gregor 2014 for baselines.
 * @example
 * const coin = () => sample('x', normal(sample('k', bernoulli(0.3)), 0.5), { obs: 0.8 });
 * const drawn = () =>
 *   sample('k', bernoulli({ logits: param('q', 0) }), { infer: { baseline: { decayingAverage: 0.9 } } });
 * new SVI(coin, drawn, new Adam({ lr: 0.05 }), new TraceELBO()).step();
 */
export class TraceELBO extends ELBO {
  /** The running means of `infer: { baseline: { decayingAverage } }`. */
  readonly baselines = new Baselines();

  override baselineStates(): Map<string, BaselineState> {
    return this.baselines.toData();
  }
  override loadBaselineStates(means: ReadonlyMap<string, BaselineState>): void {
    this.baselines.loadData(means);
  }

  estimate<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): ElboEstimate {
    const { pairs } = this.pairs(model, guide, args);
    const bounds = pairs.map(boundOf);
    const loss = this.meanOver(bounds.map(({ logP, logQ }) => tf.sub(logQ, logP)));
    const isPathwise = pairs.every((p) => drawnSites(p.guide).every((site) => site.fn.hasRsample));
    // Made on demand: an evaluation needs no gradient and must not move the baselines.
    const estimate = isPathwise
      ? { loss, surrogate: loss }
      : withSurrogate(loss, () => this.meanOver(pairs.map((pair, i) => this.surrogateOf(pair, bounds[i].logP))));
    return rejectNonFinite(estimate, () => sitesOf(pairs));
  }

  private surrogateOf({ model, guide }: TracePair, logP: tf.Scalar): tf.Tensor {
    const drawn = drawnSites(guide);
    const costs: FrameCost[] = [
      ...model.sampleSites.map(({ frames, logProb }) => ({ frames, value: stopGradient(logProb) })),
      ...drawn.map(({ frames, logProb }) => ({ frames, value: stopGradient(tf.neg(logProb)) })),
    ];
    const pathwise = drawn.filter((site) => site.fn.hasRsample).map((site) => site.logProbSum);
    const terms = drawn.filter((site) => !site.fn.hasRsample).map((site) => this.scoreTerm(site, costs));
    const bound = tf.add(logP, total(terms.map((t) => t.score)));
    return tf.sub(total([...pathwise, ...terms.flatMap((t) => t.baselineLoss ?? [])]), bound);
  }

  /** Sum over the site's batch of log q times the (constant) cost that the site's plates share; and what its baseline is to learn. */
  private scoreTerm(site: SampleSite, costs: readonly FrameCost[]): { score: tf.Tensor; baselineLoss?: tf.Tensor } {
    const logQ = site.unscaledLogProb;
    const { cost, loss } = this.baselines.centre(site, expandTo(costsToward(costs, site.frames), logQ.shape));
    return { score: tf.sum(tf.mul(logQ, cost)), ...(loss && { baselineLoss: loss }) };
  }
}

const boundOf = ({ model, guide }: TracePair) => ({
  logP: total(model.sampleSites.map((site) => site.logProbSum)),
  logQ: total(drawnSites(guide).map((site) => site.logProbSum)),
});
