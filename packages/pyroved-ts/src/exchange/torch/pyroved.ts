/** The original's weights in our models: `save_weights` of pyroVED, read without Python. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import { formatShape, refuseUnknownKeys } from 'pyro-ts';
import { type LikelihoodName, type Model, type ModelConfig, modelFromConfig } from '../../models/index.js';
import { ImportError } from '../errors.js';
import { type Layout, type LayoutOptions, layoutOf, type StateDict } from './layout.js';
import { type LoadedTensor, readStateDict } from './stateDict.js';

/** What the weights do not tell. */
export interface PyrovedOptions extends LayoutOptions {
  /** "tanh", as in pyroVED; its "lrelu" is "leakyRelu" here. */
  readonly activation?: Activation;
  /** pyroVED's sampler_d; "bernoulli". */
  readonly likelihood?: LikelihoodName;
  /** pyroVED's decoder_sig, of a gaussian likelihood. */
  readonly decoderSigma?: number;
  /** pyroVED's sigmoid_d, of a gaussian likelihood. */
  readonly sigmoidOutput?: boolean;
  /** pyroVED's dx_prior; 0.1. */
  readonly shiftPrior?: number;
  /** pyroVED's sc_prior; 0.1. */
  readonly scalePrior?: number;
  /** Names of an ssRegIVAE's quantities, or of the numbers that an iVAE is told (which are taken for classes where there are no names). */
  readonly factors?: readonly string[];
}

export const pyrovedOptionKeys: readonly (keyof PyrovedOptions)[] = [
  'kind',
  'shape',
  'invariances',
  'activation',
  'likelihood',
  'decoderSigma',
  'sigmoidOutput',
  'shiftPrior',
  'scalePrior',
  'factors',
];

export interface ImportedModel {
  readonly model: Model;
  readonly config: ModelConfig;
  /** What was assumed, because the weights leave it open. */
  readonly notes: readonly string[];
}

/**
 * The model whose weights pyroVED's `save_weights` (or `torch.save(model.state_dict(), file)`) wrote: iVAE, jiVAE, ssiVAE or ss_reg_iVAE. Kind, sizes and
 * invariances are found from the shapes; what they leave open is assumed, and said in `notes`.
 * @param bytes the content of the `.pt` file
 * @param source how errors call it
 * @throws {ImportError} for another kind of file, a damaged one, or other weights.
 * @example
 * const { model, notes } = importPyroved(readFileSync('rvae.pt'), { shape: [48, 48], invariances: ['r', 't'] });
 */
export function importPyroved(bytes: Uint8Array, options: PyrovedOptions = {}, source = 'The file'): ImportedModel {
  refuseUnknownKeys('importPyroved', options, pyrovedOptionKeys);
  const dict = readStateDict(bytes, source);
  const layout = layoutOf(dict, options, source);
  const config = configOf(layout, options);
  const model = modelFromConfig(config);
  try {
    loadWeights(model, dict, source);
  } catch (error) {
    model.dispose();
    throw error;
  }
  const { activation = 'tanh', likelihood = 'bernoulli' } = options;
  return { model, config, notes: [...layout.notes, `activation ${activation}`, `likelihood ${likelihood}`] };
}

function configOf(layout: Layout, options: PyrovedOptions): ModelConfig {
  const { kind, shape, latentDim, invariances, told, hiddenEncoder, hiddenDecoder, hiddenPredictor } = layout;
  const { activation, likelihood, decoderSigma, sigmoidOutput, shiftPrior, scalePrior, factors } = options;
  const given = { activation, likelihood, decoderSigma, sigmoidOutput, shiftPrior, scalePrior };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const shared = { shape, latentDim, invariances, hiddenEncoder, hiddenDecoder, ...known };
  const names = factors ?? Array.from({ length: told }, (_, i) => `value ${i + 1}`);
  switch (kind) {
    case 'jiVAE':
      return { kind, ...shared, discreteDim: told };
    case 'ssiVAE':
      return { kind, ...shared, numClasses: told, hiddenClassifier: hiddenPredictor };
    case 'ssRegIVAE':
      return { kind, ...shared, targets: names, hiddenRegressor: hiddenPredictor };
    case 'iVAE': {
      if (told === 0) return { kind, ...shared };
      return { kind, ...shared, ...(factors || told === 1 ? { condition: names } : { numClasses: told }) };
    }
  }
}

/** Gives every parameter its value; a linear layer's weight is [outputs, inputs] there and [inputs, outputs] here. */
function loadWeights({ params }: Model, dict: StateDict, source: string): void {
  const missing = params.names.filter((name) => !dict.has(name));
  const foreign = [...dict.keys()].filter((name) => !params.has(name));
  if (missing.length > 0 || foreign.length > 0) {
    const parts = [
      ...(missing.length > 0 ? [`it lacks ${missing.join(', ')}`] : []),
      ...(foreign.length > 0 ? [`it holds ${foreign.join(', ')}, which the model does not have`] : []),
    ];
    throw new ImportError(`${source} does not hold one of pyroVED's models: ${parts.join('; ')}.`);
  }
  const turned = new Map([...dict].map(([name, tensor]) => [name, transposed(tensor)]));
  for (const name of params.names) {
    const [expected, found] = [params.get(name).shape, (turned.get(name) as LoadedTensor).shape];
    if (expected.join() !== found.join()) {
      throw new ImportError(
        `${source}: "${name}" has the shape ${formatShape(found)} where the other weights need ${formatShape(expected)}.`,
      );
    }
  }
  params.loadData(turned);
}

function transposed(tensor: LoadedTensor): LoadedTensor {
  const { shape, data } = tensor;
  if (shape.length !== 2) return tensor;
  const [rows, columns] = shape;
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j];
  return { shape: [columns, rows], data: turned };
}
