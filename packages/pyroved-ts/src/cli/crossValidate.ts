/** `pyroved cross-validate`: the accuracy that the labelled images alone promise. */
import { Command } from 'commander';
import { type CrossValidateResult, crossValidate, resumeCrossValidation } from '../recipes/index.js';
import { formatCount, formatPercent, shareInterval } from '../viz/index.js';
import { confusionTable } from './judgement.js';
import { say } from './messages.js';
import { atLeast, parsed, seedOption } from './options.js';
import { addStudyOptions, onStudy } from './study.js';

export function crossValidateCommand(): Command {
  const command = new Command('cross-validate')
    .summary('estimate the accuracy from the labelled images alone')
    .description(
      'Divides the labelled images into parts, trains a model without each and tests it on that part. Prints the accuracy, its spread over the parts and the confusion matrix ' +
        '(rows: true classes), and writes a report. Nothing is kept aside: with few labels, each of them serves both ways.',
    )
    .addOption(parsed('--folds <n>', 'number of parts', atLeast(2)).default(5))
    .addOption(seedOption());
  addStudyOptions(command);
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
  const { accuracy, images, spread, classNames, confusion } = result;
  const [low, high] = shareInterval(accuracy, images).map((share) => formatPercent(share));
  console.log(`accuracy ${accuracy.toFixed(4)} on ${formatCount(images)} images (95% interval ${low} to ${high})`);
  console.log(`mean of ${spread.n} folds ${spread.mean.toFixed(4)}, standard deviation ${spread.sd.toFixed(4)}`);
  console.log(confusionTable(classNames, classNames, confusion));
  say(`Report: ${folder.file('report')}`);
}
