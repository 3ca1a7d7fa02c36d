/** `pyroved evaluate`: how often a trained model is right and what it takes for what, or how far its predictions are off. */
import { Command, Option } from 'commander';
import {
  type FileProblem,
  IVAE,
  inMemory,
  PyrovedError,
  type TrainingImages,
  withContamination,
  withNoise,
} from 'pyroved-ts';
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
      'Classifies the labelled images that the run kept aside, or others, and prints the accuracy, the expected calibration error with the table that it ' +
        'comes from, and the confusion matrix (rows: true classes). Of a model that found its classes by itself, the accuracy is that of the best matching with the true ones; ' +
        'of one that predicts quantities, it prints their mean squared error and R2. Where factors of variation are known, as of generated images, it also prints how much of each factor every latent ' +
        'variable tells. Nothing is learned.',
    );
  addRun(command)
    .option('--labelled <folder>', 'other images of your own: one folder per class')
    .option('--json <file>', 'write the figures as JSON')
    .addOption(
      parsed(
        '--bound <particles>',
        'also the ELBO and the importance-weighted bound with this many draws per image, on --bound-images of the images',
        atLeast(1),
      ),
    )
    .addOption(parsed('--bound-images <n>', 'images for --bound', atLeast(1)).default(100))
    .addOption(parsed('--noise <sigma>', 'add normal noise of this standard deviation (white is 1)', notNegative))
    .addOption(parsed('--contamination <share>', 'turn this share of the pixels white', notNegative));
  group(command, 'Other images, for a run on generated ones:', [
    new Option('--angle <angle>', 'cards, glyphs, digits: rotated by up to this much either way, e.g. "90 deg"'),
    new Option('--translation <fraction>', 'cards, glyphs, digits: e.g. 0.1'),
    new Option('--shear <angle>', 'cards, glyphs: e.g. "15 deg" or "23%"'),
    new Option('--scale <range>', 'cards, glyphs: e.g. "1 to 1.3"'),
    new Option('--axes <which>', 'cards: shift vertically or both ways').choices(['vertical', 'both']),
    parsed('--background <amplitude>', 'uneven background of up to this amplitude', notNegative),
    parsed('--contrast <range>', 'contrast varies by this much either way, e.g. 0.3', share),
    parsed('--blur <pixels>', 'blur of up to this standard deviation, different for each image', notNegative),
    parsed('--clutter <n>', 'mean number of other objects that reach into an image', notNegative),
    parsed('--seed <n>', 'cards, glyphs, particles, peaks: other draws', wholeNumber),
    parsed('--validation-per-class <n>', 'images of each class', atLeast(1)),
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
        throw new PyrovedError('Give --labelled, or changes to the generated images, not both.');
      sayProblems(found.problems);
      const images = inMemory(found.set);
      const disentanglement = disentangledBy(trained.run, trained.model, images);
      // What varies is all that a model without classes and quantities can be evaluated by.
      const hasOther = disentanglement !== undefined || given.bound !== undefined;
      const evaluation = hasOther && trained.model instanceof IVAE ? undefined : evaluateModel(trained, images);
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

/** The bounds of the log-likelihood that --bound asks for. */
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

/** The validation images of the run, with what they are where they are shown at drawn poses. */
async function validated(trained: TrainedModel, changes: Changes, alter: Alteration | undefined): Promise<Found> {
  const validation = await validationImages(trained, changes, alter);
  const { images: set, poses } = validation;
  return { set, problems: [], ...(poses === 'drawn' && { validation: validationSummary(validation) }) };
}
