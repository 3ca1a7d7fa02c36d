/** Likelihoods of images: what the decoder's output means. */
import * as tf from '@tensorflow/tfjs';
import { bernoulli, continuousBernoulli, type Distribution, didYouMean, normal, OptionError } from 'pyro-ts';

/** p(pixel | output), independent for each element of the decoder's output. */
export interface Likelihood {
  readonly name: string;
  /** The distribution of the pixels, of the output's shape, before `toEvent`. */
  distribution(output: tf.Tensor): Distribution;
}

export const likelihoodNames = ['bernoulli', 'continuous-bernoulli', 'gaussian'] as const;
export type LikelihoodName = (typeof likelihoodNames)[number];

export interface LikelihoodOptions {
  /** Standard deviation of a pixel under `gaussian`; 0.5. */
  readonly decoderSigma?: number;
  /** Under `gaussian`: hold the mean in (0, 1) by a sigmoid; true. Turn it off for data that are not scaled to [0, 1]. */
  readonly sigmoidOutput?: boolean;
}

/**
 * `bernoulli` takes grey values in [0, 1] as targets of a cross-entropy; `continuous-bernoulli` (Loaiza-Ganem & Cunningham 2019) normalises that
 * to a density; `gaussian` has a fixed standard deviation. Source: pyroVED's `get_sampler`.
 */
export function likelihoodOf(name: LikelihoodName | Likelihood, options: LikelihoodOptions): Likelihood {
  if (typeof name === 'object') return name;
  const { decoderSigma = 0.5, sigmoidOutput = true } = options;
  if (!(decoderSigma > 0 && Number.isFinite(decoderSigma))) {
    throw new OptionError(`decoderSigma is a positive number, not ${decoderSigma}.`);
  }
  for (const key of ['decoderSigma', 'sigmoidOutput'] as const) {
    if (name !== 'gaussian' && options[key] !== undefined) {
      throw new OptionError(`${key} belongs to the likelihood "gaussian"; this model's is "${name}". Leave it out.`);
    }
  }
  switch (name) {
    case 'bernoulli':
      return { name, distribution: (logits) => bernoulli({ logits, relaxedSupport: true }) };
    case 'continuous-bernoulli':
      return { name, distribution: (logits) => continuousBernoulli({ logits }) };
    case 'gaussian':
      return { name, distribution: (out) => normal(sigmoidOutput ? tf.sigmoid(out) : out, decoderSigma) };
    default:
      throw new OptionError(`There is no likelihood "${name}".${didYouMean(String(name), likelihoodNames)}`);
  }
}
