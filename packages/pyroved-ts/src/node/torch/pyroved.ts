/** Imports models from the weights that pyroVED's `save_weights` wrote, without Python. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import { defined } from '../../defined.js';
import { disposeOnError } from '../../disposeOnError.js';
import { type LikelihoodName, type Model, type ModelConfig, modelFromConfig } from '../../models/index.js';
import { type OptionTable, optionNames, resolveOptions } from '../../options.js';
import { type Layout, type LayoutOptions, layoutOf } from './layout.js';
import { readStateDict } from './stateDict.js';
import { loadWeights } from './weights.js';

/** Properties of a model that its weights do not determine. */
export interface PyrovedOptions extends LayoutOptions {
  /** Activation; pyroVED's "lrelu" is "leakyRelu". @default 'tanh', as in pyroVED */
  readonly activation?: Activation;
  /** pyroVED's sampler_d. @default 'bernoulli' */
  readonly likelihood?: LikelihoodName;
  /** pyroVED's decoder_sig, for a gaussian likelihood. @default 0.5 */
  readonly decoderSigma?: number;
  /** pyroVED's sigmoid_d, for a gaussian likelihood. @default true */
  readonly sigmoidOutput?: boolean;
  /** pyroVED's dx_prior. @default 0.1 */
  readonly shiftPrior?: number;
  /** pyroVED's sc_prior. @default 0.1 */
  readonly scalePrior?: number;
  /**
   * Names of the targets of an ssRegIVAE, or of the factors that an iVAE is conditioned on.
   * @default targets "value 1", "value 2", ...; an iVAE is then conditioned on classes
   */
  readonly factors?: readonly string[];
}

const table = {
  kind: {},
  shape: {},
  invariances: {},
  activation: { default: 'tanh' as Activation },
  likelihood: { default: 'bernoulli' as LikelihoodName },
  decoderSigma: {},
  sigmoidOutput: {},
  shiftPrior: {},
  scalePrior: {},
  factors: {},
} satisfies OptionTable<PyrovedOptions>;

/** The names of the options of `importPyroved`. @example pyrovedOptionKeys.includes('shape') // true */
export const pyrovedOptionKeys = optionNames(table);

/** A model imported from pyroVED, with its configuration. */
export interface ImportedModel {
  readonly model: Model;
  readonly config: ModelConfig;
  /** Assumptions about properties that the weights do not determine. */
  readonly notes: readonly string[];
}

/**
 * The model whose weights pyroVED's `save_weights` (or `torch.save(model.state_dict(), file)`) wrote: iVAE, jiVAE,
 * ssiVAE or ss_reg_iVAE. Kind, sizes and invariances are determined from the shapes of the weights; `notes` lists the
 * assumptions.
 * @param bytes the content of the `.pt` file
 * @param source name of the file in error messages
 * @throws {ImportError} when the file is damaged, of another format, or of another model.
 * @example
 * const { model, notes } = importPyroved(readFileSync('rvae.pt'), { shape: [48, 48], invariances: ['r', 't'] });
 */
export function importPyroved(bytes: Uint8Array, options: PyrovedOptions = {}, source = 'The file'): ImportedModel {
  const { activation, likelihood } = resolveOptions('importPyroved', options, table);
  const dict = readStateDict(bytes, source);
  const layout = layoutOf(dict, options, source);
  const config = configOf(layout, options);
  const model = modelFromConfig(config);
  disposeOnError(model, ({ params }) => loadWeights(params, dict, source));
  return { model, config, notes: [...layout.notes, `activation ${activation}`, `likelihood ${likelihood}`] };
}

function configOf(layout: Layout, options: PyrovedOptions): ModelConfig {
  const { kind, shape, latentDim, invariances, conditionDim, hiddenEncoder, hiddenDecoder, hiddenPredictor } = layout;
  const { activation, likelihood, decoderSigma, sigmoidOutput, shiftPrior, scalePrior, factors } = options;
  const known = defined({ activation, likelihood, decoderSigma, sigmoidOutput, shiftPrior, scalePrior });
  const shared = { shape, latentDim, invariances, hiddenEncoder, hiddenDecoder, ...known };
  const names = factors ?? Array.from({ length: conditionDim }, (_, i) => `value ${i + 1}`);
  switch (kind) {
    case 'jiVAE':
      return { kind, ...shared, numClasses: conditionDim };
    case 'ssiVAE':
      return { kind, ...shared, numClasses: conditionDim, hiddenClassifier: hiddenPredictor };
    case 'ssRegIVAE':
      return { kind, ...shared, targets: names, hiddenRegressor: hiddenPredictor };
    case 'iVAE': {
      if (conditionDim === 0) return { kind, ...shared };
      return {
        kind,
        ...shared,
        ...(factors || conditionDim === 1 ? { condition: names } : { numClasses: conditionDim }),
      };
    }
  }
}
