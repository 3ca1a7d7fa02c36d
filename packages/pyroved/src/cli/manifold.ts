/** `pyroved manifold`: what the model draws over the plane of its first two latents, a picture for each class. */
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
    .summary('draw what a trained model has learned')
    .description(
      'Draws images (of a VED, targets) over a grid of the first two content latents as SVG, a picture for each class, and prints where they are.',
    );
  addRun(command)
    .option('--class <name>', 'only this class')
    .option('--out <folder>', "where to write the pictures (default: the run's pictures)")
    .addOption(parsed('--grid <n>', 'images a side', atLeast(1)).default(8))
    .addOption(parsed('--coverage <share>', "share of the prior's mass that each axis spans", decimal).default(0.9))
    .addOption(parsed('--angle <degrees>', 'turn the objects counter-clockwise by this much', decimal).default(0));
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
      if (out !== undefined) explained(`Could not make ${out}`, () => fs.mkdirSync(out, { recursive: true }));
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
