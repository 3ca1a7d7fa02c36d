/** Shared by the commands of studies: the source of images, resuming, and the check of options given with --resume. */
import fs from 'node:fs';
import path from 'node:path';
import { Argument, type Command, Option } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import type { Machine, RunHooks, Source, StudyRequest } from '../runs/index.js';
import type { StudyFolder } from '../storage/index.js';
import { checkConvolutions, convTable } from './convTable.js';
import { kindTable } from './kindTable.js';
import { say } from './messages.js';
import { modelTable } from './modelTable.js';
import { addMachineOptions, type Given, machineOf, typedOptions } from './options.js';
import { preprocessTable } from './preprocessTable.js';
import { checkRecognition, recognitionTable } from './recognitionTable.js';
import { addSettings, type RunSettings, type Setting, settingsIn } from './settings.js';
import { withShortHelp } from './shortHelp.js';
import { addSourceOptions, generatedSources, sourceOf } from './sources.js';
import { withProgress } from './trainingProgress.js';
import { checkTraining, trainTable } from './trainTable.js';

/** Adds the argument and the options shared by all studies, except those named in `without`. */
export function addStudyOptions(command: Command, without: readonly string[] = []): Command {
  const ownOptions = command.options.length;
  command
    .addArgument(
      new Argument(
        '[source]',
        `${Object.keys(generatedSources).join(', ')}, or a folder that contains either one folder per class, or the folders labelled and unlabelled`,
      ),
    )
    .option('--out <folder>', 'output folder')
    .option('--resume <folder>', 'continue a study that was stopped or killed')
    .addOption(new Option('--overwrite', 'replace an existing study'));
  addSourceOptions(command);
  addRunSettings(command, without);
  addMachineOptions(command);
  return withShortHelp(command, [
    ...command.options.slice(0, ownOptions).map((option) => option.name()),
    ...['out', 'resume', 'unlabelled', 'labelled', 'labels', 'size', 'epochs', 'kernel', 'threads'],
  ]);
}

/** The source as in `train`; the argument may also be a folder. */
export function studySource(word: string | undefined, given: Given, command: Command): Source {
  if (word === undefined || Object.hasOwn(generatedSources, word) || !isFolder(word)) {
    return sourceOf(word, given, command);
  }
  const [labelled, unlabelled] = [path.join(word, 'labelled'), path.join(word, 'unlabelled')];
  const folders = isFolder(labelled) ? { labelled, ...(isFolder(unlabelled) && { unlabelled }) } : { labelled: word };
  for (const name of Object.keys(folders)) {
    if (given[name] !== undefined) throw new PyrovedError(`The folder ${word} cannot be combined with --${name}.`);
  }
  return sourceOf(undefined, { ...given, ...folders }, command);
}

/** What the command of a study runs, and prints at the end. */
export interface StudyCommand<Result> {
  /** Name of the command. */
  readonly name: string;
  readonly begin: (shared: StudyRequest, given: Given, hooks: RunHooks) => Promise<Result>;
  readonly resume: (folder: string, machine: Machine, hooks: RunHooks) => Promise<Result>;
  readonly tellEnd: (result: Result) => void;
}

/** Sets the action of the command: start the study described by the options, or resume one. */
export const onStudy = <Result extends { readonly folder: StudyFolder; readonly stopped: boolean }>(
  command: Command,
  { name, begin, resume, tellEnd }: StudyCommand<Result>,
): Command =>
  command.action(async (word: string | undefined, given: Given) => {
    const machine = machineOf(given);
    let result: Result;
    if (given.resume !== undefined) {
      rejectWithResume(word, command);
      result = await withProgress((hooks) => resume(String(given.resume), machine, hooks));
    } else {
      const source = studySource(word, given, command);
      const shared = {
        ...machine,
        folder: String(given.out ?? `runs/${name}-${source.kind}`),
        source,
        ...settingsOf(given),
      };
      result = await withProgress((hooks) => begin(shared, given, hooks));
    }
    if (result.stopped) say(`Stopped. To continue: pyroved ${name} --resume ${result.folder.path}`);
    else tellEnd(result);
  });

/** The tables of a run's options, by their headings in the help. */
export const runTables: Readonly<Record<string, readonly Setting[]>> = {
  'Preprocessing of images:': preprocessTable,
  'Model:': modelTable,
  'Recognition (of ssiVAE):': recognitionTable,
  'Convolutional networks (a VED always has them):': convTable,
  'Training:': trainTable,
};

/** Adds the options of all tables, except those named in `without`. */
export function addRunSettings(command: Command, without: readonly string[] = []): void {
  for (const [heading, table] of Object.entries(runTables)) addSettings(command, heading, table, without);
}

/**
 * The settings described by the options of `train` and of the studies.
 * @throws {PyrovedError} for options that contradict each other.
 */
export function settingsOf(given: Given): RunSettings & { readonly overwrite: boolean } {
  checkConvolutions(given);
  checkRecognition(given);
  const settings = settingsIn(given, [...kindTable, ...Object.values(runTables).flat()]);
  checkTraining(given, settings);
  return { ...settings, overwrite: given.overwrite === true };
}

const isFolder = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;

/** Rejects options together with --resume, except those of the machine, the report and `allowed`: a resumed run has its options in its folder. */
export function rejectWithResume(word: string | undefined, command: Command, allowed: readonly string[] = []): void {
  const always = ['resume', 'report', 'engine', 'kernel', 'threads', 'precision', 'isa'];
  const typed = typedOptions(command).filter(({ name }) => ![...always, ...allowed].includes(name));
  const extra = [...(word === undefined ? [] : [`"${word}"`]), ...typed.map(({ flag }) => flag)];
  if (extra.length === 0) return;
  throw new PyrovedError(`--resume uses the options stored in config.json. Omit ${extra.join(', ')}.`);
}
