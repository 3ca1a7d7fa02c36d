/** `config.json` of a run folder: everything needed to reproduce the run, validated when written and read. */
import type { Precision } from '@pyro-ts/spatial-decoder';
import { precisions } from '@pyro-ts/spatial-decoder/internal';
import { didYouMean } from 'pyro-ts/internal';
import { RunError } from './errors.js';
import { withCurrentNames } from './formerNames.js';
import { isJsonObject, type Json, type JsonObject, parseJsonObject, toJsonObject } from './json.js';

/** The run that another one extends. */
export interface RunOrigin {
  /** Its folder, as given. */
  readonly run: string;
  /** Epochs and steps that its weights were trained for. */
  readonly epochs: number;
  readonly steps: number;
}

/** The settings of a run. The sections contain the options of model, data and trainer. */
export interface RunSettings {
  readonly model: object;
  readonly data: object;
  readonly train: object;
  readonly seed: number;
  /** The TensorFlow.js backend, e.g. "wasm". */
  readonly engine: string;
  /** The kernel of the spatial decoder, e.g. "native". */
  readonly kernel: string;
  /** Precision of the kernel's matrix products; absent in older runs. */
  readonly precision?: Precision;
  /** Instruction set of the kernel, e.g. "avx512"; absent for kernels without several, and in older runs. */
  readonly isa?: string;
  /** The run that this one extends, if any. */
  readonly from?: RunOrigin;
  /** Versions of the packages and of Node. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The content of `config.json`. */
export interface RunConfig extends RunSettings {
  readonly format: typeof RUN_FORMAT;
  readonly version: typeof RUN_VERSION;
  /** Creation time of the run, as an ISO date. */
  readonly createdAt: string;
  readonly model: JsonObject;
  readonly data: JsonObject;
  readonly train: JsonObject;
}

/** The name and the version of the format; newer versions are rejected. */
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

/** The configuration for `settings`. @throws {RunError} when an entry is missing or cannot be stored as JSON. */
export function runConfig(settings: RunSettings, createdAt = new Date().toISOString()): RunConfig {
  return checkedConfig(
    toJsonObject({ format: RUN_FORMAT, version: RUN_VERSION, createdAt, ...settings }, 'config'),
    'config',
  );
}

/** The text of `config.json`. */
export const formatConfig = (config: RunConfig): string => `${JSON.stringify(config, null, 2)}\n`;

/** Parses the text of `config.json`. @throws {RunError} when it is invalid, naming `source` and the entry. */
export const parseConfig = (text: string, source: string): RunConfig =>
  checkedConfig(withCurrentNames(parseJsonObject(text, source)), source);

function checkedConfig(json: JsonObject, source: string): RunConfig {
  if (json.format !== RUN_FORMAT)
    throw new RunError(`${source} is not the configuration of a run: it has no "format": "${RUN_FORMAT}".`);
  if (typeof json.version !== 'number' || !Number.isInteger(json.version) || json.version < 1)
    throw new RunError(`${source}: "version" must be an integer; got ${shown(json.version)}.`);
  if (json.version > RUN_VERSION)
    throw new RunError(
      `${source} has version ${json.version}, but only versions up to ${RUN_VERSION} are supported. Update pyroved.`,
    );
  for (const key of Object.keys(json))
    if (!KEYS.includes(key)) throw new RunError(`${source} has an unknown entry "${key}".${didYouMean(key, KEYS)}`);
  const section = (key: string): JsonObject => {
    const value = json[key];
    if (isJsonObject(value)) return value;
    throw new RunError(`${source}: "${key}" must be an object of options.`);
  };
  const [model, data, train] = [section('model'), section('data'), section('train')];
  const text = (key: string): string => {
    const value = json[key];
    if (typeof value === 'string' && value !== '') return value;
    throw new RunError(`${source}: "${key}" must be a non-empty string; got ${shown(value)}.`);
  };
  const [engine, kernel, createdAt] = [text('engine'), text('kernel'), text('createdAt')];
  if (Number.isNaN(Date.parse(createdAt)))
    throw new RunError(`${source}: "createdAt" must be a date; got ${shown(createdAt)}.`);
  const precision = precisions.find((name) => name === json.precision);
  if (precision === undefined && json.precision !== undefined)
    throw new RunError(`${source}: "precision" must be ${precisions.join(' or ')}; got ${shown(json.precision)}.`);
  const { seed, versions } = json;
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed))
    throw new RunError(`${source}: "seed" must be an integer; got ${shown(seed)}.`);
  if (!isJsonObject(versions) || !hasTexts(versions))
    throw new RunError(`${source}: "versions" must map package names to versions.`);
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
  throw new RunError(`${source}: "from" must be an object with run, epochs and steps; got ${shown(json)}.`);
}

const hasTexts = (object: JsonObject): object is Record<string, string> =>
  Object.values(object).every((value) => typeof value === 'string');

const shown = (value: Json | undefined): string => (value === undefined ? 'nothing' : JSON.stringify(value));
