/** `pyroved manifold`: what the model draws over the plane of its first two latents, a picture for each class. */
import path from 'node:path';
import { selectEngine } from '@pyro-ts/engine';
import { Command } from 'commander';
import { didYouMean } from 'pyro-ts';
import { PyrovedError } from '../errors.js';
import { loadModel, manifoldPictures } from '../recipes/index.js';
import { writeWhole } from '../run/index.js';
import { say } from './messages.js';
import { decimal, wholeNumber } from './options.js';

export function manifoldCommand(): Command {
  return new Command('manifold')
    .summary('draw what a trained model has learned')
    .description('Draws images over a grid of the first two content latents as SVG: one picture for each class.')
    .argument('<run>', 'a run folder that train made')
    .option('--class <name>', 'only this class')
    .option('--out <folder>', "where to write the pictures (default: the run's pictures)")
    .option('--grid <n>', 'images a side', wholeNumber, 8)
    .option('--coverage <share>', "share of the prior's mass that each axis spans", decimal, 0.9)
    .option('--angle <degrees>', 'turn the objects counter-clockwise by this much', decimal, 0)
    .option('--engine <name>', 'tensorflow, wasm or cpu')
    .action(
      async (
        run: string,
        given: { class?: string; out?: string; grid: number; coverage: number; angle: number; engine?: string },
      ) => {
        await selectEngine({ ...(given.engine !== undefined && { engine: given.engine }) });
        const trained = await loadModel(run);
        const { classNames } = trained;
        if (given.class !== undefined && !classNames.includes(given.class)) {
          throw new PyrovedError(`The model has no class "${given.class}".${didYouMean(given.class, classNames)}`);
        }
        const chosen = given.class === undefined ? undefined : classNames.indexOf(given.class);
        const { grid: size, coverage, angle } = given;
        for (const { name, svg } of manifoldPictures(trained, { size, coverage, angle }, chosen)) {
          const file =
            given.out === undefined
              ? trained.run.writePicture(`${name}.svg`, svg)
              : path.join(given.out, `${name}.svg`);
          if (given.out !== undefined) writeWhole(file, svg);
          say(file);
        }
      },
    );
}
