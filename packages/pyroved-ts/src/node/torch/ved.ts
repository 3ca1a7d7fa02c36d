/** Imports encoder-decoders from the weights of pyroVED's VED. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import { defined } from '../../defined.js';
import { disposeOnError } from '../../disposeOnError.js';
import { ImportError } from '../../export/errors.js';
import { type LikelihoodName, VED, type VEDConfig, type VEDOptions } from '../../models/index.js';
import { type OptionTable, optionNames, resolveOptions } from '../../options.js';
import type { StateDict } from './layout.js';
import { readStateDict } from './stateDict.js';
import { loadWeights } from './weights.js';

/** Properties of a model that its weights do not determine. */
export interface PyrovedVEDOptions {
  /**
   * Shape of the inputs, [height, width] or [length].
   * @default a square or a signal whose size is divided by 2 without remainder at each pooling
   */
  readonly inputShape?: readonly number[];
  /** Shape of the outputs. @default as for the inputs */
  readonly outputShape?: readonly number[];
  /** Activation; pyroVED's "lrelu" is "leakyRelu". @default 'leakyRelu' */
  readonly activation?: Activation;
  /** pyroVED's sampler_d. @default 'bernoulli' */
  readonly likelihood?: LikelihoodName;
  /** pyroVED's decoder_sig, for a gaussian likelihood. @default 0.5 */
  readonly decoderSigma?: number;
  /** pyroVED's sigmoid_d, for a gaussian likelihood. @default true */
  readonly sigmoidOutput?: boolean;
}

const table = {
  inputShape: {},
  outputShape: {},
  activation: { default: 'leakyRelu' as Activation },
  likelihood: { default: 'bernoulli' as LikelihoodName },
  decoderSigma: {},
  sigmoidOutput: {},
} satisfies OptionTable<PyrovedVEDOptions>;

/** The names of the options of `importPyrovedVED`. @example vedOptionKeys.includes('inputShape') // true */
export const vedOptionKeys = optionNames(table);

/** An encoder-decoder imported from pyroVED, with its configuration. */
export interface ImportedVED {
  readonly model: VED;
  readonly config: VEDConfig;
  /** Assumptions about properties that the weights do not determine. */
  readonly notes: readonly string[];
}

/**
 * Whether the weights are those of an encoder-decoder.
 * @example const { model } = isVED(readStateDict(bytes)) ? importPyrovedVED(bytes) : importPyroved(bytes);
 */
export const isVED = (dict: StateDict): boolean => dict.has(`${FEATURES}.0.weight`);

const FEATURES = 'encoder_z.feature_extractor.layers';
const UPSAMPLER = 'decoder.upsampler.layers';

/**
 * The VED whose weights pyroVED's `save_weights` wrote. Blocks and channels are determined from the shapes of the weights.
 * @param bytes the content of the `.pt` file
 * @param source name of the file in error messages
 * @throws {ImportError} when the file is damaged, of another format, or of another model.
 * @example
 * const { model } = importPyrovedVED(readFileSync('im2spec.pt'), { inputShape: [32, 32], outputShape: [64] });
 */
export function importPyrovedVED(bytes: Uint8Array, options: PyrovedVEDOptions = {}, source = 'The file'): ImportedVED {
  const { activation, likelihood } = resolveOptions('importPyrovedVED', options, table);
  // PyTorch counts the batches of a normalisation, which has no effect.
  const dict = new Map([...readStateDict(bytes, source)].filter(([name]) => !name.endsWith('.num_batches_tracked')));
  if (!isVED(dict)) throw new ImportError(`${source} does not hold the weights of a VED.`);
  const notes: string[] = [];
  const { inputShape: _, outputShape: __, ...others } = options;
  const config: VEDConfig = { kind: 'VED', ...sizes(dict, options, notes, source), ...defined(others) };
  const { kind: ___, ...forModel } = config;
  const model = new VED(forModel);
  disposeOnError(model, ({ params }) => loadWeights(params, dict, source));
  return { model, config, notes: [...notes, `activation ${activation}`, `likelihood ${likelihood}`] };
}

function sizes(dict: StateDict, options: PyrovedVEDOptions, notes: string[], source: string): VEDOptions {
  const shapeOf = (name: string): readonly number[] => {
    const shape = dict.get(`${name}.weight`)?.shape;
    if (!shape || shape.length < 2)
      throw new ImportError(`${source} is not a VED that is known: it lacks "${name}.weight".`);
    return shape;
  };
  const encoder = blocksOf(dict, FEATURES, source);
  const decoder = blocksOf(dict, UPSAMPLER, source);
  const [start, latentDim] = shapeOf('decoder.latent2features.fc');
  const features = shapeOf('encoder_z.features2latent.fc_latent')[1];
  const output = decoder.blocks.pop() as number[];
  const doublings = decoder.blocks.length;
  const first = shapeOf(`${UPSAMPLER}.0`);
  return {
    inputShape:
      options.inputShape ??
      guess(
        encoder.dims,
        features / lastOf(lastOf(encoder.blocks)),
        encoder.blocks.length - 1,
        'inputShape',
        notes,
        source,
      ),
    inputChannels: shapeOf(`${FEATURES}.0`)[1],
    outputShape: options.outputShape ?? guess(decoder.dims, start / first[1], doublings, 'outputShape', notes, source),
    outputChannels: output[0],
    latentDim,
    hiddenEncoder: encoder.blocks,
    hiddenDecoder: decoder.blocks,
    kernelSize: shapeOf(`${FEATURES}.0`)[2],
    batchNorm: dict.has(`${FEATURES}.2.running_mean`),
  };
}

/** The shape that results from one of `points` points by doubling each side `times` times. */
function guess(dims: number, points: number, times: number, option: string, notes: string[], source: string): number[] {
  const side = dims === 1 ? points : Math.round(Math.sqrt(points));
  if (side ** dims !== points) throw new ImportError(`${source} does not tell its ${option}. Give it.`);
  const shape = new Array<number>(dims).fill(side * 2 ** times);
  notes.push(`${option} ${shape.join(' x ')}`);
  return shape;
}

/**
 * The channels of the convolutions, by block. Blocks are separated by a layer without weights (pooling) or with weights
 * named "conv" (upsampling); a convolution is followed by its activation and, optionally, a normalisation.
 */
function blocksOf(dict: StateDict, name: string, source: string): { blocks: number[][]; dims: number } {
  const step = dict.has(`${name}.2.running_mean`) ? 3 : 2;
  const has = (place: number, what = '') => dict.has(`${name}.${place}${what}.weight`);
  const blocks: number[][] = [[]];
  let dims = 0;
  for (let place = 0; ; ) {
    const shape = dict.get(`${name}.${place}.weight`)?.shape;
    if (shape && shape.length > 1) {
      lastOf(blocks).push(shape[0]);
      dims = shape.length - 2;
      place += step;
    } else if (has(place, '.conv') || (has(place + 1) && lastOf(blocks).length > 0)) {
      blocks.push([]);
      place += 1;
    } else break;
  }
  if (dims < 1 || dims > 2 || blocks.some((block) => block.length === 0)) {
    throw new ImportError(`${source} is not a VED that is known: the layers of ${name} are not those of pyroVED.`);
  }
  return { blocks, dims };
}

const lastOf = <T>(list: readonly T[]): T => list[list.length - 1];
