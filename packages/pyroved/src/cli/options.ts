/** The options that several commands share, and how their text becomes the library's options. */
import { activations, precisions } from '@pyro-ts/spatial-decoder';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  angleGuideNames,
  anglePriorNames,
  invarianceNames,
  likelihoodNames,
  PyrovedError,
  parseAngle,
  scheduleOf,
  templateDefaults,
} from 'pyroved-ts';
import { type Machine, type ModelSettings, type TrainSettings, trainDefaults } from '../runs/index.js';

/** The options of a command as they were given, by their names in the library's spelling. */
export type Given = Readonly<Record<string, unknown>>;

export const wholeNumber = (text: string): number => {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || text.trim() === '') throw new InvalidArgumentError('It must be a whole number.');
  return n;
};

/** A reader of whole numbers from `least` on. */
export const atLeast =
  (least: number) =>
  (text: string): number => {
    const n = wholeNumber(text);
    if (n < least) throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    return n;
  };

export const decimal = (text: string): number => {
  const n = Number(text);
  if (!Number.isFinite(n) || text.trim() === '') throw new InvalidArgumentError('It must be a number.');
  return n;
};

export const positive = (text: string): number => {
  const n = decimal(text);
  if (!(n > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return n;
};

export const notNegative = (text: string): number => {
  const n = decimal(text);
  if (n < 0) throw new InvalidArgumentError('It must be a number of at least 0.');
  return n;
};

/** A share that leaves something over. */
export const share = (text: string): number => {
  const n = decimal(text);
  if (!(n >= 0 && n < 1)) throw new InvalidArgumentError('It must be a share from 0 to less than 1.');
  return n;
};

/** "3" or "2,5,7" */
const seeds = (text: string): number | number[] =>
  text.includes(',') ? text.split(',').map((part) => wholeNumber(part.trim())) : atLeast(1)(text);

export const seedsOption = (what: string): Option => parsed('--seeds <list>', what, seeds);

/** "128,128": whole numbers from 1. */
export const counts = (text: string): number[] => text.split(',').map((part) => atLeast(1)(part.trim()));

/** "hearts,spades" */
export const names = (text: string): string[] => text.split(',').map((name) => name.trim());

/** "r,t", "rt" or "none" */
export const invariances = (text: string): string[] => {
  if (text.trim() === 'none') return [];
  const letters = text.includes(',') ? text.split(',').map((part) => part.trim()) : [...text.trim()];
  if (letters.length > 0 && letters.every((letter) => invarianceNames.some((name) => name === letter))) return letters;
  throw new InvalidArgumentError('Give r, t, s and h as in "r,t", or none.');
};

/** A reader of "30 deg", in degrees where no unit is given, as radians. */
export const radians =
  (option: string) =>
  (text: string): number =>
    (parseAngle(option, text) * Math.PI) / 180;

/** "counts", or "5,3,2" */
const classPrior = (text: string): string | number[] => {
  if (['uniform', 'counts', 'learned'].includes(text)) return text;
  const weights = text.split(',').map(Number);
  if (weights.every((weight) => weight > 0)) return weights;
  throw new InvalidArgumentError('Give uniform, counts, learned or positive weights as in 5,3,2.');
};

/** "0.1", or "learned" */
const sigma = (text: string): number | 'learned' => (text === 'learned' ? text : positive(text));

/** Options under a heading of their own in the help. */
export const group = (command: Command, heading: string, options: readonly Option[]): Command => {
  command.optionsGroup(heading);
  for (const option of options) command.addOption(option);
  return command;
};

/** An option that is read by `parse`. */
export const parsed = <T>(flags: string, description: string, parse: (text: string) => T): Option =>
  new Option(flags, description).argParser(parse);

export const engineOption = (): Option =>
  new Option('--engine <name>', 'tensor engine (default: the best that loads; also PYRO_ENGINE)').choices([
    'tensorflow',
    'wasm',
    'cpu',
  ]);

export const addMachineOptions = (command: Command): Command =>
  group(command, 'Machine:', [
    engineOption(),
    new Option('--kernel <name>', 'spatial decoder (default: the best that loads; also PYRO_KERNEL)').choices([
      'native',
      'wasm',
      'reference',
    ]),
    parsed('--threads <n>', 'threads of the spatial decoder (default: all cores; also PYRO_THREADS)', atLeast(1)),
    new Option(
      '--isa <name>',
      'instruction set of the native kernel, for the same numbers on several machines: avx512, avx2, neon, scalar or amx (default: the best that the processor runs; also PYRO_NATIVE_ISA)',
    ),
    new Option(
      '--precision <name>',
      "of the spatial decoder's products; bfloat16 rounds them to three digits and is three times as fast, on processors with AMX (default: float32)",
    ).choices(precisions),
  ]);

export const machineOf = (given: Given): Machine =>
  picked(given, ['engine', 'kernel', 'threads', 'precision', 'isa']) as Machine;

/** `without` names options, in the library's spelling, that a command says in another way. */
export const addModelOptions = (command: Command, without: readonly string[] = []): Command =>
  group(
    command,
    'Model:',
    modelOptions().filter((option) => !without.includes(option.attributeName())),
  );

const modelOptions = (): Option[] => [
  parsed(
    '--invariances <list>',
    'what is taken out of the content: r (rotation), t (translation), s (scale), h (shear), or none (default: r,t; for signals t)',
    invariances,
  ),
  parsed(
    '--latent-dim <n>',
    'content latents, those of the pose apart (default: 2; 4 with --decoder template)',
    atLeast(1),
  ),
  new Option('--angle-prior <name>', 'prior of the angle (default: uniform with recognition, else normal)').choices(
    anglePriorNames,
  ),
  parsed(
    '--angle-scale <angle>',
    'standard deviation of the normal angle prior, e.g. "30 deg" (default: 1 rad)',
    radians('--angle-scale'),
  ),
  parsed(
    '--shear-prior <width>',
    'with the invariance h: standard deviation of the two numbers of the shear, each half the tangent of an angle (default: 0.1)',
    positive,
  ),
  parsed('--angle-concentration <k>', 'concentration of the von Mises angle prior (default: 1)', decimal),
  new Option(
    '--angle-guide <name>',
    'without recognition: unimodal, one likely angle per image; binned, several, summed over bins of the circle (default: unimodal)',
  ).choices(angleGuideNames),
  parsed('--angle-bins <n>', 'bins of the binned angle guide (default: 8)', atLeast(2)),
  parsed(
    '--exact-bins <n>',
    'sum this many of the likeliest bins exactly and sample one of the rest (default: with --exact-classes 1, else all)',
    atLeast(1),
  ),
  parsed(
    '--class-prior <what>',
    'uniform; counts: as frequent as among the labels; learned; or weights such as 5,3,2 (default: uniform)',
    classPrior,
  ),
  new Option(
    '--likelihood <name>',
    'distribution of the pixel values (default: bernoulli; gaussian for images that are preprocessed)',
  ).choices(likelihoodNames),
  parsed(
    '--decoder-sigma <sigma>',
    'with --likelihood gaussian: standard deviation of a pixel, or learned (default: 0.5; learned for standardised images)',
    sigma,
  ),
  parsed('--hidden <widths>', 'hidden layers of every network (default: 128,128)', counts),
  new Option('--activation <name>', 'after each hidden layer').choices(activations).default('tanh'),
  parsed(
    '--pixels <n>',
    'number of pixels decoded per step, a new random subset each step (default: 288 with recognition, else all)',
    atLeast(1),
  ),
  parsed(
    '--exact-classes <n>',
    'sum this many of the likeliest classes exactly and sample one of the rest (default: sum all)',
    atLeast(1),
  ),
];

/** Content latents where neither the options nor the decoder say. */
const USUAL_LATENTS = 2;

export function modelSettingsOf(given: Given): ModelSettings {
  const { hidden, exactClasses } = given as { hidden?: number[]; exactClasses?: number };
  const { angleScale: scale, angleConcentration: concentration } = given;
  const ofPrior = picked({ scale, concentration }, ['scale', 'concentration']);
  return {
    ...(given.decoder !== 'template' && { latentDim: USUAL_LATENTS }),
    ...picked(given, ['invariances', 'latentDim', 'anglePrior', 'shearPrior', 'likelihood', 'activation', 'pixels']),
    ...picked(given, [
      'angleGuide',
      'angleBins',
      'exactBins',
      'classPrior',
      'decoderSigma',
      'extraClasses',
      'templatesPerClass',
    ]),
    ...(Object.keys(ofPrior).length > 0 && { anglePrior: { name: given.anglePrior ?? 'normal', ...ofPrior } }),
    ...(hidden && { hidden }),
    ...(exactClasses !== undefined && { enumerate: 'sum-and-sample', exactClasses }),
  } as ModelSettings;
}

export const addTrainOptions = (command: Command): Command =>
  group(command, 'Training:', [
    parsed(
      '--epochs <n>',
      `passes over the unlabelled images (default: about 1,600 steps with recognition, else ${trainDefaults.epochs})`,
      atLeast(1),
    ),
    parsed(
      '--batch-size <n>',
      `images per step (default: ${trainDefaults.batchSize}; ${templateDefaults.batchSize} with --decoder template)`,
      atLeast(1),
    ),
    new Option(
      '--lr <schedule>',
      "Adam's learning rate: a number, or an expression of epoch (from 0) and epochs (default: 5e-4 with labels, 1e-3 without)",
    ),
    new Option(
      '--kl-weight <schedule>',
      `weight of the KL term: a number, or an expression likewise (default: 10, falling to 1 in the first third, with recognition; else ${trainDefaults.klWeight})`,
    ),
    parsed(
      '--aux-loss-multiplier <w>',
      `without recognition: weight of the classifier's loss on labelled images (default: ${trainDefaults.auxLossMultiplier})`,
      notNegative,
    ),
    new Option(
      '--aux-step <how>',
      "without recognition: joint, one step for both losses; pyroved, a second step, as in the paper's runs (default: joint)",
    ).choices(['joint', 'pyroved']),
    new Option(
      '--warm-up <n>',
      'without recognition: passes over the labelled images before the first epoch (default: 0)',
    ).argParser(wholeNumber),
    new Option(
      '--schedule <how>',
      'without recognition: when labelled batches come, evenly spread or as pyroved places them (default: spread)',
    ).choices(['spread', 'pyroved']),
    parsed(
      '--clip-norm <length>',
      "longer gradients of a parameter are scaled down to this (default: don't)",
      positive,
    ),
    parsed(
      '--average-from <epoch>',
      'from this epoch on (the first is 1), keep the mean of the weights and judge that (default: no mean)',
      atLeast(1),
    ),
    parsed('--average-decay <share>', 'an exponential mean instead: how much of it is kept at each step', share),
    parsed('--patience <epochs>', 'end where nothing became better for so many epochs (default: go on)', atLeast(1)),
    new Option(
      '--stop-on <what>',
      'what has to become better: the loss; or the accuracy on a fifth of the labels, kept aside for this',
    )
      .choices(['loss', 'accuracy'])
      .default('loss'),
  ]);

/** @throws {OptionError} for a schedule that has no value in some epoch, under the option's own name. */
export function trainSettingsOf(given: Given): TrainSettings {
  const { klWeight, lr, epochs = trainDefaults.epochs } = given as { klWeight?: string; lr?: string; epochs?: number };
  if (klWeight !== undefined) scheduleOf(klWeight, { option: '--kl-weight', epochs });
  if (lr !== undefined) scheduleOf(lr, { option: '--lr', epochs });
  const averageWeights = averageOf(given, epochs);
  const { patience, stopOn: on } = given as { patience?: number; stopOn?: 'loss' | 'accuracy' };
  if (on === 'accuracy' && patience === undefined) throw new PyrovedError('--stop-on accuracy goes with --patience.');
  return {
    ...picked(given, ['epochs', 'batchSize', 'auxLossMultiplier', 'auxStep', 'schedule', 'warmUp', 'clipNorm']),
    ...(klWeight !== undefined && { klWeight }),
    ...(lr !== undefined && { lr }),
    ...(averageWeights && { averageWeights }),
    ...(patience !== undefined && { earlyStopping: { patience, ...(on && { on }) } }),
  } as TrainSettings;
}

function averageOf({ averageFrom, averageDecay }: Given, epochs: number): TrainSettings['averageWeights'] {
  const { from, decay } = { from: averageFrom as number | undefined, decay: averageDecay as number | undefined };
  if (from === undefined && decay === undefined) return undefined;
  if (from !== undefined && from > epochs) {
    throw new PyrovedError(`--average-from is an epoch from 1 to ${epochs}, the epochs of the run, not ${from}.`);
  }
  if (decay === 0) throw new PyrovedError('--average-decay is between 0 and 1, such as 0.999.');
  return { ...(from !== undefined && { from }), ...(decay !== undefined && { decay }) };
}

export const seedOption = (what = 'the same seed, engine and kernel give the same numbers'): Option =>
  parsed('--seed <n>', what, wholeNumber).default(1);

/** The entries of `given` that are there. */
export function picked(given: Given, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]));
}

/** The options that a person typed, without defaults: the name in the library's spelling, and the flag. */
export const typedOptions = (command: Command): { name: string; flag: string }[] =>
  command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map((option) => ({ name: option.attributeName(), flag: option.long ?? option.flags }));
