/** `pyroved compare-priors`: angle priors side by side, on the same images with the same seeds. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { PyroError } from 'pyro-ts';
import { angleGuideNames, anglePriorNames } from 'pyroved-ts';
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
  Three priors on the cards, five seeds each, a sixteenth of the decoder's work:
    $ pyroved compare-priors cards --preset small --pixels 288 --exact-classes 1 --seeds 5
  Your own images, and a guide that allows several angles:
    $ pyroved compare-priors examples --priors normal,normal+binned --seeds 5 --out runs/priors
  Go on after Ctrl-C or a crash:
    $ pyroved compare-priors --resume runs/priors`;

export function comparePriorsCommand(): Command {
  const command = new Command('compare-priors')
    .summary('hold priors of the angle against each other')
    .description(
      'Trains a model with each prior and each seed on the same images, the priors of a seed side by side, and compares accuracy, ELBO, the error of the angles where they are known, calibration and time: means, spreads, ' +
        'paired tests, tables, charts and a report.',
    )
    .addOption(
      parsed(
        '--priors <list>',
        `at least two of ${anglePriorNames.join(', ')}, each as it is or with a guide (${angleGuideNames.map((name) => `+${name}`).join(', ')}); the others are tested against the first`,
        priors,
      ).default(['normal', 'projected-normal', 'von-mises'], 'normal,projected-normal,von-mises'),
    )
    .addOption(seedsOption('seeds of each prior: 5 for 1 to 5, or a list such as 2,5,7').default(5))
    .addOption(
      new Option(
        '--symmetry <list>',
        'turns that leave a class as it is, as in "diamonds=2"; 0: it has no angle (default: 1; known for generated classes)',
      ).argParser(symmetry),
    )
    .addOption(
      new Option(
        '--decoder <net>',
        'dense: a network that is evaluated at coordinates; template: one picture per class, moved by a smooth field, whose evidence is compared (default: dense)',
      ).choices(['dense', 'template']),
    )
    .addOption(seedOption('decides the images'))
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

/** Means and spreads, and below them the tests. */
function comparisonText(comparison: Comparison): string {
  const [means, tests] = [summaryTable(comparison), testTable(comparison)];
  return [
    aligned([['', ...means.header.slice(1)], ...means.rows]),
    aligned([[`against ${comparison.priors[0]}`, ...tests.header.slice(1)], ...tests.rows]),
  ].join('\n\n');
}
