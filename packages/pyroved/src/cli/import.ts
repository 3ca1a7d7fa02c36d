/** `pyroved import`: a run from weights saved by pyroVED. */
import { selectEngine } from '@pyro-ts/engine';
import { activations } from '@pyro-ts/spatial-decoder/internal';
import { Command, InvalidArgumentError, Option } from 'commander';
import { defined, likelihoodNames } from 'pyroved-ts/internal';

import { importedKinds } from 'pyroved-ts/node';
import { type ImportRunOptions, importRun } from '../runs/index.js';
import { print, say } from './messages.js';
import { counts, decimal, type Given, invariances, names, parsed, picked } from './options.js';

/** "0,255" */
const range = (text: string): { low: number; high: number } => {
  const [low, high, ...more] = text.split(',').map((part) => decimal(part.trim()));
  if (!(low < high) || more.length > 0)
    throw new InvalidArgumentError('Expected the lowest and the highest value, e.g. "0,255".');
  return { low, high };
};

export function importCommand(): Command {
  return new Command('import')
    .summary('create a run from pyroVED weights')
    .description(
      "Create a run from weights saved by pyroVED's save_weights (a .pt file; PyTorch 1.6 or newer), for use with all commands that take a trained model. Python is " +
        'not needed, and no code in the file is executed. Settings that the weights do not determine are options; assumed values are printed.',
    )
    .argument('<file>', 'the .pt file')
    .addOption(new Option('--out <run>', 'run folder to create').makeOptionMandatory())
    .option('--overwrite', 'replace an existing run')
    .addOption(
      new Option(
        '--kind <name>',
        'kind of model (default: detected from the weights; an ssRegIVAE must be given)',
      ).choices(importedKinds),
    )
    .addOption(
      parsed(
        '--shape <sizes>',
        'height and width of the images, or length of the signals, e.g. 48,64 (default: square); for a VED, of its inputs',
        counts,
      ),
    )
    .addOption(
      parsed(
        '--invariances <list>',
        'r (rotation), t (translation), s (scale), or none (default: inferred from the weights)',
        invariances,
      ),
    )
    .addOption(
      new Option(
        '--activation <name>',
        "activation used in training; pyroVED's lrelu is leakyRelu (default: tanh; leakyRelu for a VED)",
      ).choices(activations),
    )
    .addOption(new Option('--likelihood <name>', "pyroVED's sampler_d (default: bernoulli)").choices(likelihoodNames))
    .addOption(parsed('--class-names <list>', 'class names in order, e.g. hearts,spades', names))
    .addOption(
      parsed('--factors <list>', 'names of the quantities that the model predicts or is conditioned on', names),
    )
    .addOption(parsed('--range <low,high>', 'grey values scaled to 0 and 1 in training (default: 0,1)', range))
    .addOption(parsed('--output-shape <sizes>', "shape of a VED's outputs", counts))
    .addOption(parsed('--output-range <low,high>', "values of a VED's outputs scaled to 0 and 1 (default: 0,1)", range))
    .action(async (file: string, given: Given) => {
      await selectEngine();
      const { out, range: normalisation, outputRange: outputNormalisation, outputShape } = given;
      const known = picked(given, [
        'kind',
        'shape',
        'invariances',
        'activation',
        'likelihood',
        'classNames',
        'factors',
        'overwrite',
      ]);
      const named = { normalisation, outputNormalisation, outputShape };
      const { run, notes } = importRun(file, String(out), { ...known, ...defined(named) } as ImportRunOptions);
      say(`Assumed, since the weights do not determine it: ${notes.join('; ')}.`);
      print(run.path);
    });
}
