/** Factory functions of the models, with the names of pyroVED. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import type { Invariance } from '../priors/index.js';
import { type ConditionalOptions, IVAE } from './ivae.js';
import { JIVAE, type JointOptions } from './jivae.js';
import type { ModelOptions } from './options.js';
import { RecognitionSSIVAE } from './recognition.js';
import { type SemiSupervisedOptions, SSIVAE } from './ssivae.js';
import { type RegressionOptions, SSRegIVAE } from './ssRegIvae.js';
import { TemplateSSIVAE } from './template.js';
import type { VED } from './ved.js';

/** Invariances of the presets with an "r" in their names, as in the paper: rotation and translation. */
const paperInvariances: readonly Invariance[] = ['r', 't'];

/** The unsupervised model. By default it has no invariances. */
export const iVAE = (options: ConditionalOptions): IVAE => new IVAE(options);

/** The unsupervised model for images, by default invariant to rotation and translation. */
export const rVAE = (options: ConditionalOptions): IVAE =>
  new IVAE({ ...options, invariances: options.invariances ?? paperInvariances });

/** The semi-supervised model. By default it has no invariances. */
export const ssiVAE = (options: SemiSupervisedOptions): SSIVAE => {
  if (options.decoder === 'template') return new TemplateSSIVAE(options);
  return options.recognition ? new RecognitionSSIVAE(options) : new SSIVAE(options);
};

/** The paper's model: semi-supervised, by default invariant to rotation and translation. */
export const ssrVAE = (options: SemiSupervisedOptions): SSIVAE =>
  ssiVAE({ ...options, invariances: options.invariances ?? paperInvariances });

/** The joint model, which finds classes without labels. By default it has no invariances. */
export const jiVAE = (options: JointOptions): JIVAE => new JIVAE(options);

/** The semi-supervised regression model. By default it has no invariances. */
export const ssRegIVAE = (options: RegressionOptions): SSRegIVAE => new SSRegIVAE(options);

/** Any of the models. */
export type Model = IVAE | JIVAE | SSIVAE | SSRegIVAE;

/** The models that return class probabilities. */
export type Classifier = JIVAE | SSIVAE;
export const isClassifier = (model: Model | VED): model is Classifier =>
  model instanceof SSIVAE || model instanceof JIVAE;

/** The kind of a model and its options, as stored in the configuration of a run. */
export type ModelConfig =
  | ({ readonly kind: 'iVAE' } & ConditionalOptions)
  | ({ readonly kind: 'jiVAE' } & JointOptions)
  | ({ readonly kind: 'ssiVAE' } & SemiSupervisedOptions)
  | ({ readonly kind: 'ssRegIVAE' } & RegressionOptions);

/** The names of the kinds of models in configurations. */
export const modelKinds: readonly Model['kind'][] = ['iVAE', 'jiVAE', 'ssiVAE', 'ssRegIVAE'];

/**
 * Constructs the model that a configuration describes; `extra` holds options that cannot be serialised, such as the
 * kernel.
 * @throws {OptionError} when the kind is unknown.
 */
export function modelFromConfig(config: ModelConfig, extra: Pick<ModelOptions, 'kernel'> = {}): Model {
  switch (config.kind) {
    case 'iVAE': {
      const { kind: _, ...options } = config;
      return new IVAE({ ...options, ...extra });
    }
    case 'jiVAE': {
      const { kind: _, ...options } = config;
      return new JIVAE({ ...options, ...extra });
    }
    case 'ssiVAE': {
      const { kind: _, ...options } = config;
      return ssiVAE({ ...options, ...extra });
    }
    case 'ssRegIVAE': {
      const { kind: _, ...options } = config;
      return new SSRegIVAE({ ...options, ...extra });
    }
    default: {
      const { kind } = config as { kind: unknown };
      throw new OptionError(`There is no kind of model "${kind}".${didYouMean(String(kind), modelKinds)}`);
    }
  }
}
