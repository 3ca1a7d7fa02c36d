/** Models by the names under which they are known, as functions of their options. */
import { didYouMean, OptionError } from 'pyro-ts';
import type { Invariance } from '../priors/index.js';
import { IVAE } from './ivae.js';
import type { ModelOptions } from './options.js';
import { type SemiSupervisedOptions, SSIVAE } from './ssivae.js';

/** What the presets with an "r" in their names are invariant to, as in the paper: rotation and translation. */
const paperInvariances: readonly Invariance[] = ['r', 't'];

/** The unsupervised model, with the invariances that one asks for. */
export const iVAE = (options: ModelOptions): IVAE => new IVAE(options);

/** The unsupervised model for images, invariant to rotation and translation unless other invariances are given. */
export const rVAE = (options: ModelOptions): IVAE =>
  new IVAE({ ...options, invariances: options.invariances ?? paperInvariances });

/** The semi-supervised model, with the invariances that one asks for. */
export const ssiVAE = (options: SemiSupervisedOptions): SSIVAE => new SSIVAE(options);

/** The paper's model: semi-supervised, invariant to rotation and translation unless other invariances are given. */
export const ssrVAE = (options: SemiSupervisedOptions): SSIVAE =>
  new SSIVAE({ ...options, invariances: options.invariances ?? paperInvariances });

/** A kind of model and its options, as a run's configuration keeps them. */
export type ModelConfig =
  | ({ readonly kind: 'iVAE' } & ModelOptions)
  | ({ readonly kind: 'ssiVAE' } & SemiSupervisedOptions);

/** The model that a run's configuration describes; `extra` holds what a configuration cannot, such as the kernel. */
export function modelFromConfig(config: ModelConfig, extra: Pick<ModelOptions, 'kernel'> = {}): IVAE | SSIVAE {
  if (config.kind === 'iVAE') {
    const { kind: _, ...options } = config;
    return new IVAE({ ...options, ...extra });
  }
  if (config.kind === 'ssiVAE') {
    const { kind: _, ...options } = config;
    return new SSIVAE({ ...options, ...extra });
  }
  const { kind } = config as { kind: unknown };
  throw new OptionError(`There is no kind of model "${kind}".${didYouMean(String(kind), ['iVAE', 'ssiVAE'])}`);
}
