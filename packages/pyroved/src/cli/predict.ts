/** `pyroved predict`: what an encoder-decoder predicts of new inputs, such as the spectra of images. */
import { selectEngine } from '@pyro-ts/engine';
import { Command } from 'commander';
import { inputsFor, loadVED, predictionNpz } from '../runs/index.js';
import { writeFileAtomic } from '../storage/index.js';
import { formatCount } from '../viz/index.js';
import { say, sayProblems } from './messages.js';
import { engineOption, parsed, seedOption, wholeNumber } from './options.js';

interface Given {
  readonly array: string;
  readonly dataset?: string;
  readonly out: string;
  readonly samples: number;
  readonly seed: number;
  readonly engine?: string;
}

export function predictCommand(): Command {
  return new Command('predict')
    .summary('predict outputs, such as spectra, with a model trained on pairs')
    .description(
      'Writes a .npz file with the arrays mean and deviation (over draws of the latents, in the units of the outputs), latents and latents_sd, and item: ' +
        'the place of each in the array of inputs.',
    )
    .argument('<run>', 'a run folder that train --outputs or train rods made')
    .requiredOption(
      '--array <file>',
      'the inputs: a .npy, .npz or HDF5 file of images or signals of the size trained on',
    )
    .option('--dataset <name>', 'the array in a file that holds several')
    .requiredOption('--out <npz>', 'where to write the predictions')
    .addOption(parsed('--samples <n>', 'draws of the latents', wholeNumber).default(30))
    .addOption(seedOption())
    .addOption(engineOption())
    .action(async (run: string, { array, dataset, out, samples, seed, engine }: Given) => {
      await selectEngine(engine === undefined ? {} : { engine });
      const trained = loadVED(run);
      if (trained.warning) say(trained.warning);
      const { set, problems, places } = await inputsFor(trained, array, dataset);
      sayProblems(problems);
      writeFileAtomic(out, predictionNpz(trained, set, { samples, seed, places }));
      say(`${formatCount(set.count)} predicted: ${out}`);
      trained.model.dispose();
    });
}
