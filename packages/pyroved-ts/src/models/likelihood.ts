/** Likelihoods: the distribution of the pixels given the decoder's output. */
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
  /**
   * The distribution of the pixels, with the shape of the output, before `toEvent`. Called inside a program, so it may
   * register parameters.
   */
  distribution(output: tf.Tensor): Distribution;
  /** The parameters of the likelihood, if any; the model registers them under "likelihood" when it is constructed. */
  readonly net?: Net<[output: tf.Tensor], Distribution>;
}

export const likelihoodNames = ['bernoulli', 'continuous-bernoulli', 'gaussian'] as const;
/** The name of a likelihood; see `LikelihoodOptions`. */
export type LikelihoodName = (typeof likelihoodNames)[number];

/** Options of the likelihood `gaussian`. */
export interface LikelihoodOptions {
  /**
   * Standard deviation of a pixel under `gaussian`. "learned": one parameter shared by all pixels, initially 0.5 and
   * always above 0.02.
   * @default 0.5
   */
  readonly decoderSigma?: number | 'learned';
  /**
   * Under `gaussian`: apply a sigmoid to the mean. Set to false for data that are not scaled to [0, 1].
   * @default true
   */
  readonly sigmoidOutput?: boolean;
}

const defaultSigma = 0.5;
/** Lower bound of a learned standard deviation, which keeps the likelihood of constant pixels finite. */
const leastSigma = 0.02;

/**
 * Resolves a likelihood by name. `bernoulli` is the cross-entropy of pixel values in [0, 1]; `continuous-bernoulli`
 * (Loaiza-Ganem & Cunningham 2019) is the same, normalised to a density; `gaussian` has a fixed or learned standard
 * deviation.
 * @throws {OptionError} when the name is unknown or an option is invalid.
 * @see pyroVED's `get_sampler`, which has no learned standard deviation.
 */
export function likelihoodOf(name: LikelihoodName | Likelihood, options: LikelihoodOptions): Likelihood {
  if (typeof name === 'object' && name !== null) return name;
  const { decoderSigma = defaultSigma, sigmoidOutput = true } = options;
  if (decoderSigma !== 'learned' && !(decoderSigma > 0 && Number.isFinite(decoderSigma))) {
    throw new OptionError(`decoderSigma must be a positive number or "learned"; got ${decoderSigma}.`);
  }
  for (const key of ['decoderSigma', 'sigmoidOutput'] as const) {
    if (name !== 'gaussian' && options[key] !== undefined) {
      throw new OptionError(`${key} applies only to the likelihood "gaussian"; this model has "${name}". Omit it.`);
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
