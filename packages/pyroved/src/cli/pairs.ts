/** `pyroved train` on pairs of inputs and outputs: the options of the encoder-decoder, and the run that they ask for. */
import { type Command, Option } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import type { PairsSource, PairsTrainSettings, VEDSettings } from '../runs/index.js';
import { reversed } from './convTable.js';
import { type Given, group, picked, typedOptions } from './options.js';
import { settingsIn } from './settings.js';
import { checkTraining, trainTable } from './trainTable.js';

export const addPairOptions = (command: Command): Command =>
  group(command, 'Pairs: a VED predicts outputs, such as spectra, from the items of --array, or "rods":', [
    new Option(
      '--outputs <file>',
      'what belongs to each item of --array: an array of as many images or signals (a VED has 50 epochs, a KL weight of 0.1, leakyRelu and a learning rate of 1e-3 by default)',
    ),
    new Option('--outputs-dataset <name>', 'the array in a file of outputs that holds several'),
    new Option('--reverse', 'rods: predict images from spectra (default: spectra from images)'),
  ]);

const own = ['outputs', 'outputsDataset', 'reverse'];
/** The other options of `train` that a run on pairs knows. */
const known = [
  ...own,
  ...[
    'model',
    'array',
    'dataset',
    'validationFraction',
    'seed',
    'size',
    'out',
    'overwrite',
    'engine',
    'kernel',
    'threads',
    'precision',
    'isa',
  ],
  ...['latentDim', 'likelihood', 'decoderSigma', 'activation', 'blocks', 'batchNorm', 'upsampling'],
  ...['epochs', 'batchSize', 'lr', 'klWeight', 'clipNorm', 'averageFrom', 'averageDecay', 'patience'],
];

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
  const isVED = given.model === 'VED';
  if (!isRods && given.outputs === undefined) {
    if (isVED) throw new PyrovedError('--model VED needs pairs: give --array and --outputs, or "rods".');
    const stray = typed.filter(({ name }) => own.includes(name)).map(({ flag }) => flag);
    if (stray.length === 0) return undefined;
    throw new PyrovedError(`${stray.join(', ')} ${stray.length > 1 ? 'go' : 'goes'} with --outputs or with "rods".`);
  }
  if (given.model !== undefined && !isVED) {
    throw new PyrovedError(`--model ${given.model} is not trained on pairs; a VED is. Omit --model, or the pairs.`);
  }
  const foreign = typed.filter(({ name }) => !known.includes(name)).map(({ flag }) => flag);
  if (foreign.length > 0) {
    throw new PyrovedError(`A run on pairs has no ${foreign.join(', ')}. Omit ${foreign.length > 1 ? 'them' : 'it'}.`);
  }
  // What was not typed has the defaults of other models, which are not this one's.
  const asked = Object.fromEntries(typed.map(({ name }) => [name, given[name]]));
  const { blocks } = asked as { blocks?: readonly (readonly number[])[] };
  return {
    source: isRods ? rods(asked, given) : pairs(word, asked, given),
    model: {
      ...picked(asked, ['latentDim', 'likelihood', 'decoderSigma', 'activation', 'batchNorm', 'upsampling']),
      ...(blocks && { hiddenEncoder: blocks, hiddenDecoder: reversed(blocks) }),
    },
    train: trainingIn(asked),
  };
}

/** Training options, of which `known` has those that a VED has. */
function trainingIn(asked: Given): PairsTrainSettings {
  const settings = settingsIn(asked, trainTable);
  checkTraining(asked, settings);
  return settings.train ?? {};
}

function rods(asked: Given, { seed }: Given): PairsSource {
  refuse(asked, ['array', 'outputs', 'outputsDataset', 'dataset', 'validationFraction'], '"rods" are generated');
  return { kind: 'rods', seed: seed as number, ...picked(asked, ['size', 'reverse']) };
}

function pairs(word: string | undefined, asked: Given, { seed }: Given): PairsSource {
  if (word !== undefined) throw new PyrovedError(`--outputs goes with --array, not with "${word}".`);
  refuse(asked, ['size', 'reverse'], 'arrays are taken as they are');
  const { array, outputs, ...rest } = asked;
  if (array === undefined) throw new PyrovedError('--outputs needs --array: the inputs that the outputs belong to.');
  return {
    kind: 'pairs',
    inputs: String(array),
    outputs: String(outputs),
    seed: seed as number,
    ...picked(rest, ['dataset', 'outputsDataset', 'validationFraction']),
  };
}

function refuse(asked: Given, names: readonly string[], because: string): void {
  const found = names.filter((name) => asked[name] !== undefined);
  if (found.length === 0) return;
  const flags = found.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  throw new PyrovedError(`Omit ${flags.join(', ')}: ${because}.`);
}
