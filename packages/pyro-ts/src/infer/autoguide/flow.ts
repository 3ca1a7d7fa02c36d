/** A normal bent by transforms, over all sites: any transforms, or inverse autoregressive flows. */
import * as tf from '@tensorflow/tfjs';
import { normal } from '../../distributions/continuous/normal.js';
import type { Distribution } from '../../distributions/distribution.js';
import { TransformedDistribution } from '../../distributions/transformed.js';
import type { Transform } from '../../distributions/transforms/transform.js';
import { OptionError } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import { autoregressiveFlow } from '../../primitives/autoregressiveFlow.js';
import type { InferenceProgram } from '../elbo/elbo.js';
import type { AutoGuideOptions } from './autoGuide.js';
import { JointGuide } from './joint.js';

/** Makes the transforms of a vector of `latentDim` entries; it runs inside the guide, so that it can use `param`, with names that begin with `prefix`. */
export type FlowMaker = (prefix: string, latentDim: number) => readonly Transform[];

/** What a guide of flows has in common: a standard normal through transforms. */
abstract class FlowGuide<Args extends unknown[]> extends JointGuide<Args> {
  private latentDim = 0;

  protected abstract transforms(latentDim: number): readonly Transform[];

  protected posterior(latentDim: number): Distribution {
    this.latentDim = latentDim;
    const base = normal(tf.zeros([latentDim]), tf.ones([latentDim])).toEvent(1);
    return new TransformedDistribution(base, [...this.transforms(latentDim)]);
  }

  /** Where the transforms send the base's centre. */
  protected centre(params: ParamStore): tf.Tensor {
    const start: tf.Tensor = tf.zeros([this.latentDim]);
    return params.run(() => this.transforms(this.latentDim)).reduce((x, transform) => transform.forward(x), start);
  }
}

/**
 * A standard normal through any transforms over all sites, of which the first comes first. Source: `pyro.infer.autoguide.AutoNormalizingFlow`.
 * @throws {OptionError} where `transforms` is no function
 * @example
 * const flows = (prefix, dim) => [autoregressiveFlow(`${prefix}.flow`, dim, { hidden: [16] })];
 * new SVI(model, new AutoNormalizingFlow(model, flows).guide, new Adam({ lr: 0.005 }), new TraceELBO());
 */
export class AutoNormalizingFlow<Args extends unknown[]> extends FlowGuide<Args> {
  constructor(
    model: InferenceProgram<Args>,
    private readonly make: FlowMaker,
    options: AutoGuideOptions<Args> = {},
  ) {
    super(model, options, []);
    if (typeof make !== 'function')
      throw new OptionError('AutoNormalizingFlow: the second argument is a function that makes the transforms.');
  }

  protected transforms(latentDim: number): readonly Transform[] {
    return this.make(this.prefix, latentDim);
  }
}

export interface AutoIAFNormalOptions<Args extends unknown[] = never[]> extends AutoGuideOptions<Args> {
  /** Width of each flow's hidden layer. @default the number of latent dimensions, and at least 2 */
  readonly hiddenDim?: number;
  /** Number of flows, one after the other; each sees the entries in the opposite order of the one before. 1. */
  readonly numTransforms?: number;
}

/**
 * A standard normal through affine autoregressive flows: skewed and curved posteriors. Needs at least 2 latent dimensions. Source:
 * `pyro.infer.autoguide.AutoIAFNormal`; Kingma et al. 2016.
 * @example new SVI(model, new AutoIAFNormal(model, { hiddenDim: 16 }).guide, new Adam({ lr: 0.005 }), new TraceELBO());
 */
export class AutoIAFNormal<Args extends unknown[]> extends FlowGuide<Args> {
  private readonly numTransforms: number;
  private readonly hiddenDim: number | undefined;

  constructor(model: InferenceProgram<Args>, options: AutoIAFNormalOptions<Args> = {}) {
    super(model, options, ['hiddenDim', 'numTransforms']);
    this.numTransforms = positiveInteger('numTransforms', options.numTransforms ?? 1);
    this.hiddenDim = options.hiddenDim === undefined ? undefined : positiveInteger('hiddenDim', options.hiddenDim);
  }

  protected transforms(latentDim: number): readonly Transform[] {
    if (latentDim < 2) {
      throw new OptionError(
        `AutoIAFNormal: an autoregressive flow needs at least 2 latent dimensions, and the model has ${latentDim}. Use AutoNormal.`,
      );
    }
    const natural = Array.from({ length: latentDim }, (_, i) => i);
    return Array.from({ length: this.numTransforms }, (_, flow) =>
      autoregressiveFlow(`${this.prefix}.flow${flow}`, latentDim, {
        ...(this.hiddenDim !== undefined && { hidden: [this.hiddenDim] }),
        permutation: flow % 2 === 0 ? natural : natural.toReversed(),
      }),
    );
  }
}

function positiveInteger(option: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new OptionError(`AutoIAFNormal: ${option} must be a positive integer, not ${value}.`);
}
