/** `pyroved train --from RUN`: the request for a run that extends another one. */
import { Command } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import { startFrom } from '../runs/extend.js';
import type { Source, TrainRequest, TrainSettings } from '../runs/index.js';
import { type Given, typedOptions } from './options.js';
import { type Setting, settingsIn } from './settings.js';
import { addSourceOptions, sourceOf } from './sources.js';
import { runTables } from './study.js';
import { checkTraining } from './trainTable.js';

/** Options of `train` that are allowed with --from, apart from those of sources and training. */
const ALLOWED = ['from', 'out', 'seed', 'overwrite', 'report', 'engine', 'kernel', 'threads', 'precision', 'isa'];

/** The request described by the options. @throws {PyrovedError} for options of the model, and without --out. */
export function extension(word: string | undefined, given: Given, command: Command): TrainRequest & { folder: string } {
  const from = String(given.from);
  const typed = typedOptions(command);
  const [images, training] = [namesOf(addSourceOptions), trainingNames()];
  const foreign = typed.filter(({ name }) => ![...ALLOWED, ...images, ...training].includes(name));
  if (foreign.length > 0) {
    const flags = foreign.map(({ flag }) => flag).join(' and ');
    throw new PyrovedError(
      `${flags} cannot be combined with --from: the new run uses the model and the preprocessing of ${from}. Omit ${foreign.length > 1 ? 'them' : 'it'}, or train a new run.`,
    );
  }
  if (given.out === undefined) throw new PyrovedError('--from needs --out: the folder of the new run.');
  const { model } = startFrom(from);
  const asksForImages = word !== undefined || typed.some(({ name }) => images.includes(name));
  const size = given.size ?? model.shape[0];
  const source: { source?: Source } = asksForImages ? { source: sourceOf(word, { ...given, size }, command) } : {};
  return {
    folder: String(given.out),
    from,
    ...source,
    train: onlyTyped(
      given,
      typed.map(({ name }) => name),
    ),
    seed: given.seed as number,
    overwrite: given.overwrite === true,
  };
}

/** The training options given on the command line; all others are taken from the extended run. */
function onlyTyped(given: Given, typed: readonly string[]): TrainSettings {
  const table = trainingTable().filter(({ option }) => typed.includes(option.attributeName()));
  const settings = settingsIn(given, table);
  checkTraining(given, settings);
  return settings.train ?? {};
}

const trainingTable = (): Setting[] =>
  Object.values(runTables)
    .flat()
    .filter(({ section }) => section === 'train');

const trainingNames = (): string[] => trainingTable().map(({ option }) => option.attributeName());

const namesOf = (add: (command: Command) => Command): string[] =>
  add(new Command()).options.map((option) => option.attributeName());
