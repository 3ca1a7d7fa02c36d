/** `pyroved demo`: the paper's card experiment from nothing, and what it shows. */
import { Command, Option } from 'commander';
import { type DemoSummary, runDemo } from '../recipes/index.js';
import { formatDuration } from '../viz/index.js';
import { say } from './messages.js';
import { addMachineOptions, addSeedOption, machineOf, wholeNumber } from './options.js';
import { withProgress } from './train.js';

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
    .option('--epochs <n>', 'passes over the unlabelled images', wholeNumber);
  addSeedOption(command);
  addMachineOptions(command);
  return command.action(async (given: { out: string; preset: 'paper' | 'small'; seed: number; epochs?: number }) => {
    const { out: folder, preset, seed, epochs } = given;
    const summary: { value?: DemoSummary } = {};
    await withProgress(async (hooks) => {
      const request = {
        ...machineOf(given as unknown as Record<string, unknown>),
        folder,
        preset,
        seed,
        ...(epochs !== undefined && { epochs }),
      };
      const result = await runDemo(request, { ...hooks, onPart: (name) => hooks.say?.(name) });
      summary.value = result.summary;
      return result.run;
    });
    if (summary.value) tell(summary.value, folder);
  });
}

function tell({ accuracy = Number.NaN, baselineAccuracy, totalSeconds }: DemoSummary, folder: string): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  say('');
  say(`  with the rotation latent     ${percent(accuracy)}`);
  say(`  without                      ${percent(baselineAccuracy)}`);
  say(`  ${formatDuration(totalSeconds)} in all. Open ${folder}/report.html for the pictures.`);
}
