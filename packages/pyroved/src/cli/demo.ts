/** `pyroved demo`: the card experiment of the paper, with its comparisons. */
import { Command, Option } from 'commander';
import { type DemoSummary, runDemo } from '../runs/index.js';
import { formatDuration, formatPercent } from '../viz/index.js';
import { print, say } from './messages.js';
import { addMachineOptions, type Given, machineOf, parsed, seedOption, wholeNumber } from './options.js';
import { withProgress } from './trainingProgress.js';

export function demoCommand(): Command {
  const command = new Command('demo')
    .summary('train on rotated card suits and compare with a plain classifier and a model without rotation latents')
    .description(
      "The paper's experiment on generated images: 800 upright labelled suits, 12,000 unlabelled ones rotated by up to 60 degrees, shifted, sheared and " +
        'scaled. Trains a model with default options and one without rotation latents, prints the accuracies and writes a report.',
    )
    .option('--out <folder>', 'run folder; an existing one is replaced', 'runs/demo')
    .addOption(
      new Option('--preset <name>', 'paper, or small (an eighth of the images)')
        .choices(['paper', 'small'])
        .default('paper'),
    )
    .addOption(
      parsed('--epochs <n>', 'passes over the unlabelled images (default: depends on the preset)', wholeNumber),
    )
    .addOption(seedOption());
  addMachineOptions(command);
  return command.action(async (given: Given) => {
    const {
      out: folder,
      preset,
      seed,
      epochs,
    } = given as {
      out: string;
      preset: 'paper' | 'small';
      seed: number;
      epochs?: number;
    };
    const request = { ...machineOf(given), folder, preset, seed, ...(epochs !== undefined && { epochs }) };
    const { summary } = await withProgress((hooks) => runDemo(request, { ...hooks, onPart: hooks.say }));
    if (summary) tell(summary, folder);
    else say('Stopped. Running the demo again starts from the beginning.');
  });
}

function tell(summary: DemoSummary, folder: string): void {
  const { accuracy = Number.NaN, labelsOnlyAccuracy = Number.NaN, baselineAccuracy, seconds, totalSeconds } = summary;
  const rows = [
    ['default options (recognition of class and pose)', accuracy, ` after ${formatDuration(seconds)} of training`],
    ['plain classifier on augmented labelled images', labelsOnlyAccuracy, ''],
    ['model without rotation latents', baselineAccuracy, ''],
  ] as const;
  for (const [what, share, note] of rows) print(`  ${what.padEnd(54)} ${formatPercent(share)}${note}`);
  print(`  ${formatDuration(totalSeconds)} in total. Report: ${folder}/report.html`);
}
