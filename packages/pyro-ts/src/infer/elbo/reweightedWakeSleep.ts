/** Reweighted wake-sleep: a guide that covers the posterior, also of discrete latents, without score functions. */
import { logSumExp, stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { OptionError } from '../../errors.js';
import { condition } from '../../handlers/condition.js';
import { uncondition } from '../../handlers/intervene.js';
import { trace } from '../../handlers/trace.js';
import type { Message } from '../../runtime/messages.js';
import { Handler } from '../../runtime/stack.js';
import type { Trace } from '../../runtime/trace.js';
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
  total,
  withSurrogate,
} from './elbo.js';
import { costsToward } from './frameCosts.js';
import { leftmostFirst, sharedFrames } from './stackedParticles.js';

export interface ReweightedWakeSleepOptions extends ElboOptions {
  /** Share of the guide's wake phase, 0 to 1; the rest is its sleep phase, which needs `sleepGuide`. @default 1 */
  readonly insomnia?: number;
  /** The guide as it sees data that the model has drawn: `(drawn) => guide(drawn.get('x').value)`. */
  readonly sleepGuide?: (drawn: Trace) => unknown;
}

/**
 * The model learns from the importance-weighted bound of `numParticles` draws (2 by default). The guide learns, in its wake phase, the log-probability of
 * those draws by their normalised importance weights, and in its sleep phase that of the latents behind data that the model draws itself: in both it covers the
 * posterior, where an ELBO settles on one of its peaks. No gradient flows through draws, so discrete latents need no score function. Plates that all
 * sites share stay outside of the weights. The loss is that of the model, minus the importance-weighted bound. Source: Bornschein & Bengio 2015;
 * Le et al. 2019; `pyro.infer.ReweightedWakeSleep`.
 * @example
 * const coin = () => sample('x', normal(sample('k', bernoulli(0.3)), 0.5), { obs: 0.8 });
 * const drawn = () => sample('k', bernoulli({ logits: param('q', 0) }));
 * new SVI(coin, drawn, new Adam({ lr: 0.05 }), new ReweightedWakeSleep({ numParticles: 16 })).step();
 */
export class ReweightedWakeSleep extends ELBO {
  readonly insomnia: number;
  private readonly sleepGuide: (drawn: Trace) => unknown;

  constructor({ insomnia = 1, sleepGuide, numParticles = 2, ...options }: ReweightedWakeSleepOptions = {}) {
    super({ numParticles, ...options }, elboOptionKeys);
    if (!(insomnia >= 0 && insomnia <= 1)) {
      throw new OptionError(`ReweightedWakeSleep: insomnia must be from 0 to 1; got ${insomnia}.`);
    }
    if (insomnia < 1 && !sleepGuide) {
      throw new OptionError(
        'ReweightedWakeSleep: an insomnia below 1 needs sleepGuide, which shows the guide data that the model has drawn, ' +
          "e.g. sleepGuide: (drawn) => guide(drawn.get('x').value).",
      );
    }
    this.insomnia = insomnia;
    this.sleepGuide = sleepGuide ?? (() => {});
  }

  estimate<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): ElboEstimate {
    const { pairs, maxPlateNesting } = new DetachDraws().run(() => this.pairs(model, guide, args));
    const stacked = (part: (pair: TracePair) => tf.Tensor): tf.Tensor =>
      this.vectorizeParticles ? leftmostFirst(part(pairs[0]), maxPlateNesting) : tf.stack(pairs.map(part));
    const logQ = stacked(logGuide);
    const logWeights = tf.sub(stacked(logModel), stopGradient(logQ));
    const logTotal = logSumExp(logWeights, 0);
    const loss = tf.neg(tf.sum(tf.sub(logTotal, Math.log(this.numParticles)))) as tf.Scalar;
    const wake = (): tf.Tensor => {
      const weights = tf.exp(tf.sub(logWeights, tf.expandDims(logTotal, 0)));
      return tf.neg(tf.sum(tf.mul(stopGradient(weights), logQ)));
    };
    // The draws of the sleep phase belong to the step's random stream, which is open only here.
    const sleep = this.insomnia < 1 ? this.sleep(model, args) : undefined;
    const estimate = withSurrogate(loss, () => {
      const phases = [
        ...(this.insomnia > 0 ? [tf.mul(wake(), this.insomnia)] : []),
        ...(sleep ? [tf.mul(sleep, 1 - this.insomnia)] : []),
      ];
      return total([loss, ...phases]);
    });
    return rejectNonFinite(estimate, () => sitesOf(pairs));
  }

  /** Minus log q of the latents behind data that the model draws, the mean over as many of them as there are particles. */
  private sleep<Args extends unknown[]>(model: InferenceProgram<Args>, args: Args): tf.Tensor {
    const { sleepGuide, numParticles } = this;
    const losses = Array.from({ length: numParticles }, () => {
      const drawn = new DetachDraws().run(() => trace(uncondition(model)).getTrace(...args));
      const seen = condition.with(drawn, () => trace(() => sleepGuide(drawn)).getTrace());
      return tf.neg(total(seen.sampleSites.map((site) => site.logProbSum)));
    });
    return tf.div(total(losses), numParticles);
  }
}

const logModel = (pair: TracePair): tf.Tensor =>
  costsToward(
    pair.model.sampleSites.map(({ frames, logProb }) => ({ frames, value: logProb })),
    sharedFrames(pair),
  );

const logGuide = (pair: TracePair): tf.Tensor =>
  costsToward(
    drawnSites(pair.guide).map(({ frames, logProb }) => ({ frames, value: logProb })),
    sharedFrames(pair),
  );

/** Draws are constants: what follows from them has no gradient towards the distribution that they were drawn from. */
class DetachDraws extends Handler {
  override postprocess(message: Message): void {
    if (message.type !== 'sample' || message.isObserved || message.isSubsample || message.infer.isDeterministic) return;
    if (message.value) message.value = stopGradient(message.value);
  }
}
