/** `pyroved encode`: the latent variables of every image in a folder, as a table. */
import fs from 'node:fs';
import { selectEngine } from '@pyro-ts/engine';
import { Command } from 'commander';
import { encodingCsv, imagesFor, loadModel } from '../recipes/index.js';
import { writeWhole } from '../run/index.js';
import { say } from './messages.js';

export function encodeCommand(): Command {
  return new Command('encode')
    .summary('write the latent variables of a folder of images')
    .description(
      'Writes one row an image: file, class (where the model knows classes), the content latents z1, z2, ... with their standard deviations, and the ' +
        "pose: angle in degrees counter-clockwise as seen, shift as fractions of half the image's side, and scale.",
    )
    .argument('<run>', 'a run folder that train made')
    .requiredOption('--images <folder>', 'the images to encode')
    .option('--out <csv>', 'where to write the table (default: the terminal)')
    .option('--engine <name>', 'tensorflow, wasm or cpu')
    .action(async (run: string, given: { images: string; out?: string; engine?: string }) => {
      await selectEngine({ ...(given.engine !== undefined && { engine: given.engine }) });
      const trained = await loadModel(run);
      const { set, problems } = await imagesFor(trained, given.images);
      for (const { file, why } of problems) say(`left out ${file}: ${why}`);
      const table = encodingCsv(trained, set);
      if (given.out === undefined) fs.writeSync(1, table);
      else writeWhole(given.out, table);
      say(`${set.count} images.${given.out === undefined ? '' : ` Table: ${given.out}`}`);
    });
}
