/** A normal bent by inverse autoregressive flows, over all sites. */
import * as tf from '@tensorflow/tfjs';
import type { Distribution } from '../../distributions/distribution.js';
import { normal } from '../../distributions/line/normal.js';
import { TransformedDistribution } from '../../distributions/transformed.js';
import { affineAutoregressive } from '../../distributions/transforms/autoregressive.js';
import { type DenseLayer, initAutoregressive } from '../../distributions/transforms/masks.js';
import type { Transform } from '../../distributions/transforms/transform.js';
import { OptionError } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import { param } from '../../primitives/param.js';
import type { RandomStream } from '../../random.js';
import type { InferenceProgram } from '../elbo/elbo.js';
import type { AutoGuideOptions } from './autoGuide.js';
import { JointGuide } from './joint.js';

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
export class AutoIAFNormal<Args extends unknown[]> extends JointGuide<Args> {
  private readonly numTransforms: number;
  private readonly hiddenDim: number | undefined;
  private latentDim = 0;

  constructor(model: InferenceProgram<Args>, options: AutoIAFNormalOptions<Args> = {}) {
    super(model, options, ['hiddenDim', 'numTransforms']);
    this.numTransforms = positiveInteger('numTransforms', options.numTransforms ?? 1);
    this.hiddenDim = options.hiddenDim === undefined ? undefined : positiveInteger('hiddenDim', options.hiddenDim);
  }

  protected posterior(latentDim: number): Distribution {
    if (latentDim < 2) {
      throw new OptionError(
        `AutoIAFNormal: an autoregressive flow needs at least 2 latent dimensions, and the model has ${latentDim}. Use AutoNormal.`,
      );
    }
    this.latentDim = latentDim;
    const base = normal(tf.zeros([latentDim]), tf.ones([latentDim])).toEvent(1);
    return new TransformedDistribution(
      base,
      this.flows((name, init) => param(name, init)),
    );
  }

  private flows(weights: (name: string, init: (rng: RandomStream) => tf.Tensor) => tf.Tensor): Transform[] {
    const dim = this.latentDim;
    const hidden = [this.hiddenDim ?? Math.max(2, dim)];
    const natural = Array.from({ length: dim }, (_, i) => i);
    return Array.from({ length: this.numTransforms }, (_, flow) => {
      const layers = [0, 1].map((layer): DenseLayer => {
        const part = (key: keyof DenseLayer) =>
          weights(
            `${this.prefix}.flow${flow}.${layer}.${key}`,
            (rng) => initAutoregressive(dim, hidden, rng)[layer][key],
          );
        return { weight: part('weight'), bias: part('bias') };
      });
      return affineAutoregressive(layers, { permutation: flow % 2 === 0 ? natural : natural.toReversed() });
    });
  }

  /** Where the flow sends the base's centre. */
  protected centre(params: ParamStore): tf.Tensor {
    const start: tf.Tensor = tf.zeros([this.latentDim]);
    return this.flows((name) => params.get(name)).reduce((x, flow) => flow.forward(x), start);
  }
}

function positiveInteger(option: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new OptionError(`AutoIAFNormal: ${option} must be a positive integer, not ${value}.`);
}
