/** One normal over all sites whose entries vary together along few directions. */
import * as tf from '@tensorflow/tfjs';
import { positive } from '../../distributions/constraints.js';
import type { Distribution } from '../../distributions/distribution.js';
import { LowRankMultivariateNormal } from '../../distributions/multivariate/lowRankMultivariateNormal.js';
import { OptionError } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import { param } from '../../primitives/param.js';
import type { InferenceProgram } from '../elbo/elbo.js';
import { JointGuide } from './joint.js';
import { type AutoNormalOptions, positiveScale } from './perSite.js';

export interface AutoLowRankOptions<Args extends unknown[] = never[]> extends AutoNormalOptions<Args> {
  /** Number of directions. @default the square root of the number of latent dimensions, rounded */
  readonly rank?: number;
}

/**
 * One multivariate normal over all sites in unconstrained space, with covariance scale (W W' + 1) scale for W [latentDim, rank]: for models with too many latent
 * dimensions for `AutoMultivariateNormal`. Source: `pyro.infer.autoguide.AutoLowRankMultivariateNormal`.
 * @example new SVI(model, new AutoLowRankMultivariateNormal(model, { rank: 2 }).guide, new Adam({ lr: 0.01 }), new TraceELBO());
 */
export class AutoLowRankMultivariateNormal<Args extends unknown[]> extends JointGuide<Args> {
  private readonly initScale: number;
  private readonly rank: number | undefined;

  constructor(model: InferenceProgram<Args>, options: AutoLowRankOptions<Args> = {}) {
    super(model, options, ['initScale', 'rank']);
    const { initScale = 0.1, rank } = options;
    this.initScale = positiveScale('AutoLowRankMultivariateNormal', initScale);
    if (rank !== undefined && !(Number.isInteger(rank) && rank > 0)) {
      throw new OptionError(`AutoLowRankMultivariateNormal: rank must be a positive integer; got ${rank}.`);
    }
    this.rank = rank;
  }

  protected posterior(latentDim: number, initial: () => tf.Tensor): Distribution {
    const rank = this.rank ?? Math.max(1, Math.round(Math.sqrt(latentDim)));
    const loc = param(`${this.prefix}.loc`, initial);
    // Half of the variance that an entry begins with is its own, half is of the directions.
    const scale = param(`${this.prefix}.scale`, () => tf.fill([latentDim], this.initScale * Math.SQRT1_2), {
      constraint: positive,
    });
    const factor = param(`${this.prefix}.factor`, (rng) => tf.div(rng.normal([latentDim, rank]), Math.sqrt(rank)));
    return new LowRankMultivariateNormal(loc, tf.mul(factor, tf.expandDims(scale, -1)), tf.square(scale));
  }
  protected centre(params: ParamStore): tf.Tensor {
    return params.get(`${this.prefix}.loc`);
  }
}
