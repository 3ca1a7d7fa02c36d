/** Tables of the options of a run: each entry has the flag, the help text, the parser and the setting it sets. */
import { type Command, Option } from 'commander';
import type { Preprocessing, RecognitionOptions } from 'pyroved-ts';
import type { ModelSettings, PreprocessSetting, RecipeName, TrainSettings } from '../runs/index.js';
import { type Given, type Reader, withReader } from './options.js';

/** The settings given by the options of a run. */
export interface RunSettings {
  readonly model?: ModelSettings;
  readonly train?: TrainSettings;
  readonly preprocess?: PreprocessSetting;
  readonly recipe?: RecipeName;
}

/** The setting that a value is assigned to. */
type Place =
  | `model.${keyof ModelSettings}`
  | `model.recognition.${keyof RecognitionOptions}`
  | `train.${keyof TrainSettings}`
  | `preprocess.${keyof Preprocessing}`
  | 'recipe';

/** A function that computes the settings from the value and the other options. */
type Effect = (value: never, given: Given) => RunSettings;

export interface Setting {
  readonly option: Option;
  readonly section: keyof RunSettings;
  readonly of: (value: unknown, given: Given) => RunSettings;
}

/**
 * One option of a run.
 * @example setting('--latent-dim <n>', 'content latents (default: 2)', atLeast(1), 'model.latentDim')
 */
export function setting(
  flags: string,
  help: string,
  reader: Reader,
  to: Place | { readonly [section in keyof RunSettings]?: Effect },
): Setting {
  const option = withReader(new Option(flags, help), reader);
  if (typeof to === 'string') {
    const path = to.split('.');
    return { option, section: path[0] as keyof RunSettings, of: (value) => nested(path, value) };
  }
  const [[section, effect]] = Object.entries(to) as [
    [keyof RunSettings, (value: unknown, given: Given) => RunSettings],
  ];
  return { option, section, of: effect };
}

/** { a: { b: value } } for the path a.b. */
const nested = (path: readonly string[], value: unknown): RunSettings =>
  path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as RunSettings;

/** The settings described by the given options, merged in the order of the table. */
export const settingsIn = (given: Given, table: readonly Setting[]): RunSettings =>
  table.reduce<RunSettings>((all, { option, of }) => {
    const value = given[option.attributeName()];
    return value === undefined ? all : merged(all, of(value, given));
  }, {});

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.getPrototypeOf(value) === Object.prototype;

/** Deep merge; `b` takes precedence. */
function merged<T extends object>(a: T, b: T): T {
  const both: Record<string, unknown> = Object.fromEntries(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const before = both[key];
    both[key] = isRecord(before) && isRecord(value) ? merged(before, value) : value;
  }
  return both as T;
}

/** Adds the options of a table under `heading`, except those named in `without`. */
export function addSettings(
  command: Command,
  heading: string,
  table: readonly Setting[],
  without: readonly string[] = [],
): Command {
  command.optionsGroup(heading);
  for (const { option } of table) if (!without.includes(option.attributeName())) command.addOption(option);
  return command;
}
