/** `pyroved compare-priors`: comparison of angle priors on the same images with the same seeds. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { PyroError } from 'pyro-ts';
import { angleGuideNames, anglePriorNames } from 'pyroved-ts/internal';
import { type CompareResult, type Comparison, comparePriors, resumeComparison, type Symmetry } from '../runs/index.js';
import { summaryTable, testTable } from '../studies/comparisonReport.js';
import { priorVariants } from '../studies/variants.js';
import { aligned } from './aligned.js';
import { print, say } from './messages.js';
import { names, parsed, seedOption, seedsOption, wholeNumber } from './options.js';
import { addStudyOptions, onStudy } from './study.js';

/** "normal,von-mises,normal+binned" */
const priors = (text: string): string[] => {
  const list = names(text);
  try {
    priorVariants(list);
  } catch (error) {
    if (error instanceof PyroError) throw new InvalidArgumentError(error.message);
    throw error;
  }
  return list;
};

/** "diamonds=2,ring=0" */
const symmetry = (text: string): Symmetry =>
  Object.fromEntries(
    text.split(',').map((entry) => {
      const [name, order, ...rest] = entry.split('=');
      if (order === undefined || rest.length > 0)
        throw new InvalidArgumentError('Give class=order, as in "diamonds=2".');
      return [name.trim(), wholeNumber(order)];
    }),
  );

const examples = `
Examples:
  Three priors on the cards, five seeds each, with a fast decoder (288 pixels, one exact class):
    $ pyroved compare-priors cards --preset small --pixels 288 --exact-classes 1 --seeds 5
  Your own images, and a guide with several modes of the angle:
    $ pyroved compare-priors examples --priors normal,normal+binned --seeds 5 --out runs/priors
  Continue after Ctrl-C or a crash:
    $ pyroved compare-priors --resume runs/priors`;

export function comparePriorsCommand(): Command {
  const command = new Command('compare-priors')
    .summary('compare angle priors')
    .description(
      'Train a model with each prior and each seed on the same images, and compare accuracy, ELBO, angle error (where true angles are known), calibration ' +
        'and time. Writes means, standard deviations, paired tests, tables, charts and a report.',
    )
    .addOption(
      parsed(
        '--priors <list>',
        `at least two of ${anglePriorNames.join(', ')}, each optionally with a guide (${angleGuideNames.map((name) => `+${name}`).join(', ')}); the first is the reference for the paired tests`,
        priors,
      ).default(['normal', 'projected-normal', 'von-mises'], 'normal,projected-normal,von-mises'),
    )
    .addOption(seedsOption('seeds per prior: 5 for seeds 1 to 5, or a list such as 2,5,7').default(5))
    .addOption(
      new Option(
        '--symmetry <list>',
        'rotational symmetry of the classes, e.g. "diamonds=2"; 0: no angle (default: 1; known for generated classes)',
      ).argParser(symmetry),
    )
    .addOption(
      new Option(
        '--decoder <net>',
        'dense: a network evaluated at pixel coordinates; template: one template per class, warped by a smooth field, compared by its evidence (default: dense)',
      ).choices(['dense', 'template']),
    )
    .addOption(seedOption('seed of the images'))
    .addHelpText('after', examples);
  // A convolutional decoder is for models without an angle.
  addStudyOptions(command, ['anglePrior', 'angleScale', 'angleConcentration', 'angleGuide', 'decoder', 'upsampling']);
  return onStudy(command, {
    name: 'compare-priors',
    begin: (shared, given, hooks) => {
      const asked = given.symmetry as Symmetry | undefined;
      const own = { priors: given.priors as string[], seeds: given.seeds as number | number[] };
      return comparePriors({ ...shared, ...own, ...(asked && { symmetry: asked }) }, hooks);
    },
    resume: resumeComparison,
    tellEnd,
  });
}

function tellEnd({ folder, comparison }: CompareResult): void {
  if (!comparison) return;
  print(comparisonText(comparison));
  say(`Table: ${folder.file('table')}. Report: ${folder.file('report')}`);
}

/** Means and standard deviations, followed by the paired tests. */
function comparisonText(comparison: Comparison): string {
  const [means, tests] = [summaryTable(comparison), testTable(comparison)];
  return [
    aligned([['', ...means.header.slice(1)], ...means.rows]),
    aligned([[`against ${comparison.priors[0]}`, ...tests.header.slice(1)], ...tests.rows]),
  ].join('\n\n');
}
