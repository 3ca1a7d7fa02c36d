/** `pyroved encode`: the latent variables of every image, as a table or as arrays for NumPy. */
import { Command } from 'commander';
import { latentsNpz } from 'pyroved-ts';
import { encodingCsv } from '../runs/index.js';
import { writeFileAtomic } from '../storage/index.js';
import { formatCount } from '../viz/index.js';
import { say } from './messages.js';
import { addMachineOptions, type Given } from './options.js';
import { addImagesOptions, addRun, newImages, withAnyRun, writeTable } from './trained.js';

export function encodeCommand(): Command {
  const command = new Command('encode')
    .summary('write the latent variables of images')
    .description(
      'Writes one row an image: file, class (where the model knows classes), the content latents z1, z2, ... with their standard deviations, and the ' +
        "pose: angle_deg (degrees counter-clockwise as seen), shift_1 and shift_2 (added to the model's coordinates, which go from -1 to 1), scale, and shear_1 and shear_2 (of models that have them). Of a VED, the latents of the inputs in --array.",
    );
  addImagesOptions(
    addRun(command),
    'where to write the table (default: the terminal); a name that ends in .npz gets arrays for NumPy, angles in radians',
  );
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    await withAnyRun(run, given, async (trained) => {
      const { set } = await newImages(trained, given);
      const { out } = given;
      const asArrays = typeof out === 'string' && out.toLowerCase().endsWith('.npz');
      if (asArrays) writeFileAtomic(out, latentsNpz(trained, set));
      else writeTable(encodingCsv(trained, set), given);
      say(`${formatCount(set.count)} encoded.${out === undefined ? '' : ` ${asArrays ? 'Arrays' : 'Table'}: ${out}`}`);
    });
  });
}
