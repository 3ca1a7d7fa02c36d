/** `pyroved predict`: predictions of a VED for new inputs, such as the spectra of images. */
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
      'Write a .npz file with the arrays mean and deviation (over samples of the latents, in the units of the outputs), latents, latents_sd, and item (the index ' +
        'of each prediction in the array of inputs).',
    )
    .argument('<run>', 'a run folder created by train --outputs or train rods')
    .requiredOption(
      '--array <file>',
      'inputs: a .npy, .npz or HDF5 file of images or signals, of the same size as in training',
    )
    .option('--dataset <name>', 'name of the array in a file with several arrays')
    .requiredOption('--out <npz>', 'output file')
    .addOption(parsed('--samples <n>', 'number of samples of the latents', wholeNumber).default(30))
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
