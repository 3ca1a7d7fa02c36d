/** `pyroved demo`: the paper's card experiment from nothing, and what it shows. */
import { Command, Option } from 'commander';
import { DEMO_SEED, type DemoSummary, runDemo } from '../recipes/index.js';
import { formatDuration, formatPercent } from '../viz/index.js';
import { say } from './messages.js';
import { addMachineOptions, type Given, machineOf, parsed, seedOption, wholeNumber } from './options.js';
import { withProgress } from './trainingProgress.js';

export function demoCommand(): Command {
  const command = new Command('demo')
    .summary('train on turned card suits and compare with a model that cannot turn')
    .description(
      "The paper's experiment on generated images: 800 labelled suits that lie straight, 12,000 unlabelled ones turned by up to 60 degrees. Trains the rotation-invariant model " +
        'and the same model without the rotation latent, prints both accuracies and writes a report.',
    )
    .option('--out <folder>', 'the run folder; one that is there is replaced', 'runs/demo')
    .addOption(
      new Option('--preset <name>', 'paper, or small: an eighth of the images')
        .choices(['paper', 'small'])
        .default('paper'),
    )
    .addOption(parsed('--epochs <n>', 'passes over the unlabelled images (default: by preset)', wholeNumber))
    .addOption(seedOption().default(DEMO_SEED));
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

function tell({ accuracy = Number.NaN, baselineAccuracy, totalSeconds }: DemoSummary, folder: string): void {
  console.log(`  with the rotation latent     ${formatPercent(accuracy)}`);
  console.log(`  without                      ${formatPercent(baselineAccuracy)}`);
  console.log(`  ${formatDuration(totalSeconds)} in all. Open ${folder}/report.html for the pictures.`);
}
