/** A run folder from the original's weights, so that every command that uses a trained model can use them. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs';
import { OptionError, refuseUnknownKeys } from 'pyro-ts';
import type { Normalisation } from '../data/index.js';
import { explained } from '../run/errors.js';
import { RunFolder } from '../run/index.js';
import { saveParams } from '../train/index.js';
import { importPyroved, type PyrovedOptions, pyrovedOptionKeys } from './torch/pyroved.js';

export interface ImportRunOptions extends PyrovedOptions {
  /** Names of the classes in the order of the model's; "class 1", ... when left out. */
  readonly classNames?: readonly string[];
  /** The grey range that became [0, 1] in the training; none when left out: images are taken as they are. */
  readonly normalisation?: Normalisation;
  /** Replace a run that is there; false. */
  readonly overwrite?: boolean;
}

/**
 * Makes the run `out` from a `.pt` file of pyroVED's weights; see `importPyroved`.
 * @returns the run and what was assumed
 * @throws {ImportError} for a file that cannot be used, RunError where the folder cannot be made.
 * @example
 * const { notes } = importRun('rvae.pt', 'runs/rvae', { classNames: ['1', '2', '3', '4'] });
 */
export function importRun(
  file: string,
  out: string,
  options: ImportRunOptions = {},
): { run: RunFolder; notes: readonly string[] } {
  refuseUnknownKeys('importRun', options, [...pyrovedOptionKeys, 'classNames', 'normalisation', 'overwrite']);
  const { classNames, normalisation, overwrite = false, ...pyroved } = options;
  RunFolder.assertFree(out, { overwrite });
  const bytes = explained(`Could not read ${file}`, () => fs.readFileSync(file));
  const { model, config, notes } = importPyroved(bytes, pyroved, file);
  try {
    const { numClasses } = model;
    const names = classNames ?? Array.from({ length: numClasses }, (_, i) => `class ${i + 1}`);
    if (names.length !== numClasses) {
      throw new OptionError(`The model has ${numClasses} classes, but ${names.length} names were given.`);
    }
    const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
    const run = RunFolder.create(
      out,
      {
        model: config,
        data: { source: { kind: 'imported', file }, classNames: names, ...(normalisation && { normalisation }) },
        train: {},
        seed: 0,
        engine: tf.getBackend(),
        kernel: 'reference',
        versions: { 'pyroved-ts': version, node: process.versions.node },
      },
      { overwrite },
    );
    run.saveCheckpoint({ tensors: saveParams(model.params), state: { importedFrom: file } });
    return { run, notes };
  } finally {
    model.dispose();
  }
}
