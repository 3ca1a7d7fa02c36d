/** `pyroved compare-priors`: angle priors side by side, on the same images with the same seeds. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { PyroError } from 'pyro-ts';
import { angleGuideNames, anglePriorNames } from '../priors/index.js';
import {
  type CompareResult,
  type Comparison,
  comparePriors,
  resumeComparison,
  type Spread,
  type Symmetry,
} from '../recipes/index.js';
import { differenceText, measuredIn, measureWords, pText, spreadText } from '../recipes/studies/comparisonReport.js';
import { priorVariants } from '../recipes/studies/variants.js';
import { say } from './messages.js';
import { type Given, machineOf, parsed, seedOption, seedsOption, trainSettingsOf, wholeNumber } from './options.js';
import { addStudyOptions, refuseBesideResume, studyModel, studySource } from './study.js';
import { withProgress } from './train.js';

/** "normal,von-mises,normal+binned" */
const priors = (text: string): string[] => {
  const names = text.split(',').map((name) => name.trim());
  try {
    priorVariants(names);
  } catch (error) {
    if (error instanceof PyroError) throw new InvalidArgumentError(error.message);
    throw error;
  }
  return names;
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
      'Trains a model with each prior and each seed on the same images, and compares accuracy, ELBO, the error of the angles where they are known, calibration and time: means, spreads, ' +
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
    .addOption(seedOption('decides the images'))
    .addHelpText('after', examples);
  addStudyOptions(command, ['anglePrior', 'angleScale', 'angleConcentration', 'angleGuide']);
  return command.action(async (word: string | undefined, given: Given) => {
    const machine = machineOf(given);
    if (given.resume !== undefined) {
      refuseBesideResume(word, command);
      const folder = String(given.resume);
      tellEnd(await withProgress((hooks) => resumeComparison(folder, machine, hooks)));
      return;
    }
    const source = studySource(word, given, command);
    const asked = given.symmetry as Symmetry | undefined;
    const request = {
      ...machine,
      folder: String(given.out ?? `runs/compare-priors-${source.kind}`),
      source,
      model: studyModel(given),
      train: trainSettingsOf(given),
      priors: given.priors as string[],
      seeds: given.seeds as number | number[],
      ...(asked && { symmetry: asked }),
      overwrite: given.overwrite === true,
    };
    tellEnd(await withProgress((hooks) => comparePriors(request, hooks)));
  });
}

function tellEnd({ folder, comparison, stopped }: CompareResult): void {
  if (stopped || !comparison) {
    say(`Stopped. Go on with: pyroved compare-priors --resume ${folder.path}`);
    return;
  }
  console.log(comparisonText(comparison));
  say(`Table: ${folder.file('table')}. Report: ${folder.file('report')}`);
}

/** Means and spreads, and below them the tests. */
function comparisonText(comparison: Comparison): string {
  const { summary, tests, priors: names } = comparison;
  const measured = measuredIn(comparison);
  const means = [
    ['', ...measured.map((measure) => measureWords[measure].title)],
    ...summary.map((row) => [row.prior, ...measured.map((measure) => spreadText(measure, row[measure] as Spread))]),
  ];
  const against = [
    [`against ${names[0]}`, 'measure', 'difference', 't-test p', 'Wilcoxon p'],
    ...tests.map((test) => [
      test.prior,
      measureWords[test.measure].title,
      differenceText(test),
      pText(test.tTest),
      pText(test.wilcoxon),
    ]),
  ];
  return `${aligned(means)}\n\n${aligned(against)}`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows
    .map((row) =>
      row
        .map((cell, k) => cell.padEnd(widths[k]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
