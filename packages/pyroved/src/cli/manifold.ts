/** `pyroved manifold`: images decoded over the plane of the first two latents, one picture per class. */
import fs from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { didYouMean } from 'pyro-ts/internal';
import { PyrovedError } from 'pyroved-ts';
import { manifoldPictures } from '../runs/index.js';
import { explained } from '../storage/errors.js';
import { writeFileAtomic } from '../storage/index.js';
import { print } from './messages.js';
import { addMachineOptions, atLeast, decimal, parsed } from './options.js';
import { addRun, angleAsked, withAnyRun } from './trained.js';

interface Given {
  readonly class?: string;
  readonly out?: string;
  readonly grid: number;
  readonly coverage: number;
  readonly angle: number;
}

export function manifoldCommand(): Command {
  const command = new Command('manifold')
    .summary('draw the latent manifold of a trained model')
    .description(
      'Decode images (for a VED, outputs) on a grid of the first two content latents, write one SVG file per class, and print the file names.',
    );
  addRun(command)
    .option('--class <name>', 'only this class')
    .option('--out <folder>', "output folder (default: the run's pictures folder)")
    .addOption(parsed('--grid <n>', 'images per side', atLeast(1)).default(8))
    .addOption(
      parsed('--coverage <share>', "fraction of the prior's probability mass spanned by each axis", decimal).default(
        0.9,
      ),
    )
    .addOption(parsed('--angle <degrees>', 'rotate the objects counter-clockwise by this angle', decimal).default(0));
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    await withAnyRun(run, { ...given }, (trained) => {
      const { classNames } = trained;
      const { class: name, grid: size, coverage, out } = given;
      const angle = angleAsked(trained, given.angle);
      if (name !== undefined && !classNames.includes(name)) {
        const known = classNames.length > 0 ? didYouMean(name, classNames) : ' It has no classes.';
        throw new PyrovedError(`The model has no class "${name}".${known}`);
      }
      const chosen = name === undefined ? undefined : classNames.indexOf(name);
      if (out !== undefined) explained(`Could not create ${out}`, () => fs.mkdirSync(out, { recursive: true }));
      for (const picture of manifoldPictures(trained, { size, coverage, angle }, chosen)) {
        const file = `${picture.name}.svg`;
        if (out === undefined) print(trained.run.writePicture(file, picture.svg));
        else {
          writeFileAtomic(path.join(out, file), picture.svg);
          print(path.join(out, file));
        }
      }
    });
  });
}
