/** `pyroved classify`: a table with class, probability and angle of every image. */
import { Command } from 'commander';
import { PyrovedError } from '../errors.js';
import { averagedClassifications, classifierOf, classifyImages, type RunClassification } from '../recipes/index.js';
import { classificationCsv } from '../run/index.js';
import { formatCount } from '../viz/index.js';
import { say } from './messages.js';
import { addMachineOptions, decimal, type Given, parsed } from './options.js';
import { addImagesOptions, newImages, withRun, writeTable } from './trained.js';

export function classifyCommand(): Command {
  const command = new Command('classify')
    .summary('classify images with a trained model, or with several')
    .description(
      'Writes one row an image: file, class, probability, whether it is unsure, angle_deg (degrees counter-clockwise as seen, from the mean pose of ' +
        "the class's labelled images), and the probability of every class. With several runs of the same classes, the probabilities are their means, and the " +
        'angle is that of the run that is surest of the class.',
    )
    .argument('<run...>', 'one or several run folders that train made');
  addImagesOptions(command).addOption(
    parsed('--threshold <p>', 'below this probability an image is marked unsure', decimal).default(0.8),
  );
  addMachineOptions(command);
  return command.action(async (runs: string[], given: Given) => {
    const threshold = given.threshold as number;
    if (!(threshold >= 0 && threshold <= 1))
      throw new PyrovedError(`--threshold is a probability from 0 to 1, not ${threshold}.`);
    const parts: RunClassification[] = [];
    for (const run of runs) {
      await withRun(run, given, async (trained) => {
        classifierOf(trained);
        const { set } = await newImages(trained, given);
        parts.push({ run, classNames: trained.classNames, rows: classifyImages(trained, set, threshold) });
      });
    }
    const [{ classNames, rows: own }] = parts;
    const rows = parts.length === 1 ? own : averagedClassifications(parts, threshold);
    writeTable(classificationCsv(rows, classNames), given);
    const unsure = rows.filter((row) => row.unsure).length;
    const counts = classNames.map((name, c) => `${rows.filter((row) => row.classIndex === c).length} ${name}`);
    const where = given.out === undefined ? '' : ` Table: ${given.out}`;
    const by = parts.length === 1 ? '' : ` by the mean of ${parts.length} runs`;
    say(
      `${formatCount(rows.length)} classified${by}: ${counts.join(', ')}; ${unsure} unsure (below ${threshold}).${where}`,
    );
  });
}
