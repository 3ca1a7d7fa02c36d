/** The options that several commands share, and how their text becomes the library's options. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CardsOptions } from '../data/index.js';
import type { Machine, ModelSettings, TrainSettings } from '../recipes/index.js';

export const wholeNumber = (text: string): number => {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || text.trim() === '') throw new InvalidArgumentError('It must be a whole number.');
  return n;
};

export const decimal = (text: string): number => {
  const n = Number(text);
  if (!Number.isFinite(n) || text.trim() === '') throw new InvalidArgumentError('It must be a number.');
  return n;
};

/** "128,128" */
const widths = (text: string): number[] => text.split(',').map((part) => wholeNumber(part.trim()));

/** "r,t", "rt" or "none" */
const invariances = (text: string): string[] => {
  if (text.trim() === 'none' || text.trim() === '') return [];
  return text.includes(',') ? text.split(',').map((part) => part.trim()) : [...text.trim()];
};

/** "1 to 1.3", "1,1.3": passed on as text, read with the data's own words for what is wrong. */
const group = (command: Command, heading: string, options: Option[]): Command => {
  command.optionsGroup(heading);
  for (const option of options) command.addOption(option);
  return command;
};

export const addMachineOptions = (command: Command): Command =>
  group(command, 'Machine:', [
    new Option(
      '--engine <name>',
      'tensor engine: tensorflow, wasm or cpu (default: the best that loads; also PYRO_ENGINE)',
    ),
    new Option(
      '--kernel <name>',
      'spatial decoder: native, wasm or reference (default: the best that loads; also PYRO_KERNEL)',
    ),
    new Option('--threads <n>', 'threads of the spatial decoder (default: all cores; also PYRO_THREADS)').argParser(
      wholeNumber,
    ),
  ]);

const cardsNames = [
  'preset',
  'angle',
  'labelledAngle',
  'shear',
  'scale',
  'translation',
  'axes',
  'labelledPerClass',
  'unlabelledPerClass',
  'validationPerClass',
] as const;

export const addCardsOptions = (command: Command): Command =>
  group(command, 'Generated card suits:', [
    new Option(
      '--preset <name>',
      'paper: 12,000 unlabelled, 800 labelled, 4,000 test images; small: an eighth of that',
    ).default('paper'),
    new Option('--angle <angle>', 'unlabelled and test images are turned by up to this much either way, e.g. "60 deg"'),
    new Option('--labelled-angle <angle>', 'likewise the labelled ones, e.g. "5 deg"'),
    new Option('--shear <angle>', 'e.g. "15 deg"; a percentage is read as the paper labels it (23% = 14.7 deg)'),
    new Option('--scale <range>', 'magnification, e.g. "1 to 1.3"'),
    new Option(
      '--translation <fraction>',
      'shift of unlabelled and test images, as a fraction of the width, e.g. 0.1 or "10%"',
    ),
    new Option('--axes <which>', 'vertical (as in the paper) or both'),
    new Option('--labelled-per-class <n>', 'labelled images of each suit').argParser(wholeNumber),
    new Option('--unlabelled-per-class <n>', 'unlabelled images of each suit').argParser(wholeNumber),
    new Option('--validation-per-class <n>', 'test images of each suit').argParser(wholeNumber),
    new Option(
      '--templates <path>',
      'your own classes: a JSON file of templates, or a folder with one image per class',
    ),
  ]);

/** What `cards` is told. */
export const cardsOptionsOf = (given: Record<string, unknown>): CardsOptions =>
  picked(given, cardsNames) as CardsOptions;

export const addModelOptions = (command: Command): Command =>
  group(command, 'Model:', [
    new Option(
      '--invariances <list>',
      'what is taken out of the content: r (rotation), t (translation), s (scale), or none',
    )
      .default(['r', 't'], 'r,t')
      .argParser(invariances),
    new Option('--latent-dim <n>', 'content latents').argParser(wholeNumber).default(2),
    new Option('--angle-prior <name>', 'normal or projected-normal').default('normal'),
    new Option('--likelihood <name>', 'bernoulli, continuousBernoulli or gaussian').default('bernoulli'),
    new Option('--hidden <widths>', 'widths of the hidden layers of every network, e.g. 128,128').argParser(widths),
    new Option('--activation <name>', 'tanh, relu, leakyRelu, softplus or gelu'),
    new Option(
      '--pixels <n>',
      'ask the decoder about this many pixels at each step, drawn anew (default: all)',
    ).argParser(wholeNumber),
    new Option(
      '--exact-classes <n>',
      'sum this many of the likeliest classes exactly and sample one of the rest (default: sum all)',
    ).argParser(wholeNumber),
  ]);

export function modelSettingsOf(given: Record<string, unknown>): ModelSettings {
  const { hidden, exactClasses } = given as { hidden?: number[]; exactClasses?: number };
  return {
    ...picked(given, ['invariances', 'latentDim', 'anglePrior', 'likelihood', 'activation', 'pixels']),
    ...(hidden && { hiddenEncoder: hidden, hiddenDecoder: hidden, hiddenClassifier: hidden }),
    ...(exactClasses !== undefined && { enumerate: 'sum-and-sample', exactClasses }),
  } as ModelSettings;
}

export const addTrainOptions = (command: Command): Command =>
  group(command, 'Training:', [
    new Option('--epochs <n>', 'passes over the unlabelled images').argParser(wholeNumber).default(100),
    new Option('--batch-size <n>', 'images a step').argParser(wholeNumber).default(64),
    new Option(
      '--lr <schedule>',
      "Adam's learning rate: a number, or an expression of epoch and epochs (default: 5e-4 with labels, 1e-3 without)",
    ),
    new Option(
      '--kl <schedule>',
      'weight of the KL term: a number, or an expression of epoch (from 0) and epochs',
    ).default('min(1 + epoch/29, 2)'),
    new Option('--aux-loss-multiplier <w>', "weight of the classifier's loss on labelled images")
      .argParser(decimal)
      .default(30),
    new Option(
      '--aux-step <how>',
      "joint: one step for both losses; pyroved: a second step, as in the paper's runs",
    ).default('joint'),
    new Option('--schedule <how>', 'when labelled batches come: spread, or pyroved as in the paper').default('spread'),
  ]);

export function trainSettingsOf(given: Record<string, unknown>): TrainSettings {
  const { kl, lr } = given as { kl?: string; lr?: string };
  return {
    ...picked(given, ['epochs', 'batchSize', 'auxLossMultiplier', 'auxStep', 'schedule']),
    ...(kl !== undefined && { scaleFactor: kl }),
    ...(lr !== undefined && { lr }),
  } as TrainSettings;
}

export const machineOf = (given: Record<string, unknown>): Machine =>
  picked(given, ['engine', 'kernel', 'threads']) as Machine;

export const addSeedOption = (command: Command): Command =>
  command.option('--seed <n>', 'the same seed, engine and kernel give the same numbers', wholeNumber, 1);

/** The entries of `given` that are there. */
function picked(given: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]));
}
