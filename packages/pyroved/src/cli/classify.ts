/** `pyroved classify`: a table with the class, probability and angle of each image. */
import { Command, Option } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import {
  averagedClassifications,
  type ClassifyOptions,
  classifierOf,
  classifyImages,
  type RunClassification,
} from '../runs/index.js';
import { classificationCsv } from '../storage/index.js';
import { formatCount } from '../viz/index.js';
import { say } from './messages.js';
import { addMachineOptions, decimal, type Given, parsed, share } from './options.js';
import { addImagesOptions, newImages, withRun, writeTable } from './trained.js';

export function classifyCommand(): Command {
  const command = new Command('classify')
    .summary('classify images with a trained model, or with several')
    .description(
      'Write one row per image: file, class, probability, whether the class is unsure, angle_deg (degrees counter-clockwise from the mean pose of the ' +
        "class's labelled images) and the probability of each class; with templates, also the evidence of the image (nats) and whether it is an outlier. " +
        'With several runs of the same classes, the probabilities are averaged and the angle is that of the most confident run.',
    )
    .argument('<run...>', 'one or more run folders created by train');
  addImagesOptions(command).addOption(
    parsed('--threshold <p>', 'images below this probability are marked unsure', decimal).default(0.8),
  );
  command.addOption(
    new Option(
      '--answer <by>',
      'with templates: classify by the evidence, by the classifier (the recognition network), or by both (gated), weighted by the accuracy of the evidence on the labelled images',
    )
      .choices(['evidence', 'classifier', 'gated'])
      .default('gated'),
  );
  command.addOption(
    parsed(
      '--false-alarms <rate>',
      'with templates: fraction of the images of known classes that may be marked as outliers (default: 0.05)',
      share,
    ),
  );
  addMachineOptions(command);
  return command.action(async (runs: string[], given: Given) => {
    const threshold = given.threshold as number;
    if (!(threshold >= 0 && threshold <= 1))
      throw new PyrovedError(`--threshold must be a probability between 0 and 1; got ${threshold}.`);
    const { answer, falseAlarms } = given as ClassifyOptions;
    const options = { ...(answer !== 'gated' && { answer }), ...(falseAlarms !== undefined && { falseAlarms }) };
    const parts: RunClassification[] = [];
    for (const run of runs) {
      await withRun(run, given, async (trained) => {
        classifierOf(trained);
        const { set } = await newImages(trained, given);
        parts.push({ run, classNames: trained.classNames, rows: classifyImages(trained, set, threshold, options) });
      });
    }
    const [{ classNames, rows: own }] = parts;
    const rows = parts.length === 1 ? own : averagedClassifications(parts, threshold);
    writeTable(classificationCsv(rows, classNames), given);
    const unsure = rows.filter((row) => row.unsure).length;
    const counts = classNames.map((name, c) => `${rows.filter((row) => row.classIndex === c).length} ${name}`);
    const where = given.out === undefined ? '' : ` Table: ${given.out}`;
    const by = parts.length === 1 ? '' : ` with ${parts.length} runs, averaged`;
    const outliers = rows.filter((row) => row.outlier).length;
    const outlierText = rows.some((row) => row.outlier !== undefined) ? `; ${outliers} outliers` : '';
    say(
      `${formatCount(rows.length)} classified${by}: ${counts.join(', ')}; ${unsure} unsure (below ${threshold})${outlierText}.${where}`,
    );
  });
}
