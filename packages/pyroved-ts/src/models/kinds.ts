/** The kinds of models that a configuration can name, and the functions that construct them, with the names of pyroVED. */
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

/** Default invariances of `rVAE` and `ssrVAE`, as in the paper: rotation and translation. */
const paperInvariances: readonly Invariance[] = ['r', 't'];

/**
 * The unsupervised model. By default it has no invariances.
 * @example const vae = iVAE({ shape: [28, 28], latentDim: 3 });
 */
export const iVAE = (options: ConditionalOptions): IVAE => new IVAE(options);

/**
 * The unsupervised model for images, by default invariant to rotation and translation.
 * @example const vae = rVAE({ shape: [48, 48] });
 */
export const rVAE = (options: ConditionalOptions): IVAE =>
  new IVAE({ ...options, invariances: options.invariances ?? paperInvariances });

/**
 * The semi-supervised model. By default it has no invariances. The option `recognition` selects `RecognitionSSIVAE`,
 * `decoder: 'template'` selects `TemplateSSIVAE`.
 * @example const vae = ssiVAE({ shape: [48, 48], numClasses: 4, invariances: ['r', 't'], recognition: {} });
 */
export const ssiVAE = (options: SemiSupervisedOptions): SSIVAE => {
  if (options.decoder === 'template') return new TemplateSSIVAE(options);
  return options.recognition ? new RecognitionSSIVAE(options) : new SSIVAE(options);
};

/**
 * The paper's model: semi-supervised, by default invariant to rotation and translation. Options as for `ssiVAE`.
 * @example const vae = ssrVAE({ shape: [48, 48], numClasses: 4 });
 */
export const ssrVAE = (options: SemiSupervisedOptions): SSIVAE =>
  ssiVAE({ ...options, invariances: options.invariances ?? paperInvariances });

/**
 * The joint model, which finds classes without labels. By default it has no invariances.
 * @example const vae = jiVAE({ shape: [28, 28], numClasses: 4 });
 */
export const jiVAE = (options: JointOptions): JIVAE => new JIVAE(options);

/**
 * The semi-supervised regression model. By default it has no invariances.
 * @example const vae = ssRegIVAE({ shape: [32, 32], targets: ['length'] });
 */
export const ssRegIVAE = (options: RegressionOptions): SSRegIVAE => new SSRegIVAE(options);

/** How each kind is constructed. Their names, `Model` and `ModelConfig` follow from this table. */
const kinds = { iVAE, jiVAE, ssiVAE, ssRegIVAE };

type Kinds = typeof kinds;
type KindName = keyof Kinds;
type Options = { [Name in KindName]: Parameters<Kinds[Name]>[0] };

/** Any of the models. */
export type Model = ReturnType<Kinds[KindName]>;

/** The kind of a model and its options, as stored in the configuration of a run. */
export type ModelConfig = { [Name in KindName]: { readonly kind: Name } & Options[Name] }[KindName];

const isKindName = (name: unknown): name is KindName => typeof name === 'string' && Object.hasOwn(kinds, name);

/** The names of the kinds of models in configurations. */
export const modelKinds: readonly KindName[] = Object.keys(kinds).filter(isKindName);

/**
 * Constructs the model that a configuration describes; `extra` holds options that cannot be serialised, such as the
 * kernel.
 * @throws {OptionError} when the kind is unknown or an option is invalid.
 * @example const model = modelFromConfig({ kind: 'ssiVAE', shape: [48, 48], numClasses: 4 }, { kernel });
 */
export function modelFromConfig(config: ModelConfig, extra: Pick<ModelOptions, 'kernel'> = {}): Model {
  const { kind, ...options } = config;
  if (!isKindName(kind)) {
    throw new OptionError(`There is no kind of model "${kind}".${didYouMean(String(kind), modelKinds)}`);
  }
  return construct(kind, { ...options, ...extra });
}

function construct<Name extends KindName>(kind: Name, options: Options[Name]): Model {
  const table: { readonly [N in KindName]: (options: Options[N]) => Model } = kinds;
  return table[kind](options);
}

/** The models that return class probabilities. */
export type Classifier = JIVAE | SSIVAE;
export const isClassifier = (model: Model | VED): model is Classifier =>
  model instanceof SSIVAE || model instanceof JIVAE;
