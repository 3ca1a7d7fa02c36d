/** Shared by the commands that use a trained model: loading the model, and reading images for it. */
import type { Command, Option } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import { defined } from 'pyroved-ts/internal';
import { plainText } from '../plainText.js';
import {
  type FoundImages,
  imagesFor,
  isPairsRun,
  loadModel,
  loadVED,
  type NewImages,
  type TrainedModel,
  type TrainedVED,
} from '../runs/index.js';
import { type StartedMachine, startMachine } from '../runs/machine.js';
import { turns } from '../runs/upright.js';
import { RunFolder, writeFileAtomic } from '../storage/index.js';
import { say, sayProblems } from './messages.js';
import { limits, micrographOptions, micrographSettings } from './micrographTable.js';
import { type Given, machineOf } from './options.js';

/** Adds the run folder as an argument. */
export const addRun = (command: Command): Command => command.argument('<run>', 'a run folder created by train');

/** Calls `body` with the model of a run, then disposes the model and the kernel. Prints a warning if an older checkpoint was loaded. */
export const withRun = (folder: string, given: Given, body: (trained: TrainedModel) => Body): Promise<void> =>
  withLoaded(given, (kernel) => loadModel(folder, kernel), body);

/** `withRun` for several runs at once. */
export async function withRuns(
  folders: readonly string[],
  given: Given,
  body: (trained: readonly TrainedModel[]) => Promise<void>,
): Promise<void> {
  const loaded: TrainedModel[] = [];
  const next = (k: number): Promise<void> =>
    k === folders.length
      ? body(loaded)
      : withRun(folders[k], given, (trained) => {
          loaded.push(trained);
          return next(k + 1);
        });
  await next(0);
}

/** `withRun` for runs of any kind, including runs on pairs. */
export const withAnyRun = (
  folder: string,
  given: Given,
  body: (trained: TrainedModel | TrainedVED) => Body,
): Promise<void> =>
  withLoaded<TrainedModel | TrainedVED>(
    given,
    (kernel) => (isPairsRun(RunFolder.open(folder)) ? loadVED(folder) : loadModel(folder, kernel)),
    body,
  );

type Body = void | Promise<void>;

async function withLoaded<T extends TrainedModel | TrainedVED>(
  given: Given,
  load: (kernel: StartedMachine['kernel']) => T | Promise<T>,
  body: (trained: T) => Body,
): Promise<void> {
  using machine = await startMachine(machineOf(given));
  const trained = await load(machine.kernel);
  if (trained.warning) say(trained.warning);
  try {
    await body(trained);
  } finally {
    trained.model.dispose();
  }
}

/** The value of `--angle` in degrees. @throws {PyrovedError} for a model without rotation invariance. */
export function angleAsked({ run, model }: TrainedModel | TrainedVED, angle: number): number {
  if (angle === 0 || turns(model)) return angle;
  throw new PyrovedError(`The model of ${run.path} (${model.kind}) has no angle. Omit --angle.`);
}

/** Adds the options for new images and for the output file. */
export function addImagesOptions(command: Command, out = 'output file (default: standard output)'): Command {
  command
    .option('--images <folder>', 'folder of image files, including subfolders')
    .option('--array <file>', 'alternatively, a .npy, .npz or HDF5 file')
    .option('--dataset <name>', 'name of the array in a file with several arrays')
    .option('--micrographs <path>', 'alternatively, a large image, or a folder of large images, to cut patches from');
  for (const { option } of [...micrographOptions(), ...limits()]) command.addOption(option);
  return command.option('--out <file>', out);
}

/** Reads the images named by the options and lists skipped files. */
export async function newImages(trained: TrainedModel | TrainedVED, given: Given): Promise<FoundImages> {
  const found = await imagesFor(trained, whereOf(given));
  for (const note of found.notes) say(note);
  sayProblems(found.problems);
  return found;
}

/** Where new images are, according to the options. @throws {PyrovedError} for none, several, or options of others. */
export function whereOf(given: Given): NewImages {
  const { maxPixels, maxBytes } = given as Record<string, number | undefined>;
  return { ...placeOf(given), ...defined({ maxPixels, maxBytes }) };
}

function placeOf(given: Given): NewImages {
  const { images, array, micrographs, dataset } = given as Record<string, string | undefined>;
  const paths = [images, array, micrographs].filter((path) => path !== undefined);
  if (paths.length !== 1) {
    throw new PyrovedError(
      `${paths.length === 0 ? 'Use one' : 'Use only one'} of --images FOLDER, --array FILE and --micrographs PATH.`,
    );
  }
  if (micrographs !== undefined) return { micrographs, ...micrographSettings(given), ...defined({ dataset }) };
  const stray = micrographOptions()
    .filter(({ option, places }) => places.micrographs !== undefined && isGiven(given, option))
    .map(({ option }) => `${option.long} requires --micrographs`);
  if (dataset !== undefined && array === undefined) stray.push('--dataset requires --array or --micrographs');
  if (stray.length > 0) throw new PyrovedError(`${stray.join('; ')}.`);
  if (images !== undefined) return { folder: images };
  return { array: array as string, ...(dataset !== undefined && { dataset }) };
}

const isGiven = (given: Given, option: Option): boolean => {
  const value = given[option.attributeName()];
  return value !== undefined && !(option.negate && value === true);
};

/** Writes a table to `--out`, or to standard output. */
export function writeTable(table: string, { out }: Given): void {
  if (out === undefined) process.stdout.write(process.stdout.isTTY ? plainText(table) : table);
  else writeFileAtomic(String(out), table);
}
