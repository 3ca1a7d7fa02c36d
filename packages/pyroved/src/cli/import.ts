/** `pyroved import`: a run from weights that the original, pyroVED, saved. */
import { selectEngine } from '@pyro-ts/engine';
import { activations } from '@pyro-ts/spatial-decoder/internal';
import { Command, InvalidArgumentError, Option } from 'commander';
import { likelihoodNames } from 'pyroved-ts';
import { defined } from 'pyroved-ts/internal';
import { importedKinds } from 'pyroved-ts/node';
import { type ImportRunOptions, importRun } from '../runs/index.js';
import { print, say } from './messages.js';
import { counts, decimal, type Given, invariances, names, parsed, picked } from './options.js';

/** "0,255" */
const range = (text: string): { low: number; high: number } => {
  const [low, high, ...more] = text.split(',').map((part) => decimal(part.trim()));
  if (!(low < high) || more.length > 0) throw new InvalidArgumentError('Give the lowest and the highest value.');
  return { low, high };
};

export function importCommand(): Command {
  return new Command('import')
    .summary("make a run from pyroVED's weights")
    .description(
      "Makes a run from the weights that pyroVED's save_weights wrote (a .pt file; PyTorch 1.6 or newer), for all commands that use a trained model. No " +
        'Python is needed, and nothing in the file is executed. What the weights do not tell is assumed, and said, unless it is given.',
    )
    .argument('<file>', 'the .pt file')
    .addOption(new Option('--out <run>', 'the run folder to make').makeOptionMandatory())
    .option('--overwrite', 'replace an existing run')
    .addOption(
      new Option('--kind <name>', 'the model (default: detected from the weights; ssRegIVAE must be named)').choices(
        importedKinds,
      ),
    )
    .addOption(
      parsed(
        '--shape <sizes>',
        'height and width of images, or the length of signals: 48,64 (default: a square); of a VED, those of its inputs',
        counts,
      ),
    )
    .addOption(
      parsed(
        '--invariances <list>',
        'r (rotation), t (translation), s (scale), or none (default: the likeliest)',
        invariances,
      ),
    )
    .addOption(
      new Option(
        '--activation <name>',
        "as it was trained; pyroVED's lrelu is leakyRelu (default: tanh, of a VED leakyRelu)",
      ).choices(activations),
    )
    .addOption(new Option('--likelihood <name>', "pyroVED's sampler_d (default: bernoulli)").choices(likelihoodNames))
    .addOption(parsed('--class-names <list>', 'names of the classes in their order: hearts,spades', names))
    .addOption(parsed('--factors <list>', 'names of the quantities that it predicts or is conditioned on', names))
    .addOption(
      parsed('--range <low,high>', 'the grey values that became 0 and 1 in its training (default: 0,1)', range),
    )
    .addOption(parsed('--output-shape <sizes>', 'of what a VED predicts, likewise', counts))
    .addOption(parsed('--output-range <low,high>', 'of what a VED predicts, likewise', range))
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
      say(`Taken for granted, since weights do not tell: ${notes.join('; ')}.`);
      print(run.path);
    });
}
