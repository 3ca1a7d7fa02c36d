/** What the commands that make a study share: where its images come from, going on, and a refusal of other options beside that. */
import fs from 'node:fs';
import path from 'node:path';
import { Argument, type Command, Option } from 'commander';
import { PyrovedError } from '../errors.js';
import type { ModelSettings, Source } from '../recipes/index.js';
import { addConvOptions, convSettingsOf } from './convolutions.js';
import {
  addMachineOptions,
  addModelOptions,
  addTrainOptions,
  type Given,
  modelSettingsOf,
  typedOptions,
} from './options.js';
import { addSourceOptions, generatedSources, sourceOf } from './sources.js';

/** The argument and the options of a study, but for its own; options of `without` are left out. */
export function addStudyOptions(command: Command, without: readonly string[] = []): Command {
  command
    .addArgument(
      new Argument(
        '[source]',
        `${Object.keys(generatedSources).join(', ')}, or a folder: with one folder per class, or with the folders labelled and unlabelled`,
      ),
    )
    .option('--out <folder>', 'the folder to make')
    .option('--resume <folder>', 'go on with one that was stopped or killed')
    .addOption(new Option('--overwrite', 'replace one that is there'));
  addSourceOptions(command);
  addModelOptions(command, without);
  addConvOptions(command);
  addTrainOptions(command);
  return addMachineOptions(command);
}

/** As in `train`; a folder may stand in the place of a generated source. */
export function studySource(word: string | undefined, given: Given, command: Command): Source {
  if (word === undefined || Object.hasOwn(generatedSources, word) || !isFolder(word)) {
    return sourceOf(word, given, command);
  }
  const [labelled, unlabelled] = [path.join(word, 'labelled'), path.join(word, 'unlabelled')];
  const folders = isFolder(labelled) ? { labelled, ...(isFolder(unlabelled) && { unlabelled }) } : { labelled: word };
  for (const name of Object.keys(folders)) {
    if (given[name] !== undefined) throw new PyrovedError(`Give the folder ${word} or --${name}, not both.`);
  }
  return sourceOf(undefined, { ...given, ...folders }, command);
}

/** The model of every run of a study. */
export const studyModel = (given: Given): ModelSettings => ({ ...modelSettingsOf(given), ...convSettingsOf(given) });

const isFolder = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;

/** What is gone on with has its options in its folder; only the machine may be another. */
export function refuseBesideResume(word: string | undefined, command: Command): void {
  const typed = typedOptions(command).filter(({ name }) => !['resume', 'engine', 'kernel', 'threads'].includes(name));
  const extra = [...(word === undefined ? [] : [`"${word}"`]), ...typed.map(({ flag }) => flag)];
  if (extra.length === 0) return;
  throw new PyrovedError(
    `--resume goes on with a run as it was begun; its options are in its config.json. Leave out ${extra.join(', ')}.`,
  );
}
