/** `pyroved cross-validate`: the accuracy that the labelled images alone promise. */
import { Command } from 'commander';
import { type CrossValidateResult, crossValidate, resumeCrossValidation } from '../recipes/index.js';
import { formatCount, formatPercent, shareInterval } from '../viz/index.js';
import { confusionTable } from './judgement.js';
import { say } from './messages.js';
import { atLeast, type Given, machineOf, parsed, seedOption, trainSettingsOf } from './options.js';
import { addStudyOptions, refuseBesideResume, studyModel, studySource } from './study.js';
import { withProgress } from './train.js';

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
  return command.action(async (word: string | undefined, given: Given) => {
    const machine = machineOf(given);
    if (given.resume !== undefined) {
      refuseBesideResume(word, command);
      const folder = String(given.resume);
      tellEnd(await withProgress((hooks) => resumeCrossValidation(folder, machine, hooks)));
      return;
    }
    const source = studySource(word, given, command);
    const request = {
      ...machine,
      folder: String(given.out ?? `runs/cross-validate-${source.kind}`),
      source,
      model: studyModel(given),
      train: trainSettingsOf(given),
      folds: given.folds as number,
      seed: given.seed as number,
      overwrite: given.overwrite === true,
    };
    tellEnd(await withProgress((hooks) => crossValidate(request, hooks)));
  });
}

function tellEnd({ folder, result, stopped }: CrossValidateResult): void {
  if (stopped || !result) {
    say(`Stopped. Go on with: pyroved cross-validate --resume ${folder.path}`);
    return;
  }
  const { accuracy, images, spread, classNames, confusion } = result;
  const [low, high] = shareInterval(accuracy, images).map((share) => formatPercent(share));
  console.log(`accuracy ${accuracy.toFixed(4)} on ${formatCount(images)} images (95% interval ${low} to ${high})`);
  console.log(`mean of ${spread.n} folds ${spread.mean.toFixed(4)}, standard deviation ${spread.sd.toFixed(4)}`);
  console.log(confusionTable(classNames, classNames, confusion));
  say(`Report: ${folder.file('report')}`);
}
