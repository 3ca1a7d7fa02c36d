/** `pyroved encode`: the latent variables of each image, as a CSV table or as NumPy arrays. */
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
      'Write one row per image: file, class (of models with classes), the content latents z1, z2, ... with their standard deviations, and the pose: angle_deg ' +
        "(degrees counter-clockwise), shift_1 and shift_2 (in the model's coordinates, from -1 to 1), scale, shear_1 and shear_2. For a VED, the latents of the inputs in --array.",
    );
  addImagesOptions(
    addRun(command),
    'output file (default: standard output); a name ending in .npz gets NumPy arrays, with angles in radians',
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
