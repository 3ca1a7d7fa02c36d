/** `pyroved demo`: the card experiment from nothing, and what it shows. */
import { Command, Option } from 'commander';
import { type DemoSummary, runDemo } from '../runs/index.js';
import { formatDuration, formatPercent } from '../viz/index.js';
import { print, say } from './messages.js';
import { addMachineOptions, type Given, machineOf, parsed, seedOption, wholeNumber } from './options.js';
import { withProgress } from './trainingProgress.js';

export function demoCommand(): Command {
  const command = new Command('demo')
    .summary('train on rotated card suits, and compare with a plain network and with a model without rotation latents')
    .description(
      "The paper's experiment on generated images: 800 upright labelled suits, 12,000 unlabelled ones rotated by up to 60 degrees, shifted, sheared and " +
        'scaled. Trains with default options, then a model without rotation latents, prints the accuracies and writes a report.',
    )
    .option('--out <folder>', 'the run folder; an existing one is replaced', 'runs/demo')
    .addOption(
      new Option('--preset <name>', 'paper, or small: an eighth of the images')
        .choices(['paper', 'small'])
        .default('paper'),
    )
    .addOption(parsed('--epochs <n>', 'passes over the unlabelled images (default: by preset)', wholeNumber))
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
    else say('Stopped. The demo begins anew when it is run again.');
  });
}

function tell(summary: DemoSummary, folder: string): void {
  const { accuracy = Number.NaN, labelsOnlyAccuracy = Number.NaN, baselineAccuracy, seconds, totalSeconds } = summary;
  const rows = [
    ['recognition of class and pose, default options', accuracy, ` after ${formatDuration(seconds)} of training`],
    ['a plain network on the labelled images at drawn poses', labelsOnlyAccuracy, ''],
    ['a model without rotation latents', baselineAccuracy, ''],
  ] as const;
  for (const [what, share, note] of rows) print(`  ${what.padEnd(54)} ${formatPercent(share)}${note}`);
  print(`  ${formatDuration(totalSeconds)} in all. Open ${folder}/report.html for the pictures.`);
}
