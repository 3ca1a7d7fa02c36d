/** `pyroved train` on pairs of inputs and targets: the options of the encoder-decoder, and the run that they ask for. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PyrovedError } from '../errors.js';
import type { ConvOptions } from '../nets/index.js';
import { upsamplings } from '../nets/index.js';
import type { PairsSource, PairsTrainSettings, VEDSettings } from '../recipes/index.js';
import { type Given, group, picked, typedOptions } from './options.js';

export const addPairOptions = (command: Command): Command =>
  group(command, 'Pairs: a VED predicts targets, such as spectra, from the items of --array, or "rods":', [
    new Option('--targets <file>', 'what belongs to each item of --array: an array of as many images or signals'),
    new Option('--targets-dataset <name>', 'the array in a file of targets that holds several'),
    new Option('--reverse', 'rods: predict images from spectra (default: spectra from images)'),
    new Option(
      '--blocks <channels>',
      'channels of the encoder\'s convolutions, block by block; the decoder has the reverse (default: "32 64,64 128,128")',
    ).argParser(blocks),
    new Option('--batch-norm', 'normalise each channel over the batch'),
    new Option(
      '--upsampling <how>',
      'how the decoder doubles a size (default: linear for images, nearest for signals)',
    ).choices(upsamplings),
  ]);

/** The other options of `train` that a run on pairs knows. */
const shared = ['array', 'dataset', 'heldOut', 'seed', 'size', 'latentDim', 'likelihood', 'activation'];
const training = ['epochs', 'batchSize', 'lr', 'kl'];
const machine = ['engine', 'kernel', 'threads', 'out', 'overwrite'];
const own = ['targets', 'targetsDataset', 'reverse', 'blocks', 'batchNorm', 'upsampling'];

export interface PairsRequest {
  readonly source: PairsSource;
  readonly model: VEDSettings;
  readonly train: PairsTrainSettings;
}

/**
 * The run on pairs that was asked for; undefined where it is another run.
 * @throws {PyrovedError} for options that do not go with it.
 */
export function pairsOf(word: string | undefined, given: Given, command: Command): PairsRequest | undefined {
  const typed = typedOptions(command);
  const isRods = word === 'rods';
  if (!isRods && given.targets === undefined) {
    const stray = typed.filter(({ name }) => own.includes(name)).map(({ flag }) => flag);
    if (stray.length === 0) return undefined;
    throw new PyrovedError(`${stray.join(', ')} ${stray.length > 1 ? 'go' : 'goes'} with --targets or with "rods".`);
  }
  const known = [...shared, ...training, ...machine, ...own];
  const foreign = typed.filter(({ name }) => !known.includes(name)).map(({ flag }) => flag);
  if (foreign.length > 0) {
    throw new PyrovedError(
      `A run on pairs has no ${foreign.join(', ')}. Leave ${foreign.length > 1 ? 'them' : 'it'} out.`,
    );
  }
  // The defaults of the other models are not this one's.
  const asked = Object.fromEntries(typed.map(({ name }) => [name, given[name]]));
  const { kl, blocks: hiddenEncoder, ...rest } = asked as { kl?: string; blocks?: ConvOptions['blocks'] };
  return {
    source: isRods ? rods(rest, given) : pairs(word, rest, given),
    model: {
      ...picked(rest, ['latentDim', 'likelihood', 'activation', 'batchNorm', 'upsampling']),
      ...(hiddenEncoder && {
        hiddenEncoder,
        hiddenDecoder: hiddenEncoder.map((block) => block.toReversed()).toReversed(),
      }),
    },
    train: { ...picked(rest, ['epochs', 'batchSize', 'lr']), ...(kl !== undefined && { scaleFactor: kl }) },
  };
}

function rods(asked: Given, { seed }: Given): PairsSource {
  refuse(asked, ['array', 'targets', 'targetsDataset', 'dataset', 'heldOut'], '"rods" are generated');
  return { kind: 'rods', seed: seed as number, ...picked(asked, ['size', 'reverse']) };
}

function pairs(word: string | undefined, asked: Given, { seed }: Given): PairsSource {
  if (word !== undefined) throw new PyrovedError(`--targets goes with --array, not with "${word}".`);
  refuse(asked, ['size', 'reverse'], 'arrays are taken as they are');
  const { array, targets, ...rest } = asked;
  if (array === undefined) throw new PyrovedError('--targets needs --array: the inputs that the targets belong to.');
  return {
    kind: 'pairs',
    inputs: String(array),
    targets: String(targets),
    seed: seed as number,
    ...picked(rest, ['dataset', 'targetsDataset', 'heldOut']),
  };
}

function refuse(asked: Given, names: readonly string[], because: string): void {
  const found = names.filter((name) => asked[name] !== undefined);
  if (found.length === 0) return;
  const flags = found.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  throw new PyrovedError(`Leave out ${flags.join(', ')}: ${because}.`);
}

function blocks(text: string): number[][] {
  const lists = text
    .trim()
    .split(/\s+/)
    .map((block) => block.split(',').map(Number));
  if (lists.every((block) => block.every((n) => Number.isInteger(n) && n > 0))) return lists;
  throw new InvalidArgumentError('Give channels block by block, as in "32 64,64 128,128".');
}
