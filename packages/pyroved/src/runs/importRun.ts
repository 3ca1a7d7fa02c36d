/** Creates a run folder from pyroVED weights, for use with all commands that take a trained model. */
import fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { OptionError } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import { type Normalisation, type PairedNormalisation, saveParams } from 'pyroved-ts';
import {
  importPyroved,
  importPyrovedVED,
  isVED,
  type PyrovedOptions,
  type PyrovedVEDOptions,
  pyrovedOptionKeys,
  readStateDict,
  vedOptionKeys,
} from 'pyroved-ts/node';
import { explained } from '../storage/errors.js';
import { RunFolder } from '../storage/index.js';
import { versions } from '../version.js';

/** For a VED, `shape` is the shape of its inputs. */
export interface ImportRunOptions extends PyrovedOptions, Omit<PyrovedVEDOptions, 'inputShape'> {
  /** Class names in the order of the model's classes. @default "class 1", ... */
  readonly classNames?: readonly string[];
  /** The grey values scaled to [0, 1] in training. @default none: images are not scaled */
  readonly normalisation?: Normalisation;
  /** The values of a VED's outputs scaled to [0, 1] in training. */
  readonly outputNormalisation?: Normalisation;
  /** Replace an existing run. @default false */
  readonly overwrite?: boolean;
}

/**
 * Creates the run `out` from a `.pt` file of pyroVED weights; see `importPyroved` and `importPyrovedVED`.
 * @returns the run and the assumptions that were made
 * @throws {ImportError} when the file cannot be used, and {RunError} when the folder cannot be created.
 * @example
 * const { notes } = importRun('rvae.pt', 'runs/rvae', { classNames: ['1', '2', '3', '4'] });
 */
export function importRun(
  file: string,
  out: string,
  options: ImportRunOptions = {},
): { run: RunFolder; notes: readonly string[] } {
  rejectUnknownKeys('importRun', options, optionKeys);
  const { overwrite = false } = options;
  RunFolder.assertFree(out, { overwrite });
  const bytes = explained(`Could not read ${file}`, () => fs.readFileSync(file));
  const { model, config, notes, data } = isVED(readStateDict(bytes, file))
    ? pairsModel(bytes, file, options)
    : imageModel(bytes, file, options);
  try {
    const run = RunFolder.create(
      out,
      {
        model: config,
        data: { source: { kind: 'imported', file }, ...data },
        train: {},
        seed: 0,
        engine: tf.getBackend(),
        kernel: 'reference',
        versions: versions(),
      },
      { overwrite },
    );
    run.saveCheckpoint({ tensors: saveParams(model.params), state: { importedFrom: file } });
    return { run, notes };
  } finally {
    model.dispose();
  }
}

const optionKeys = [
  ...new Set([...pyrovedOptionKeys, ...vedOptionKeys.filter((key) => key !== 'inputShape')]),
  'classNames',
  'normalisation',
  'outputNormalisation',
  'overwrite',
];

function imageModel(bytes: Uint8Array, file: string, options: ImportRunOptions) {
  const { classNames, normalisation, outputNormalisation, overwrite: _, outputShape, ...pyroved } = options;
  for (const [option, value] of Object.entries({ outputShape, outputNormalisation })) {
    if (value !== undefined)
      throw new OptionError(`${option} is an option of a VED; ${file} contains another model. Omit it.`);
  }
  const imported = importPyroved(bytes, pyroved, file);
  const { numClasses } = imported.model;
  const names = classNames ?? Array.from({ length: numClasses }, (_, i) => `class ${i + 1}`);
  if (names.length !== numClasses) {
    imported.model.dispose();
    throw new OptionError(`The model has ${numClasses} classes, but ${names.length} names were given.`);
  }
  return { ...imported, data: { classNames: names, ...(normalisation && { normalisation }) } };
}

function pairsModel(bytes: Uint8Array, file: string, options: ImportRunOptions) {
  const { shape, normalisation, outputNormalisation, overwrite: _, ...rest } = options;
  const stray = Object.keys(rest).find((key) => !(vedOptionKeys as readonly string[]).includes(key));
  if (stray !== undefined)
    throw new OptionError(`${stray} is not an option of a VED, which ${file} contains. Omit it.`);
  const imported = importPyrovedVED(
    bytes,
    { ...(rest as PyrovedVEDOptions), ...(shape && { inputShape: shape }) },
    file,
  );
  const whole = { low: 0, high: 1 };
  const paired: PairedNormalisation = { inputs: normalisation ?? whole, outputs: outputNormalisation ?? whole };
  return { ...imported, data: { classNames: [], normalisation: paired } };
}
