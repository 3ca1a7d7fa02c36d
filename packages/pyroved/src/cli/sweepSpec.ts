/** The specification of a sweep: from a YAML or JSON file, from the command line, or both; and the configurations it describes. */
import fs from 'node:fs';
import { Command, type Option } from 'commander';
import { OptionError, RandomStream } from 'pyro-ts';
import { didYouMean, rejectUnknownKeys } from 'pyro-ts/internal';
import { PyrovedError } from 'pyroved-ts';
import { parse } from 'yaml';
import { type Configuration, type SweepMetric, sweepMetrics } from '../runs/index.js';
import { drawnValue, gridValues, listOf, type OptionValues, parseValues } from '../sweep/values.js';
import { kindTable } from './kindTable.js';
import { seedOption, typedOptions } from './options.js';
import { addSettings } from './settings.js';
import { addSourceOptions } from './sources.js';
import { addRunSettings, settingsOf, studySource } from './study.js';

export const searches = ['grid', 'random', 'halving'] as const;
export type Search = (typeof searches)[number];

/** What a sweep tries. Options are named as on the command line, without dashes: `latent-dim`. */
export interface SweepSpec {
  /** Generated images or a folder, as the argument of `train`. */
  readonly source?: string;
  /** Options of all trainings. */
  readonly options: Readonly<Record<string, string>>;
  readonly vary: Readonly<Record<string, OptionValues>>;
  readonly search?: Search;
  /** Number of configurations drawn at random. */
  readonly trials?: number;
  readonly seeds?: number | readonly number[];
  readonly metric?: SweepMetric;
}

const keys = ['source', 'options', 'vary', 'search', 'trials', 'seeds', 'metric'] as const;

/** Whether an argument names a specification, by its ending. */
export const isSpecFile = (word: string | undefined): word is string =>
  word !== undefined && /\.(ya?ml|json)$/i.test(word);

/** A specification is short; a file beyond this is something else. */
const LARGEST = 1e6;

/** Reads a specification. @throws {PyrovedError} when it cannot be read or has unknown entries */
export function readSpec(file: string): SweepSpec {
  const content = parsedFile(file);
  if (!isRecord(content))
    throw new PyrovedError(`${file} must contain entries such as "vary:"; see pyroved sweep --help.`);
  rejectUnknownKeys(file, content, keys);
  const { source, options = {}, vary = {}, search, trials, seeds, metric } = content;
  if (source !== undefined && typeof source !== 'string') throw invalid(file, 'source', 'a name or a folder');
  if (!isRecord(options)) throw invalid(file, 'options', 'entries such as "epochs: 10"');
  if (!isRecord(vary)) throw invalid(file, 'vary', 'entries such as "latent-dim: [1, 2, 5]"');
  if (trials !== undefined && !isCount(trials)) throw invalid(file, 'trials', 'an integer of at least 1');
  if (seeds !== undefined && !isCount(seeds) && !(Array.isArray(seeds) && seeds.every(isWhole)))
    throw invalid(file, 'seeds', 'a number of seeds or a list of integers');
  const chosen = oneOf(file, 'search', search, searches);
  const figure = oneOf(file, 'metric', metric, Object.keys(sweepMetrics) as SweepMetric[]);
  return {
    ...(source !== undefined && { source }),
    options: mapped(options, (value, name) => textOf(file, name, value)),
    vary: mapped(vary, (value, name) => valuesOf(file, name, value)),
    ...(chosen && { search: chosen }),
    ...(trials !== undefined && { trials }),
    ...(seeds !== undefined && { seeds }),
    ...(figure && { metric: figure }),
  };
}

function parsedFile(file: string): unknown {
  try {
    if (fs.statSync(file).size > LARGEST) throw new Error(`it has more than ${LARGEST / 1e6} MB`);
    // Aliases could make a small file huge.
    return parse(fs.readFileSync(file, 'utf8'), { maxAliasCount: 0 });
  } catch (cause) {
    throw new PyrovedError(`Could not read ${file}: ${cause instanceof Error ? cause.message : cause}`, undefined, {
      cause,
    });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isCount = (value: unknown): value is number => isWhole(value) && value >= 1;

const invalid = (file: string, entry: string, expected: string): PyrovedError =>
  new PyrovedError(`${file}: "${entry}" must be ${expected}.`);

function oneOf<T extends string>(file: string, entry: string, value: unknown, known: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((name) => name === value);
  if (found === undefined) throw invalid(file, entry, `one of ${known.join(', ')}`);
  return found;
}

const mapped = <T>(entries: Record<string, unknown>, of: (value: unknown, name: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, of(value, name)]));

/** A value as one would type it; a list is separated by commas. */
function textOf(file: string, name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((entry) => textOf(file, name, entry)).join(',');
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value);
  throw invalid(file, name, 'a text, a number, true or false, or a list of them');
}

function valuesOf(file: string, name: string, value: unknown): OptionValues {
  if (Array.isArray(value))
    return listOf(
      name,
      value.map((entry) => textOf(file, name, entry)),
    );
  return parseValues(name, textOf(file, name, value));
}

/** "latent-dim=1,2,5" */
export function varied(text: string, before: Record<string, OptionValues> = {}): Record<string, OptionValues> {
  const at = text.indexOf('=');
  if (at < 1) throw new OptionError(`--vary ${text}: expected NAME=VALUES, e.g. latent-dim=1,2,5.`);
  const name = text.slice(0, at).replace(/^--/, '').trim();
  if (Object.hasOwn(before, name)) throw new OptionError(`--vary: ${name} is varied twice.`);
  return { ...before, [name]: parseValues(name, text.slice(at + 1)) };
}

/** More trials than anyone wants to wait for are a mistake. */
const MOST = 10_000;

/**
 * The configurations of a specification. `base` holds the options typed on the command line.
 * @throws {PyrovedError} for options that no training has, or that contradict each other
 */
export function configurationsOf(spec: SweepSpec, base: Command, seed: number): Configuration[] {
  const names = Object.keys(spec.vary);
  if (names.length === 0) throw new PyrovedError('A sweep varies options, e.g. --vary latent-dim=1,2,5.');
  const twice = names.find((name) => Object.hasOwn(spec.options, name));
  if (twice !== undefined) throw new PyrovedError(`${twice} is given and varied.`);
  const combinations = spec.search === 'random' || spec.trials !== undefined ? drawn(spec, seed) : grid(spec.vary);
  return combinations.map((values) => ({ values, settings: settingsFor(spec, values, base) }));
}

function grid(vary: SweepSpec['vary']): Record<string, string>[] {
  const entries = Object.entries(vary).map(([name, values]) => [name, gridValues(name, values)] as const);
  const size = entries.reduce((product, [, values]) => product * values.length, 1);
  if (size > MOST)
    throw new PyrovedError(
      `The grid has ${size} configurations; at most ${MOST} are possible. Draw at random: --trials.`,
    );
  return entries.reduce<Record<string, string>[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

/** Distinct random configurations; fewer where there are not as many. */
function drawn({ vary, trials = 20 }: SweepSpec, seed: number): Record<string, string>[] {
  if (trials > MOST) throw new PyrovedError(`trials must be at most ${MOST}; got ${trials}.`);
  const random = new RandomStream(seed).fork('sweep');
  const found = new Map<string, Record<string, string>>();
  for (let attempt = 0; found.size < trials && attempt < 20 * trials; attempt++) {
    const values = Object.fromEntries(Object.entries(vary).map(([name, given]) => [name, drawnValue(given, random)]));
    found.set(JSON.stringify(values), values);
  }
  return [...found.values()];
}

/** The settings of `train` with these options. */
function settingsFor(
  spec: SweepSpec,
  values: Readonly<Record<string, string>>,
  base: Command,
): Configuration['settings'] {
  const parser = trainingOptions();
  for (const { name } of typedOptions(base))
    if (parser.options.some((option) => option.attributeName() === name))
      parser.setOptionValueWithSource(name, base.getOptionValue(name), 'cli');
  for (const [name, text] of Object.entries({ ...spec.options, ...values })) set(parser, name, text);
  const given = parser.opts();
  const source = studySource(spec.source, given, parser);
  const { overwrite: _, ...settings } = settingsOf(given);
  return { source, ...settings };
}

/** A command with the options of a training that a sweep can give. */
function trainingOptions(): Command {
  const command = new Command().addOption(seedOption());
  addSourceOptions(command);
  addSettings(command, 'Kind of model:', kindTable);
  addRunSettings(command);
  return command;
}

/** Sets an option from text. @throws {PyrovedError} for an unknown option or an invalid value */
function set(command: Command, name: string, text: string): void {
  const option = command.options.find(({ long }) => long === `--${name}`);
  if (!option) {
    const known = command.options.map(({ long }) => (long ?? '').slice(2));
    throw new PyrovedError(`A training has no option "${name}".${didYouMean(name, known)}`);
  }
  command.setOptionValueWithSource(option.attributeName(), parsedValue(option, text), 'cli');
}

function parsedValue(option: Option, text: string): unknown {
  if (option.isBoolean()) {
    if (text === 'true' || text === 'false') return (text === 'true') !== option.negate;
    throw new PyrovedError(`${option.name()} is true or false, not "${text}".`);
  }
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined);
  } catch (cause) {
    throw new PyrovedError(
      `${option.name()} = "${text}": ${cause instanceof Error ? cause.message : cause}`,
      undefined,
      { cause },
    );
  }
}
