/** `pyroved train` on pairs of inputs and outputs: the options of the VED and the resulting request. */
import { type Command, Option } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import type { PairsSource, PairsTrainSettings, VEDSettings } from '../runs/index.js';
import { reversed } from './convTable.js';
import { type Given, group, picked, typedOptions } from './options.js';
import { settingsIn } from './settings.js';
import { checkTraining, trainTable } from './trainTable.js';

export const addPairOptions = (command: Command): Command =>
  group(command, 'Pairs (a VED predicts outputs, such as spectra, from the items of --array; or "rods"):', [
    new Option(
      '--outputs <file>',
      'outputs for the items of --array: an array of as many images or signals (VED defaults: 50 epochs, KL weight 0.1, leakyRelu, learning rate 1e-3)',
    ),
    new Option('--outputs-dataset <name>', 'name of the array in a file of outputs with several arrays'),
    new Option('--reverse', 'rods: predict images from spectra instead of spectra from images'),
  ]);

const own = ['outputs', 'outputsDataset', 'reverse'];
const ofRods = ['size', 'reverse'] as const;
const ofPairs = ['dataset', 'outputsDataset', 'validationFraction'] as const;
const ofModel = [
  'latentDim',
  'likelihood',
  'decoderSigma',
  'activation',
  'batchNorm',
  'upsampling',
] as const satisfies readonly (keyof VEDSettings)[];
const ofTraining = [
  'epochs',
  'batchSize',
  'lr',
  'klWeight',
  'clipNorm',
  'compile',
  'averageFrom',
  'averageDecay',
  'patience',
];
const ofRun = ['model', 'seed', 'out', 'overwrite', 'engine', 'kernel', 'threads', 'precision', 'isa'];
/** All options of `train` that apply to a run on pairs. */
const known: readonly string[] = [
  ...own,
  'array',
  ...ofRods,
  ...ofPairs,
  ...ofModel,
  'blocks',
  ...ofTraining,
  ...ofRun,
];

export interface PairsRequest {
  readonly source: PairsSource;
  readonly model: VEDSettings;
  readonly train: PairsTrainSettings;
}

/**
 * The request for a run on pairs; undefined if the options describe another run.
 * @throws {PyrovedError} for options that do not apply to pairs.
 */
export function pairsOf(word: string | undefined, given: Given, command: Command): PairsRequest | undefined {
  const typed = typedOptions(command);
  const isRods = word === 'rods';
  const isVED = given.model === 'VED';
  if (!isRods && given.outputs === undefined) {
    if (isVED) throw new PyrovedError('--model VED requires pairs: use --array with --outputs, or "rods".');
    const stray = typed.filter(({ name }) => own.includes(name)).map(({ flag }) => flag);
    if (stray.length === 0) return undefined;
    throw new PyrovedError(`${stray.join(', ')} ${stray.length > 1 ? 'require' : 'requires'} --outputs or "rods".`);
  }
  if (given.model !== undefined && !isVED) {
    throw new PyrovedError(
      `--model ${given.model} cannot be trained on pairs; only a VED can. Omit --model, or the pairs.`,
    );
  }
  const foreign = typed.filter(({ name }) => !known.includes(name)).map(({ flag }) => flag);
  if (foreign.length > 0) {
    throw new PyrovedError(
      `${foreign.join(', ')} ${foreign.length > 1 ? 'are' : 'is'} not supported for runs on pairs. Omit ${foreign.length > 1 ? 'them' : 'it'}.`,
    );
  }
  // The parsed defaults are those of other models, so only options given on the command line count.
  const options = Object.fromEntries(typed.map(({ name }) => [name, given[name]]));
  const { blocks } = options as { blocks?: readonly (readonly number[])[] };
  return {
    source: isRods ? rods(options, given) : pairs(word, options, given),
    model: {
      ...picked(options, ofModel),
      ...(blocks && { hiddenEncoder: blocks, hiddenDecoder: reversed(blocks) }),
    },
    train: trainingIn(options),
  };
}

/** The training options; only those listed in `known` can occur. */
function trainingIn(options: Given): PairsTrainSettings {
  const settings = settingsIn(options, trainTable);
  checkTraining(options, settings);
  return settings.train ?? {};
}

function rods(options: Given, { seed }: Given): PairsSource {
  reject(options, ['array', 'outputs', ...ofPairs], '"rods" are generated');
  return { kind: 'rods', seed: seed as number, ...picked(options, ofRods) };
}

function pairs(word: string | undefined, options: Given, { seed }: Given): PairsSource {
  if (word !== undefined) throw new PyrovedError(`--outputs requires --array and cannot be combined with "${word}".`);
  reject(options, ofRods, 'arrays are not resized or reversed');
  const { array, outputs, ...rest } = options;
  if (array === undefined) throw new PyrovedError('--outputs requires --array, the inputs.');
  return {
    kind: 'pairs',
    inputs: String(array),
    outputs: String(outputs),
    seed: seed as number,
    ...picked(rest, ofPairs),
  };
}

function reject(options: Given, names: readonly string[], because: string): void {
  const found = names.filter((name) => options[name] !== undefined);
  if (found.length === 0) return;
  const flags = found.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  throw new PyrovedError(`Omit ${flags.join(', ')}: ${because}.`);
}
