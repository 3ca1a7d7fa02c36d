/** `pyroved classify`: a table with class, probability and angle of every image in a folder. */
import fs from 'node:fs';
import { selectEngine } from '@pyro-ts/engine';
import { Command } from 'commander';
import { PyrovedError } from '../errors.js';
import { classifierOf, classifyImages, imagesFor, loadModel } from '../recipes/index.js';
import { classificationCsv, writeWhole } from '../run/index.js';
import { say } from './messages.js';
import { decimal } from './options.js';

export function classifyCommand(): Command {
  return new Command('classify')
    .summary('classify a folder of images with a trained model')
    .description(
      'Writes one row an image: file, class, probability, whether it is unsure, the angle in degrees counter-clockwise as seen from the upright pose of its class, ' +
        'and the probability of every class.',
    )
    .argument('<run>', 'a run folder that train made')
    .requiredOption('--images <folder>', 'the images to classify')
    .option('--out <csv>', 'where to write the table (default: the terminal)')
    .option('--threshold <p>', 'below this probability an image is marked unsure', decimal, 0.8)
    .option('--engine <name>', 'tensorflow, wasm or cpu')
    .action(async (run: string, given: { images: string; out?: string; threshold: number; engine?: string }) => {
      if (!(given.threshold >= 0 && given.threshold <= 1))
        throw new PyrovedError(`--threshold is a probability from 0 to 1, not ${given.threshold}.`);
      await selectEngine({ ...(given.engine !== undefined && { engine: given.engine }) });
      const trained = await loadModel(run);
      classifierOf(trained);
      const { set, problems } = await imagesFor(trained, given.images);
      for (const { file, why } of problems) say(`left out ${file}: ${why}`);
      const rows = classifyImages(trained, set, given.threshold);
      const table = classificationCsv(rows, trained.classNames);
      if (given.out === undefined) fs.writeSync(1, table);
      else writeWhole(given.out, table);
      const unsure = rows.filter((row) => row.unsure).length;
      const counts = trained.classNames.map(
        (name, c) => `${rows.filter((row) => row.classIndex === c).length} ${name}`,
      );
      say(
        `${rows.length} images: ${counts.join(', ')}; ${unsure} unsure (below ${given.threshold}).${given.out === undefined ? '' : ` Table: ${given.out}`}`,
      );
    });
}
