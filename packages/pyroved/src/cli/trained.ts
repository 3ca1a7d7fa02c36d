/** What the commands that use a trained model share: opening its run, and the images that it is asked about. */
import type { Command } from 'commander';
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
import { atLeast, type Given, machineOf, parsed } from './options.js';
import { limitOptions } from './sources.js';

/** The argument that all of them have. */
export const addRun = (command: Command): Command => command.argument('<run>', 'a run folder that train made');

/** Calls `body` with the model of a run on the machine that is asked for, and frees both; says so where an older checkpoint had to be taken. */
export const withRun = (folder: string, given: Given, body: (trained: TrainedModel) => Body): Promise<void> =>
  withLoaded(given, (kernel) => loadModel(folder, kernel), body);

/** The same for a run of any kind, those on pairs among them. */
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

/** The angle that `--angle` asks for, in degrees. @throws {PyrovedError} for a model that knows none. */
export function angleAsked({ run, model }: TrainedModel | TrainedVED, angle: number): number {
  if (angle === 0 || turns(model)) return angle;
  throw new PyrovedError(
    `The model of ${run.path} (${model.kind}) knows no angle to turn its objects by. Omit --angle.`,
  );
}

/** Where new images are, and where the table goes. */
export const addImagesOptions = (command: Command, out = 'where to write the table (default: the terminal)'): Command =>
  command
    .option('--images <folder>', 'a folder of image files, with its subfolders')
    .option('--array <file>', 'or a .npy, .npz or HDF5 file')
    .option('--dataset <name>', 'the array in a file that holds several')
    .option('--micrographs <path>', 'or a large image, or a folder of them, to cut objects out of')
    .option('--centres <csv>', 'their places as a table of x,y and if wanted file (default: objects are looked for)')
    .addOption(parsed('--patch-size <pixels>', "side of a patch (default: the run's)", atLeast(1)))
    .addOption(limitOptions()[0])
    .addOption(limitOptions()[1])
    .option('--out <file>', out);

/** The images that the options ask for; what was skipped is listed. */
export async function newImages(trained: TrainedModel | TrainedVED, given: Given): Promise<FoundImages> {
  const found = await imagesFor(trained, whereOf(given));
  for (const note of found.notes) say(note);
  sayProblems(found.problems);
  return found;
}

function whereOf(given: Given): NewImages {
  const { maxPixels, maxBytes } = given as Record<string, number | undefined>;
  return { ...placeOf(given), ...defined({ maxPixels, maxBytes }) };
}

function placeOf(given: Given): NewImages {
  const { images, array, micrographs, dataset, centres, patchSize } = given as Record<string, string | undefined>;
  const asked = [images, array, micrographs].filter((path) => path !== undefined);
  if (asked.length !== 1) {
    throw new PyrovedError(
      `Give ${asked.length === 0 ? '' : 'only one of '}--images FOLDER, --array FILE or --micrographs PATH.`,
    );
  }
  const stray = [
    ...(dataset !== undefined && array === undefined ? ['--dataset goes with --array'] : []),
    ...(centres !== undefined && micrographs === undefined ? ['--centres goes with --micrographs'] : []),
    ...(patchSize !== undefined && micrographs === undefined ? ['--patch-size goes with --micrographs'] : []),
  ];
  if (stray.length > 0) throw new PyrovedError(`${stray.join('; ')}.`);
  if (images !== undefined) return { folder: images };
  if (array !== undefined) return { array, ...(dataset !== undefined && { dataset }) };
  return {
    micrographs: micrographs as string,
    ...(centres !== undefined && { centres }),
    ...(patchSize !== undefined && { patch: Number(patchSize) }),
  };
}

/** Writes a table to the file that `--out` names, or to the terminal. */
export function writeTable(table: string, { out }: Given): void {
  if (out === undefined) process.stdout.write(process.stdout.isTTY ? plainText(table) : table);
  else writeFileAtomic(String(out), table);
}
