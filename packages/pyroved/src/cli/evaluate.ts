/** `pyroved evaluate`: accuracy, calibration and confusion matrix of a trained model, or the errors of its predictions. */
import { Command, Option } from 'commander';
import {
  type FileProblem,
  inMemory,
  PyrovedError,
  type TrainingImages,
  withContamination,
  withNoise,
} from 'pyroved-ts';
import { predicts } from '../kinds/index.js';
import {
  type Alteration,
  type Changes,
  disentangledBy,
  evaluateModel,
  figuresOf,
  type LikelihoodBounds,
  labelledImages,
  likelihoodBounds,
  type TrainedModel,
  validationImages,
} from '../runs/index.js';
import { type ValidationSummary, validationSummary } from '../runs/validation.js';
import { writeFileAtomic } from '../storage/index.js';
import { boundsText, disentanglementText, judgementText } from './evaluationText.js';
import { print, say, sayProblems } from './messages.js';
import {
  addMachineOptions,
  atLeast,
  type Given,
  group,
  notNegative,
  parsed,
  picked,
  share,
  wholeNumber,
} from './options.js';
import { addRun, withRun } from './trained.js';

const changes = [
  ...['angle', 'shear', 'scale', 'translation', 'axes', 'seed', 'validationPerClass'],
  ...['background', 'contrast', 'blur', 'clutter'],
];

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .summary('measure the accuracy of a trained model')
    .description(
      'Classify the validation images of the run, or other labelled images, and print the accuracy, the confusion matrix (rows: true classes) and the expected ' +
        'calibration error with its reliability table. For a model that found its classes without labels, the accuracy is that of the best matching with the true classes; ' +
        'for one that predicts quantities, mean squared error and R2 are printed. Where factors of variation are known, as for generated images, it also prints how well ' +
        'each latent variable predicts each factor. The model is not changed.',
    );
  addRun(command)
    .option('--labelled <folder>', 'other labelled images: one folder per class')
    .option('--json <file>', 'write the results as JSON')
    .addOption(
      parsed(
        '--bound <particles>',
        'also compute the ELBO and the importance-weighted bound with this many samples per image, on --bound-images of the images',
        atLeast(1),
      ),
    )
    .addOption(parsed('--bound-images <n>', 'number of images for --bound', atLeast(1)).default(100))
    .addOption(parsed('--noise <sigma>', 'add Gaussian noise with this standard deviation (white is 1)', notNegative))
    .addOption(parsed('--contamination <share>', 'set this fraction of the pixels to white', notNegative));
  group(command, 'Changes to generated images:', [
    new Option(
      '--angle <angle>',
      'cards, glyphs, digits: random rotation by up to this angle either way, e.g. "90 deg"',
    ),
    new Option(
      '--translation <fraction>',
      'cards, glyphs, digits: random shift by up to this fraction of the width, e.g. 0.1',
    ),
    new Option('--shear <angle>', 'cards, glyphs: e.g. "15 deg" or "23%"'),
    new Option('--scale <range>', 'cards, glyphs: e.g. "1 to 1.3"'),
    new Option('--axes <which>', 'cards: shift vertically or along both axes').choices(['vertical', 'both']),
    parsed('--background <amplitude>', 'uneven background with up to this amplitude', notNegative),
    parsed('--contrast <range>', 'random contrast change by up to this much either way, e.g. 0.3', share),
    parsed('--blur <pixels>', 'random blur with up to this standard deviation, in pixels', notNegative),
    parsed('--clutter <n>', 'mean number of other objects reaching into an image', notNegative),
    parsed('--seed <n>', 'cards, glyphs, particles, peaks: random seed of the images', wholeNumber),
    parsed('--validation-per-class <n>', 'images per class', atLeast(1)),
  ]);
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    await withRun(run, given, async (trained) => {
      const other = picked(given, changes) as Changes;
      const { noise, contamination, json } = given as { noise?: number; contamination?: number; json?: string };
      const altered = (set: TrainingImages): TrainingImages => {
        let images = inMemory(set);
        if (contamination !== undefined) images = withContamination(images, contamination, 1, trained.run.config.seed);
        if (noise !== undefined) images = withNoise(images, noise, trained.run.config.seed);
        return images;
      };
      const alter = contamination === undefined && noise === undefined ? undefined : altered;
      const found: Found =
        given.labelled === undefined
          ? await validated(trained, other, alter)
          : await labelledImages(trained, String(given.labelled), alter);
      if (given.labelled !== undefined && Object.keys(other).length > 0)
        throw new PyrovedError('--labelled cannot be combined with changes to the generated images.');
      sayProblems(found.problems);
      const images = inMemory(found.set);
      const disentanglement = disentangledBy(trained.run, trained.model, images);
      // A model without classes and quantities is evaluated by disentanglement and bounds alone.
      const hasOther = disentanglement !== undefined || given.bound !== undefined;
      const evaluation = hasOther && !predicts(trained.model) ? undefined : evaluateModel(trained, images);
      const { validation } = found;
      if (evaluation) {
        const shown = { ...images, ...(validation && { count: validation.images, validation }) };
        print(judgementText(evaluation, trained.classNames, shown));
      }
      if (disentanglement) print(disentanglementText(disentanglement));
      const bounds = boundsAsked(trained, images, given);
      if (bounds) print(boundsText(bounds));
      if (json !== undefined) {
        const { classNames } = trained;
        const asked = { ...other, ...picked(given, ['labelled', 'noise', 'contamination']) };
        const content = {
          run,
          images: validation?.images ?? images.count,
          ...(validation && { validation }),
          classNames,
          ...(evaluation && figuresOf(evaluation)),
          ...(disentanglement && { disentanglement }),
          ...(bounds && { bounds }),
          ...asked,
        };
        writeFileAtomic(json, `${JSON.stringify(content, null, 2)}\n`);
        say(`Written to ${json}`);
      }
    });
  });
}

/** The bounds on the log-likelihood, if --bound is given. */
function boundsAsked({ model, run }: TrainedModel, images: TrainingImages, given: Given): LikelihoodBounds | undefined {
  const { bound: particles, boundImages } = given as { bound?: number; boundImages: number };
  if (particles === undefined) return undefined;
  return likelihoodBounds(model, images, { particles, images: boundImages, seed: run.config.seed });
}

interface Found {
  readonly set: TrainingImages;
  readonly problems: readonly FileProblem[];
  readonly validation?: ValidationSummary;
}

/** The validation images of the run, with a summary if they are shown at random poses. */
async function validated(trained: TrainedModel, changes: Changes, alter: Alteration | undefined): Promise<Found> {
  const validation = await validationImages(trained, changes, alter);
  const { images: set, poses } = validation;
  return { set, problems: [], ...(poses === 'drawn' && { validation: validationSummary(validation) }) };
}
