/** The options that several commands share, and how their text becomes the library's options. */
import { precisions } from '@pyro-ts/spatial-decoder/internal';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { invarianceNames, parseAngle } from 'pyroved-ts';
import type { Machine } from '../runs/index.js';

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
export const classPrior = (text: string): string | number[] => {
  if (['uniform', 'counts', 'learned'].includes(text)) return text;
  const weights = text.split(',').map(Number);
  if (weights.every((weight) => weight > 0)) return weights;
  throw new InvalidArgumentError('Give uniform, counts, learned or positive weights as in 5,3,2.');
};

/** "0.1", or "learned" */
export const sigma = (text: string): number | 'learned' => (text === 'learned' ? text : positive(text));

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
