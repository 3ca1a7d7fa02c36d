/** `pyroved reproduce`: the figures of the paper from scratch, with a report. */
import { Command, Option } from 'commander';
import { figures } from '../reproduce/figures/index.js';
import type { Size } from '../reproduce/plan.js';
import { reproduce } from '../reproduce/reproduce.js';
import { say } from './messages.js';
import { addMachineOptions, type Given, machineOf } from './options.js';
import { withProgress } from './trainingProgress.js';

const examples = `
Examples:
  A test of minutes, with few images and epochs:
    $ pyroved reproduce --quick --out reproduced-quick
  Figures 4a and 4e at full size, with savings in the decoder, on class images of your own:
    $ pyroved reproduce 4a 4e --savings --templates templates.json
  The report of the runs that exist, without training:
    $ pyroved reproduce --savings --no-train`;

interface ReproduceOptions {
  readonly out: string;
  readonly templates?: string;
  readonly quick?: boolean;
  readonly savings?: boolean;
  readonly train: boolean;
  readonly python?: string;
}

export function reproduceCommand(): Command {
  const command = new Command('reproduce')
    .summary('reproduce the figures of the paper')
    .description(
      "Make the figures of the paper (Ziatdinov et al., Digital Discovery 2024, 3, 1213) from scratch: data, trainings with the paper's recipe and with the default " +
        'one, pictures, and a table of the numbers beside those of the paper. Figures share runs. A reproduction that was stopped or killed continues when ' +
        'it is started again with the same options.',
    )
    .argument('[figures...]', `some of ${figures.map(({ id }) => id).join(', ')}; 4 for all of 4a to 4f (default: all)`)
    .option('--out <folder>', 'folder of runs, measurements and report', 'reproduced')
    .option('--templates <path>', 'class images of the cards, a JSON file or a folder with one image per class')
    .addOption(new Option('--quick', 'few images and epochs: a test of the program, minutes').conflicts('savings'))
    .option('--savings', 'unbiased savings in the decoder for the main run too: 5 hours instead of 14')
    .option('--no-train', 'make the figures of the runs that exist')
    .option('--python <program>', 'a Python with scikit-learn and xgboost, for figure S3')
    .addHelpText('after', examples);
  addMachineOptions(command);
  return command.action(async (names: string[], given: Given) => {
    const { out: folder, templates, quick, savings, train, python } = given as unknown as ReproduceOptions;
    const size: Size = quick ? 'quick' : savings ? 'savings' : 'full';
    const { report } = await withProgress((hooks) =>
      reproduce(
        {
          ...{ ...machineOf(given), folder, figures: names, size, train },
          ...(templates !== undefined && { templates }),
          ...(python !== undefined && { python }),
        },
        hooks,
      ),
    );
    if (report !== undefined) say(`Report: ${report}`);
    else say('Stopped. To continue, start the same command again; figures of the runs so far: --no-train.');
  });
}
