/** Options shared by several commands, and parsers of option values. */
import { precisions } from '@pyro-ts/spatial-decoder/internal';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseAngle } from 'pyroved-ts';
import { invarianceNames } from 'pyroved-ts/internal';
import type { Machine } from '../runs/index.js';

/** The options of a command, by their camel-case names. */
export type Given = Readonly<Record<string, unknown>>;

export const wholeNumber = (text: string): number => {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || text.trim() === '')
    throw new InvalidArgumentError('Must be an integer of at least 0.');
  return n;
};

/** A parser of integers of at least `least`. */
export const atLeast =
  (least: number) =>
  (text: string): number => {
    const n = wholeNumber(text);
    if (n < least) throw new InvalidArgumentError(`Must be an integer of at least ${least}.`);
    return n;
  };

export const decimal = (text: string): number => {
  const n = Number(text);
  if (!Number.isFinite(n) || text.trim() === '') throw new InvalidArgumentError('Must be a number.');
  return n;
};

export const positive = (text: string): number => {
  const n = decimal(text);
  if (!(n > 0)) throw new InvalidArgumentError('Must be a number greater than 0.');
  return n;
};

export const notNegative = (text: string): number => {
  const n = decimal(text);
  if (n < 0) throw new InvalidArgumentError('Must be a number of at least 0.');
  return n;
};

/** A fraction in [0, 1). */
export const share = (text: string): number => {
  const n = decimal(text);
  if (!(n >= 0 && n < 1)) throw new InvalidArgumentError('Must be a fraction of at least 0 and less than 1.');
  return n;
};

/** "3" or "2,5,7" */
const seeds = (text: string): number | number[] =>
  text.includes(',') ? text.split(',').map((part) => wholeNumber(part.trim())) : atLeast(1)(text);

export const seedsOption = (what: string): Option => parsed('--seeds <list>', what, seeds);

/** "128,128": integers of at least 1. */
export const counts = (text: string): number[] => text.split(',').map((part) => atLeast(1)(part.trim()));

/** "hearts,spades" */
export const names = (text: string): string[] => text.split(',').map((name) => name.trim());

/** "r,t", "rt" or "none" */
export const invariances = (text: string): string[] => {
  if (text.trim() === 'none') return [];
  const letters = text.includes(',') ? text.split(',').map((part) => part.trim()) : [...text.trim()];
  if (letters.length > 0 && letters.every((letter) => invarianceNames.some((name) => name === letter))) return letters;
  throw new InvalidArgumentError('Expected some of r, t, s and h, e.g. "r,t", or none.');
};

/** A parser of angles such as "30 deg" (degrees if there is no unit), in radians. */
export const radians =
  (option: string) =>
  (text: string): number =>
    (parseAngle(option, text) * Math.PI) / 180;

/** "counts", or "5,3,2" */
export const classPrior = (text: string): string | number[] => {
  if (['uniform', 'counts', 'learned'].includes(text)) return text;
  const weights = text.split(',').map(Number);
  if (weights.every((weight) => weight > 0)) return weights;
  throw new InvalidArgumentError('Expected uniform, counts, learned, or positive weights, e.g. 5,3,2.');
};

/** "0.1", or "learned" */
export const sigma = (text: string): number | 'learned' => (text === 'learned' ? text : positive(text));

/** Adds options under a separate heading in the help. */
export const group = (command: Command, heading: string, options: readonly Option[]): Command => {
  command.optionsGroup(heading);
  for (const option of options) command.addOption(option);
  return command;
};

/** The choices or the parser of an option's value; undefined for a flag and for text. */
export type Reader = readonly string[] | ((text: string) => unknown) | undefined;

/** The option with its reader. */
export function withReader(option: Option, reader: Reader): Option {
  if (typeof reader === 'function') return option.argParser(reader);
  return reader ? option.choices(reader) : option;
}

/** An option whose value is parsed by `parse`. */
export const parsed = <T>(flags: string, description: string, parse: (text: string) => T): Option =>
  new Option(flags, description).argParser(parse);

export const engineOption = (): Option =>
  new Option('--engine <name>', 'tensor engine (default: the fastest available; also PYRO_ENGINE)').choices([
    'tensorflow',
    'wasm',
    'cpu',
  ]);

export const addMachineOptions = (command: Command): Command =>
  group(command, 'Machine:', [
    engineOption(),
    new Option(
      '--kernel <name>',
      'kernel of the spatial decoder (default: the fastest available; also PYRO_KERNEL)',
    ).choices(['native', 'wasm', 'reference']),
    parsed('--threads <n>', 'threads of the spatial decoder (default: all cores; also PYRO_THREADS)', atLeast(1)),
    new Option(
      '--isa <name>',
      'instruction set of the native kernel, to get the same numbers on several machines: avx512, avx2, neon, scalar or amx (default: the fastest supported by the processor; also PYRO_NATIVE_ISA)',
    ),
    new Option(
      '--precision <name>',
      "precision of the spatial decoder's matrix products; bfloat16 keeps about three digits, is about three times as fast, and requires a processor with AMX (default: float32)",
    ).choices(precisions),
  ]);

export const machineOf = (given: Given): Machine =>
  picked(given, ['engine', 'kernel', 'threads', 'precision', 'isa']) as Machine;

export const seedOption = (what = 'random seed; the same seed, engine and kernel give the same numbers'): Option =>
  parsed('--seed <n>', what, wholeNumber).default(1);

/** The entries of `given` with these names that are defined. */
export function picked(given: Given, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]));
}

/** The options given on the command line, without defaults: the camel-case name and the flag. */
export const typedOptions = (command: Command): { name: string; flag: string }[] =>
  command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map((option) => ({ name: option.attributeName(), flag: option.long ?? option.flags }));
