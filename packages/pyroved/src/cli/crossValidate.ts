/** `pyroved cross-validate`: accuracy, or error of predicted quantities, estimated by cross-validation on the labelled images. */
import { Command } from 'commander';
import { shareInterval } from 'pyroved-ts/internal';
import {
  type ClassValidation,
  type CrossValidateResult,
  crossValidate,
  type QuantityErrors,
  type QuantityValidation,
  resumeCrossValidation,
  type Spread,
} from '../runs/index.js';
import { formatCount, formatPercent } from '../viz/index.js';
import { confusionTable } from './evaluationText.js';
import { labelledKindTable } from './kindTable.js';
import { print, say } from './messages.js';
import { atLeast, parsed, seedOption } from './options.js';
import { addSettings } from './settings.js';
import { addStudyOptions, onStudy } from './study.js';

export function crossValidateCommand(): Command {
  const command = new Command('cross-validate')
    .summary('estimate the accuracy, or the error of predicted quantities, from the labelled images')
    .description(
      'Split the labelled images into folds, train one model per fold without its images, and test it on them. Prints the accuracy, its standard deviation over the ' +
        'folds and the confusion matrix (rows: true classes), or, with --factors, R2, RMSE and mean absolute error of each quantity, and writes a report.',
    )
    .addOption(parsed('--folds <n>', 'number of folds', atLeast(2)).default(5))
    .addOption(seedOption());
  addStudyOptions(command);
  addSettings(command, 'Kind of model:', labelledKindTable);
  return onStudy(command, {
    name: 'cross-validate',
    begin: (shared, given, hooks) =>
      crossValidate({ ...shared, folds: given.folds as number, seed: given.seed as number }, hooks),
    resume: resumeCrossValidation,
    tellEnd,
  });
}

function tellEnd({ folder, result }: CrossValidateResult): void {
  if (!result) return;
  print(result.on === 'classes' ? classesText(result) : quantitiesText(result));
  say(`Report: ${folder.file('report')}`);
}

function classesText({ accuracy, images, spread, classNames, confusion }: ClassValidation): string {
  const [low, high] = shareInterval(accuracy, images).map((share) => formatPercent(share));
  return [
    `accuracy ${accuracy.toFixed(4)} on ${formatCount(images)} images (95% interval ${low} to ${high})`,
    `mean of ${spread.n} folds ${spread.mean.toFixed(4)}, standard deviation ${spread.sd.toFixed(4)}`,
    confusionTable(classNames, classNames, confusion),
  ].join('\n');
}

function quantitiesText({ folds, images, targets }: QuantityValidation): string {
  const errors = <T>(
    { r2, rootMeanSquaredError, meanAbsoluteError }: QuantityErrors<T>,
    figure: (value: T) => string,
  ) =>
    `R2 ${figure(r2)}, root mean squared error ${figure(rootMeanSquaredError)}, mean absolute error ${figure(meanAbsoluteError)}`;
  const digits = (value: number) => (Number.isNaN(value) ? '(no spread)' : value.toPrecision(4));
  const spread = ({ mean, sd }: Spread) =>
    Number.isNaN(mean) ? '(no spread)' : `${digits(mean)} ± ${sd.toPrecision(2)}`;
  return targets
    .flatMap(({ name, ...all }) => [
      `${name}: ${errors(all, digits)} on ${formatCount(images)} images`,
      `  mean of ${folds.length} folds: ${errors(all.spread, spread)}`,
    ])
    .join('\n');
}
