/** Likelihoods of images: what the decoder's output means. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  constraints,
  continuousBernoulli,
  type Distribution,
  module,
  type Net,
  normal,
  OptionError,
} from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';

/** p(pixel | output), independent for each element of the decoder's output. */
export interface Likelihood {
  readonly name: string;
  /** The distribution of the pixels, of the output's shape, before `toEvent`. Called inside a program: it may register parameters. */
  distribution(output: tf.Tensor): Distribution;
  /** The likelihood's own parameters, if any, which the model registers under "likelihood" when it is made. */
  readonly net?: Net<[output: tf.Tensor], Distribution>;
}

export const likelihoodNames = ['bernoulli', 'continuous-bernoulli', 'gaussian'] as const;
export type LikelihoodName = (typeof likelihoodNames)[number];

export interface LikelihoodOptions {
  /**
   * Standard deviation of a pixel under `gaussian`; "learned" for a parameter of the model, one for all pixels, that begins at 0.5 and stays above 0.02.
   * @default 0.5
   */
  readonly decoderSigma?: number | 'learned';
  /** Under `gaussian`: hold the mean in (0, 1) by a sigmoid; true. Turn it off for data that are not scaled to [0, 1]. */
  readonly sigmoidOutput?: boolean;
}

const defaultSigma = 0.5;
/** A learned standard deviation stays above this, so that a pixel that never varies does not make the likelihood infinite. */
const leastSigma = 0.02;

/**
 * `bernoulli` takes grey values in [0, 1] as targets of a cross-entropy; `continuous-bernoulli` (Loaiza-Ganem & Cunningham 2019) normalises that
 * to a density; `gaussian` has a fixed or a learned standard deviation. Source: pyroVED's `get_sampler`; the learned one is ours.
 */
export function likelihoodOf(name: LikelihoodName | Likelihood, options: LikelihoodOptions): Likelihood {
  if (typeof name === 'object' && name !== null) return name;
  const { decoderSigma = defaultSigma, sigmoidOutput = true } = options;
  if (decoderSigma !== 'learned' && !(decoderSigma > 0 && Number.isFinite(decoderSigma))) {
    throw new OptionError(
      `decoderSigma is a positive number, not ${decoderSigma}. Use "learned" to make it a parameter of the model.`,
    );
  }
  for (const key of ['decoderSigma', 'sigmoidOutput'] as const) {
    if (name !== 'gaussian' && options[key] !== undefined) {
      throw new OptionError(`${key} belongs to the likelihood "gaussian"; this model's is "${name}". Omit it.`);
    }
  }
  const meanOf = (output: tf.Tensor) => (sigmoidOutput ? tf.sigmoid(output) : output);
  switch (name) {
    case 'bernoulli':
      return { name, distribution: (logits) => bernoulli({ logits, relaxedSupport: true }) };
    case 'continuous-bernoulli':
      return { name, distribution: (logits) => continuousBernoulli({ logits }) };
    case 'gaussian': {
      if (decoderSigma !== 'learned') return { name, distribution: (out) => normal(meanOf(out), decoderSigma) };
      const net: Likelihood['net'] = {
        parameters: { sigma: { init: defaultSigma, constraint: constraints.greaterThan(leastSigma) } },
        apply: ({ sigma }, output) => normal(meanOf(output), sigma),
      };
      return { name, net, distribution: (output) => module('likelihood', net)(output) };
    }
    default:
      throw new OptionError(`There is no likelihood "${name}".${didYouMean(String(name), likelihoodNames)}`);
  }
}
