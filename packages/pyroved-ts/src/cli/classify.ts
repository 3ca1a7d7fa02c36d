/** `pyroved classify`: a table with class, probability and angle of every image. */
import { Command } from 'commander';
import { PyrovedError } from '../errors.js';
import { classifierOf, classifyImages } from '../recipes/index.js';
import { classificationCsv } from '../run/index.js';
import { formatCount } from '../viz/index.js';
import { say } from './messages.js';
import { addMachineOptions, decimal, type Given, parsed } from './options.js';
import { addImagesOptions, addRun, newImages, withRun, writeTable } from './trained.js';

export function classifyCommand(): Command {
  const command = new Command('classify')
    .summary('classify images with a trained model')
    .description(
      'Writes one row an image: file, class, probability, whether it is unsure, angle_deg (degrees counter-clockwise as seen, from the mean pose of ' +
        "the class's labelled images), and the probability of every class.",
    );
  addImagesOptions(addRun(command)).addOption(
    parsed('--threshold <p>', 'below this probability an image is marked unsure', decimal).default(0.8),
  );
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    const threshold = given.threshold as number;
    if (!(threshold >= 0 && threshold <= 1))
      throw new PyrovedError(`--threshold is a probability from 0 to 1, not ${threshold}.`);
    await withRun(run, given, async (trained) => {
      classifierOf(trained);
      const { set } = await newImages(trained, given);
      const rows = classifyImages(trained, set, threshold);
      writeTable(classificationCsv(rows, trained.classNames), given);
      const unsure = rows.filter((row) => row.unsure).length;
      const counts = trained.classNames.map(
        (name, c) => `${rows.filter((row) => row.classIndex === c).length} ${name}`,
      );
      const where = given.out === undefined ? '' : ` Table: ${given.out}`;
      say(
        `${formatCount(rows.length)} classified: ${counts.join(', ')}; ${unsure} unsure (below ${threshold}).${where}`,
      );
    });
  });
}
