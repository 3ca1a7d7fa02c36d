/** `pyroved train`: from images to a run folder with a trained model, pictures and a report. */
import { Command, Option } from 'commander';
import { cardsConfig } from '../data/index.js';
import { PyrovedError } from '../errors.js';
import { formatBytes, type RunHooks, type RunResult, resumeRun, type Source, trainRun } from '../recipes/index.js';
import { formatDuration } from '../viz/index.js';
import { interruptSignal, say } from './messages.js';
import {
  addCardsOptions,
  addMachineOptions,
  addModelOptions,
  addSeedOption,
  addTrainOptions,
  cardsOptionsOf,
  decimal,
  machineOf,
  modelSettingsOf,
  trainSettingsOf,
  wholeNumber,
} from './options.js';
import { trainingProgress } from './trainingProgress.js';

export function trainCommand(): Command {
  const command = new Command('train')
    .summary('train a model on generated cards or on your own images')
    .description(
      'Trains a semi-supervised, rotation-invariant autoencoder (an unsupervised one where no labels are given) and writes a run folder with the model, ' +
        'metrics, pictures and report.html. Ctrl-C keeps the state and stops; --resume goes on.',
    )
    .argument('[source]', '"cards" for generated card suits; leave it out for your own images')
    .option('--out <folder>', 'the run folder to make (default: runs/cards or runs/images)')
    .option('--resume <folder>', 'go on with a run that was stopped or killed')
    .option('--overwrite', 'replace a run that is there', false);
  addSeedOption(command);
  command.optionsGroup('Your own images:');
  command
    .option('--unlabelled <folder>', 'images without labels, with subfolders')
    .option('--labelled <folder>', 'images with labels: one folder per class')
    .option('--labels <csv>', 'or a table of file,label')
    .option('--size <pixels>', 'images are resized to this many pixels a side', wholeNumber, 48)
    .addOption(
      new Option('--crop <how>', 'square: the middle square; none: squeeze the whole image')
        .choices(['square', 'none'])
        .default('square'),
    )
    .addOption(
      new Option('--on-bad-file <what>', 'files that cannot be used').choices(['skip', 'refuse']).default('skip'),
    )
    .option('--held-out <share>', 'share of the labels kept aside to measure accuracy', decimal, 0.2);
  addCardsOptions(command);
  addModelOptions(command);
  addTrainOptions(command);
  addMachineOptions(command);
  return command.action(async (source: string | undefined, given: Record<string, unknown>) => {
    const machine = machineOf(given);
    if (given.resume !== undefined) {
      if (source !== undefined || given.out !== undefined) {
        throw new PyrovedError(
          '--resume goes on with a run as it is: it takes no source and no --out. Its options are in its config.json.',
        );
      }
      await withProgress((hooks) => resumeRun(String(given.resume), machine, hooks));
      return;
    }
    const from = sourceOf(source, given);
    await withProgress((hooks) =>
      trainRun(
        {
          ...machine,
          folder: String(given.out ?? `runs/${from.kind}`),
          source: from,
          model: modelSettingsOf(given),
          train: trainSettingsOf(given),
          seed: given.seed as number,
          overwrite: given.overwrite as boolean,
        },
        hooks,
      ),
    );
  });
}

/** The images that the options ask for. */
function sourceOf(source: string | undefined, given: Record<string, unknown>): Source {
  const { unlabelled, labelled, labels, size, crop, onBadFile, heldOut, seed, templates } = given as {
    [name: string]: string | undefined;
  } & { size: number; heldOut: number; seed: number; crop: 'square' | 'none'; onBadFile: 'skip' | 'refuse' };
  const own = unlabelled ?? labelled ?? labels;
  if (source === 'cards') {
    if (own !== undefined)
      throw new PyrovedError('Give "cards" or your own images (--unlabelled, --labelled, --labels), not both.');
    const config = cardsConfig({ ...cardsOptionsOf(given), size, seed });
    return { kind: 'cards', ...config, ...(templates !== undefined && { templates }) };
  }
  if (source !== undefined) {
    throw new PyrovedError(
      `There is no source "${source}". Say "cards", or give your own images with --unlabelled and --labelled.`,
    );
  }
  if (own === undefined) {
    throw new PyrovedError(
      'Nothing to train on. Say "pyroved train cards" for generated images, or give your own: --unlabelled FOLDER, and --labelled FOLDER (one folder per class) or --labels CSV.',
    );
  }
  return {
    kind: 'images',
    ...(unlabelled !== undefined && { unlabelled }),
    ...(labelled !== undefined && { labelled }),
    ...(labels !== undefined && { labels }),
    size,
    crop,
    onBadFile,
    heldOut,
    seed,
  };
}

/** Runs a training with a progress bar and a clean Ctrl-C, and says how it ended. */
export async function withProgress(start: (hooks: RunHooks) => Promise<RunResult>): Promise<RunResult> {
  const progress = trainingProgress();
  const { signal, release } = interruptSignal(() =>
    progress.log('Stopping after this step; the state is kept. Ctrl-C again ends at once.'),
  );
  try {
    const result = await start({
      signal,
      say: (line) => progress.log(line),
      onEstimate: (estimate, stepsLeft) => {
        const time = formatDuration(estimate.secondsPerStep * stepsLeft);
        progress.log(
          `${stepsLeft} steps of about ${(estimate.secondsPerStep * 1000).toFixed(0)} ms: about ${time}, with ${formatBytes(estimate.bytes)} of memory.`,
        );
      },
      onStep: progress.onStep,
      onEpoch: progress.onEpoch,
    });
    progress.stop();
    tellEnd(result);
    return result;
  } finally {
    progress.stop();
    release();
  }
}

function tellEnd({ folder, summary, stopped }: RunResult): void {
  if (stopped) {
    say(`Stopped. Go on with: pyroved train --resume ${folder.path}`);
    return;
  }
  if (summary?.accuracy !== undefined) {
    say(`Accuracy on ${summary.testImages} images that training did not see: ${(100 * summary.accuracy).toFixed(1)}%`);
  }
  say(`Trained ${summary?.steps} steps in ${formatDuration(summary?.seconds ?? 0)}. Report: ${folder.file('report')}`);
}
