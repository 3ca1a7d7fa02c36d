/** `config.json` of a run folder: all that is needed to make the run again, checked when it is written and read. */
import type { Precision } from '@pyro-ts/spatial-decoder';
import { precisions } from '@pyro-ts/spatial-decoder/internal';
import { didYouMean } from 'pyro-ts/internal';
import { RunError } from './errors.js';
import { withCurrentNames } from './formerNames.js';
import { isJsonObject, type Json, type JsonObject, parseJsonObject, toJsonObject } from './json.js';

/** The run whose weights another one starts from. */
export interface RunOrigin {
  /** Its folder, as it was given. */
  readonly run: string;
  /** Epochs and steps that its weights have been trained for. */
  readonly epochs: number;
  readonly steps: number;
}

/** What a caller says of a run. The sections hold the options of the model, the data and the trainer as they are. */
export interface RunSettings {
  readonly model: object;
  readonly data: object;
  readonly train: object;
  readonly seed: number;
  /** The tfjs backend that ran, e.g. "wasm". */
  readonly engine: string;
  /** The spatial decoder's kernel that ran, e.g. "native". */
  readonly kernel: string;
  /** Of the kernel's matrix products; absent in runs of before it was kept. */
  readonly precision?: Precision;
  /** Instruction set of the kernel, e.g. "avx512"; absent where it has none to choose from, and in older runs. */
  readonly isa?: string;
  /** The run that this one extends; absent for a run that starts from random weights. */
  readonly from?: RunOrigin;
  /** Package names and their versions, Node's too. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What `config.json` holds. */
export interface RunConfig extends RunSettings {
  readonly format: typeof RUN_FORMAT;
  readonly version: typeof RUN_VERSION;
  /** When the run was made, as an ISO date. */
  readonly createdAt: string;
  readonly model: JsonObject;
  readonly data: JsonObject;
  readonly train: JsonObject;
}

/** The name and the version of the format; a reader refuses a newer version. */
export const RUN_FORMAT = 'pyroved-run';
export const RUN_VERSION = 1;

const KEYS = [
  ...[
    'format',
    'version',
    'createdAt',
    'seed',
    'engine',
    'kernel',
    'precision',
    'isa',
    'model',
    'data',
    'train',
    'versions',
    'from',
  ],
];

/** `settings` as `config.json` will hold them. @throws RunError for what JSON cannot hold or what is missing. */
export function runConfig(settings: RunSettings, createdAt = new Date().toISOString()): RunConfig {
  return checkedConfig(
    toJsonObject({ format: RUN_FORMAT, version: RUN_VERSION, createdAt, ...settings }, 'config'),
    'config',
  );
}

/** The text of `config.json`. */
export const formatConfig = (config: RunConfig): string => `${JSON.stringify(config, null, 2)}\n`;

/** What the text of `config.json` holds. @throws RunError that names `source` and the entry at fault. */
export const parseConfig = (text: string, source: string): RunConfig =>
  checkedConfig(withCurrentNames(parseJsonObject(text, source)), source);

function checkedConfig(json: JsonObject, source: string): RunConfig {
  if (json.format !== RUN_FORMAT)
    throw new RunError(`${source} is not the configuration of a run: it has no "format": "${RUN_FORMAT}".`);
  if (typeof json.version !== 'number' || !Number.isInteger(json.version) || json.version < 1)
    throw new RunError(`${source}: "version" has to be a whole number, but is ${shown(json.version)}.`);
  if (json.version > RUN_VERSION)
    throw new RunError(
      `${source} has version ${json.version}, but this program knows versions up to ${RUN_VERSION}. Update pyroved.`,
    );
  for (const key of Object.keys(json))
    if (!KEYS.includes(key)) throw new RunError(`${source} has an unknown entry "${key}".${didYouMean(key, KEYS)}`);
  const section = (key: string): JsonObject => {
    const value = json[key];
    if (isJsonObject(value)) return value;
    throw new RunError(`${source}: "${key}" has to be an object of options.`);
  };
  const [model, data, train] = [section('model'), section('data'), section('train')];
  const text = (key: string): string => {
    const value = json[key];
    if (typeof value === 'string' && value !== '') return value;
    throw new RunError(`${source}: "${key}" has to be a text, but is ${shown(value)}.`);
  };
  const [engine, kernel, createdAt] = [text('engine'), text('kernel'), text('createdAt')];
  if (Number.isNaN(Date.parse(createdAt)))
    throw new RunError(`${source}: "createdAt" has to be a date, but is ${shown(createdAt)}.`);
  const precision = precisions.find((name) => name === json.precision);
  if (precision === undefined && json.precision !== undefined)
    throw new RunError(`${source}: "precision" has to be ${precisions.join(' or ')}, but is ${shown(json.precision)}.`);
  const { seed, versions } = json;
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed))
    throw new RunError(`${source}: "seed" has to be a whole number, but is ${shown(seed)}.`);
  if (!isJsonObject(versions) || !hasTexts(versions))
    throw new RunError(`${source}: "versions" has to map package names to versions.`);
  const isa = json.isa === undefined ? undefined : text('isa');
  const from = originOf(json.from, source);
  return {
    format: RUN_FORMAT,
    version: RUN_VERSION,
    ...{ createdAt, model, data, train, seed, engine, kernel, versions },
    ...(precision && { precision }),
    ...(isa !== undefined && { isa }),
    ...(from && { from }),
  };
}

function originOf(json: Json | undefined, source: string): RunOrigin | undefined {
  if (json === undefined) return undefined;
  if (isJsonObject(json)) {
    const { run, epochs, steps } = json;
    if (typeof run === 'string' && typeof epochs === 'number' && typeof steps === 'number')
      return { run, epochs, steps };
  }
  throw new RunError(`${source}: "from" has to be an object with run, epochs and steps, but is ${shown(json)}.`);
}

const hasTexts = (object: JsonObject): object is Record<string, string> =>
  Object.values(object).every((value) => typeof value === 'string');

const shown = (value: Json | undefined): string => (value === undefined ? 'missing' : JSON.stringify(value));
