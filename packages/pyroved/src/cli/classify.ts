/** `pyroved classify`: a table with class, probability and angle of every image. */
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
      'Writes one row an image: file, class, probability, whether it is unsure, angle_deg (degrees counter-clockwise as seen, from the mean pose of ' +
        "the class's labelled images), with templates the evidence of the image (nats) and whether that is so low that it is probably of no class, and the probability of every class. With several runs of the same classes, the probabilities are their means, and the " +
        'angle is that of the run that is surest of the class.',
    )
    .argument('<run...>', 'one or several run folders that train made');
  addImagesOptions(command).addOption(
    parsed('--threshold <p>', 'below this probability an image is marked unsure', decimal).default(0.8),
  );
  command.addOption(
    new Option(
      '--answer <by>',
      'with templates: evidence, of each class; classifier, the recognition network; gated, both, weighted by how well the evidence recognised the labelled images',
    )
      .choices(['evidence', 'classifier', 'gated'])
      .default('gated'),
  );
  command.addOption(
    parsed(
      '--false-alarms <rate>',
      'with templates: share of the images of known classes that may be marked as outliers (default: 0.05)',
      share,
    ),
  );
  addMachineOptions(command);
  return command.action(async (runs: string[], given: Given) => {
    const threshold = given.threshold as number;
    if (!(threshold >= 0 && threshold <= 1))
      throw new PyrovedError(`--threshold is a probability from 0 to 1, not ${threshold}.`);
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
    const by = parts.length === 1 ? '' : ` by the mean of ${parts.length} runs`;
    const outliers = rows.filter((row) => row.outlier).length;
    const strange = rows.some((row) => row.outlier !== undefined) ? `; ${outliers} probably of no class` : '';
    say(
      `${formatCount(rows.length)} classified${by}: ${counts.join(', ')}; ${unsure} unsure (below ${threshold})${strange}.${where}`,
    );
  });
}
