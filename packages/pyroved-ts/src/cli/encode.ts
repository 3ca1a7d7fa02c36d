/** `pyroved encode`: the latent variables of every image, as a table. */
import { Command } from 'commander';
import { encodingCsv } from '../recipes/index.js';
import { formatCount } from '../viz/index.js';
import { say } from './messages.js';
import { addMachineOptions, type Given } from './options.js';
import { addImagesOptions, addRun, newImages, withRun, writeTable } from './trained.js';

export function encodeCommand(): Command {
  const command = new Command('encode')
    .summary('write the latent variables of images')
    .description(
      'Writes one row an image: file, class (where the model knows classes), the content latents z1, z2, ... with their standard deviations, and the ' +
        "pose: angle_deg (degrees counter-clockwise as seen), shift_1 and shift_2 (added to the model's coordinates, which go from -1 to 1), and scale.",
    );
  addImagesOptions(addRun(command));
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    await withRun(run, given, async (trained) => {
      const { set } = await newImages(trained, given);
      writeTable(encodingCsv(trained, set), given);
      say(`${formatCount(set.count)} encoded.${given.out === undefined ? '' : ` Table: ${given.out}`}`);
    });
  });
}
