/** `pyroved train`: train a model and write a run folder with the model, pictures and a report. */
import { Argument, Command } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import { shareInterval } from 'pyroved-ts/internal';
import {
  isPairsRun,
  type PairsResult,
  problemLines,
  type RunResult,
  type RunSummary,
  resumePairs,
  resumeRun,
  resumeSeeds,
  type SeedsResult,
  trainPairs,
  trainRun,
  trainSeeds,
} from '../runs/index.js';
import { posesText } from '../runs/validation.js';
import { RunFolder, StudyFolder } from '../storage/index.js';
import { formatCount, formatDuration, formatPercent } from '../viz/index.js';
import { extension } from './extend.js';
import { filmed, tellFilm } from './film.js';
import { kindTable } from './kindTable.js';
import { say } from './messages.js';
import { addMachineOptions, atLeast, type Given, machineOf, parsed, seedOption, seedsOption } from './options.js';
import { addPairOptions, pairsOf } from './pairs.js';
import { addSettings } from './settings.js';
import { withShortHelp } from './shortHelp.js';
import { addSourceOptions, generatedSources, sourceOf } from './sources.js';
import { addRunSettings, rejectWithResume, settingsOf } from './study.js';
import { withProgress } from './trainingProgress.js';
import { compileModes } from './trainTable.js';

const examples = `
Examples:
  Your own images: a folder of unlabelled images, and a folder with one folder per class:
    $ pyroved train --unlabelled micrographs --labelled examples --out runs/first
  The same, with the labels in a table with the columns file and label:
    $ pyroved train --unlabelled micrographs --labels labels.csv --out runs/first
  No labels, to explore how the images vary:
    $ pyroved train --unlabelled micrographs --out runs/look
  Three seeds for 5 epochs each, then the best one to the end:
    $ pyroved train --unlabelled micrographs --labelled examples --out runs/first --seeds 3 --select-after 5
  Predict spectra from images, paired by index (a VED):
    $ pyroved train --array images.npy --outputs spectra.npy --out runs/spectra
  Ten more epochs for a finished run, with more labels and a smaller learning rate:
    $ pyroved train --from runs/first --labelled more-examples --unlabelled micrographs --epochs 10 --lr 1e-4 --out runs/second
  Continue after Ctrl-C or a crash:
    $ pyroved train --resume runs/first`;

export function trainCommand(): Command {
  const command = new Command('train')
    .summary('train a model on your own images or on generated ones')
    .description(
      'Train a rotation- and translation-invariant autoencoder, semi-supervised when labels are given, and write a run folder with the model, metrics, ' +
        'pictures and report.html. Ctrl-C saves and stops; continue with --resume.',
    )
    .addArgument(new Argument('[source]', sourceHelp()))
    .option('--out <folder>', 'run folder to create (default: runs/ and the kind of images, e.g. runs/cards)')
    .option('--resume <folder>', 'continue a run that was stopped or killed')
    .option(
      '--from <folder>',
      'extend a finished run: start from its weights, with its model, preprocessing and, by default, its images',
    )
    .option('--overwrite', 'replace an existing run')
    .addOption(seedOption())
    .addOption(
      seedsOption(
        'train several seeds, each in a separate folder, and select the one with the lowest loss: 3 for seeds 1 to 3, or a list such as 2,5,7',
      ),
    )
    .addOption(
      parsed(
        '--select-after <epochs>',
        'with --seeds: select the best seed after this many epochs and train only that one to the end',
        atLeast(1),
      ),
    )
    .option('--no-report', 'write the model and its evaluation, without pictures and report')
    .option(
      '--film',
      'record a film of the training (latent manifolds, accuracy and confusion matrix by epoch): film.png',
    )
    .addHelpText('after', examples);
  addSourceOptions(command);
  addPairOptions(command);
  addSettings(command, 'Kind of model:', kindTable);
  addRunSettings(command);
  addMachineOptions(command);
  withShortHelp(command, [
    ...['unlabelled', 'labelled', 'labels', 'size', 'out', 'resume', 'from', 'seed'],
    ...['model', 'epochs', 'kernel', 'threads'],
  ]);
  return command.action(async (word: string | undefined, given: Given) => {
    const machine = machineOf(given);
    const { report = true } = given as { report?: boolean };
    const tellEnd = (result: RunResult | SeedsResult, folder: string) => tellResult(result, folder, report);
    if (given.resume !== undefined) {
      const folder = String(given.resume);
      const isOfPairs = holdsPairs(folder);
      const isRun = !isOfPairs && StudyFolder.kindIn(folder) === undefined;
      rejectWithResume(word, command, isRun ? ['compile', 'film'] : []);
      if (isOfPairs) {
        tellPairs(await withProgress((hooks) => resumePairs(folder, machine, hooks)));
        return;
      }
      const compile =
        given.compile === undefined ? {} : { compile: compileModes[given.compile as keyof typeof compileModes] };
      const result = await withProgress<RunResult | SeedsResult>((hooks) =>
        isRun
          ? resumeRun(folder, machine, filmed(hooks, folder, given), { report, ...compile })
          : resumeSeeds(folder, machine, hooks),
      );
      tellEnd(result, folder);
      if (isRun) tellFilm(folder, given);
      return;
    }
    if (given.from !== undefined) {
      const extended = extension(word, given, command);
      const at = extended.folder;
      const result = await withProgress((hooks) =>
        trainRun({ ...machine, ...extended, report }, filmed(hooks, at, given)),
      );
      tellEnd(result, at);
      tellFilm(at, given);
      return;
    }
    const pairs = pairsOf(word, given, command);
    if (pairs) {
      const folder = String(given.out ?? `runs/${pairs.source.kind}`);
      const run = { ...machine, ...pairs, folder, seed: given.seed as number, overwrite: given.overwrite === true };
      tellPairs(await withProgress((hooks) => trainPairs(run, hooks)));
      return;
    }
    const source = sourceOf(word, given, command);
    const folder = String(given.out ?? `runs/${source.kind}`);
    const request = { ...machine, folder, source, ...settingsOf(given) };
    const { seeds, selectAfter, seed } = given as { seeds?: number | number[]; selectAfter?: number; seed: number };
    if (seeds === undefined && selectAfter !== undefined) throw new PyrovedError('--select-after requires --seeds.');
    if (seeds !== undefined && given.film === true) throw new PyrovedError('--film cannot be combined with --seeds.');
    if (seeds !== undefined && !report) throw new PyrovedError('--no-report cannot be combined with --seeds.');
    const result = await withProgress<RunResult | SeedsResult>((hooks) =>
      seeds === undefined
        ? trainRun({ ...request, seed, report }, filmed(hooks, folder, given))
        : trainSeeds({ ...request, seeds, ...(selectAfter !== undefined && { selectAfter }) }, hooks),
    );
    tellEnd(result, folder);
    if (seeds === undefined) tellFilm(folder, given);
  });
}

const sourceHelp = (): string =>
  `generated images (omit for your own images). ${Object.entries(generatedSources)
    .map(([name, what]) => `${name}: ${what}`)
    .join('; ')}; rods: images of gold nanorods and their spectra, as pairs (below)`;

const holdsPairs = (folder: string): boolean =>
  StudyFolder.kindIn(folder) === undefined && isPairsRun(RunFolder.open(folder));

function tellResult({ folder: run, summary, stopped }: RunResult | SeedsResult, folder: string, report: boolean): void {
  if (stopped || !summary || !run) {
    say(`Stopped. To continue: pyroved train --resume ${folder}`);
    return;
  }
  const { accuracy, matchedAccuracy, targets = [], testImages = 0, steps, seconds } = summary;
  const unseen = `on ${formatCount(testImages)} images that training did not see`;
  const poses = posesSuffix(summary);
  if (matchedAccuracy !== undefined) {
    say(
      `Accuracy ${unseen}${poses}, each found class matched with the true class it fits best: ${formatPercent(matchedAccuracy)}`,
    );
  }
  for (const { name, r2, meanSquaredError } of targets) {
    say(
      `${name} ${unseen}: R2 ${r2?.toFixed(3) ?? '(no spread)'}, mean squared error ${meanSquaredError.toPrecision(3)}`,
    );
  }
  if (accuracy !== undefined) for (const line of accuracyLines(summary)) say(line);
  tellDoubts(summary, run);
  const written = report ? `Report: ${run.file('report')}` : `Run: ${run.path}`;
  say(`Trained ${formatCount(steps)} steps in ${formatDuration(seconds)}. ${written}`);
}

/** Prints possible problems of the run and of its labels. */
function tellDoubts({ problems = [], suspiciousLabels = 0 }: RunSummary, run: RunFolder): void {
  for (const line of problemLines(problems)) say(line);
  if (suspiciousLabels === 0) return;
  const labels = suspiciousLabels === 1 ? '1 label looks' : `${formatCount(suspiciousLabels)} labels look`;
  say(`${labels} wrong to the model. Check the images in ${run.file('suspiciousLabels')}.`);
}

const posesSuffix = ({ validation }: RunSummary): string =>
  validation?.poses === 'drawn' ? `, ${posesText(validation)}` : '';

/** The accuracy, with the images it was measured on and accuracies to compare with. */
function accuracyLines(summary: RunSummary): string[] {
  const { accuracy = 0, testImages = 0, chance, uprightAccuracy, labelsOnlyAccuracy } = summary;
  const { calibrationError, calibratedError = calibrationError, angleRegions } = summary;
  const [low, high] = summary.accuracyInterval ?? shareInterval(accuracy, testImages);
  const images = `${formatCount(testImages)} images that training did not see`;
  const beside = [
    uprightAccuracy !== undefined && `upright ${formatPercent(uprightAccuracy)}`,
    labelsOnlyAccuracy !== undefined &&
      `classifier trained on the labelled images only ${formatPercent(labelsOnlyAccuracy)}`,
    chance !== undefined && `chance ${formatPercent(chance)}`,
    calibratedError !== undefined && `expected calibration error ${calibratedError.toFixed(3)}`,
  ].filter(Boolean);
  return [
    `Accuracy on ${images}${posesSuffix(summary)}: ${formatPercent(accuracy)} (95% interval ${formatPercent(low)} to ${formatPercent(high)})`,
    ...(beside.length > 0 ? [`For comparison: ${beside.join(', ')}.`] : []),
    ...(angleRegions ? [angleLine(angleRegions)] : []),
  ];
}

const angleLine = ({ level, coverage, medianSize }: NonNullable<RunSummary['angleRegions']>): string =>
  `Angles: ${formatPercent(coverage)} lie in their ${formatPercent(level)} credible regions (median size ${Math.round((medianSize * 180) / Math.PI)}°).`;

function tellPairs({ folder, summary, stopped }: PairsResult): void {
  if (stopped || !summary) {
    say(`Stopped. To continue: pyroved train --resume ${folder.path}`);
    return;
  }
  const { r2, rmse, testPairs = 0, steps, seconds } = summary;
  if (r2 !== undefined && rmse !== undefined) {
    say(
      `On ${formatCount(testPairs)} pairs that training did not see: R² ${r2.toFixed(3)} (1: perfect; 0: no better than the mean output), RMSE ${rmse.toPrecision(3)}.`,
    );
    if (r2 < 0.05)
      say('The predictions are no better than the mean output. Train longer, or with a smaller --kl-weight.');
  }
  say(`Trained ${formatCount(steps)} steps in ${formatDuration(seconds)}. Report: ${folder.file('report')}`);
}
