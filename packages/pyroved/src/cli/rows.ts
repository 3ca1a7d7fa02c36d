/** `pyroved traverse`, `interpolate` and `straighten`: pictures of what a trained model has made of the images. */
import fs from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { didYouMean } from 'pyro-ts/internal';
import { encodeNpy, PyrovedError } from 'pyroved-ts';
import {
  type AnyTrained,
  imagePng,
  interpolationPicture,
  type Picture,
  straightened,
  traversePicture,
} from '../runs/index.js';
import { explained } from '../storage/errors.js';
import { writeFileAtomic } from '../storage/index.js';
import { formatCount } from '../viz/index.js';
import { print, say } from './messages.js';
import { addMachineOptions, atLeast, counts, decimal, type Given, parsed } from './options.js';
import { addImagesOptions, addRun, angleAsked, newImages, withAnyRun, withRun } from './trained.js';

export function traverseCommand(): Command {
  const command = new Command('traverse')
    .summary('draw what each latent changes')
    .description(
      'Draws rows of images (of a VED, of targets) in which one content latent varies and the others stay at 0, for each class. Writes PNG and, with the words, SVG, and prints where they are.',
    );
  addRun(command)
    .option('--class <name>', 'only this class')
    .addOption(parsed('--latents <list>', 'which latents vary, e.g. 1,3 (default: all)', counts))
    .addOption(parsed('--steps <n>', 'images a row', atLeast(2)).default(8))
    .addOption(parsed('--coverage <share>', "share of the prior's mass that a row spans", decimal).default(0.9))
    .addOption(parsed('--angle <degrees>', 'turn the objects counter-clockwise by this much', decimal).default(0))
    .option('--out <file>', "where to write, .png or .svg (default: both among the run's pictures)");
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    await withAnyRun(run, given, (trained) => {
      const { steps: size, coverage, angle, latents } = given as { [option: string]: number } & { latents?: number[] };
      const picture = traversePicture(trained, {
        ...{ size, coverage, angle: angleAsked(trained, angle) },
        ...(latents && { latents: latents.map((k) => k - 1) }),
        ...classAsked(trained, given),
      });
      writePicture(trained, picture, 'traverse', given);
    });
  });
}

export function interpolateCommand(): Command {
  const command = new Command('interpolate')
    .summary('draw the way from one image to another')
    .description(
      'Draws the images that a trained model sees between two of the given ones: content along a line, the angle along the shorter arc.',
    );
  addImagesOptions(addRun(command), "where to write, .png or .svg (default: both among the run's pictures)")
    .addOption(
      parsed('--from <n>', 'number of the first image, counted from 1 in the order of their names', atLeast(1)).default(
        1,
      ),
    )
    .addOption(parsed('--to <n>', 'number of the other one', atLeast(1)).default(2))
    .addOption(parsed('--steps <n>', 'images on the way, both ends included', atLeast(2)).default(8))
    .option('--upright', 'draw all of them upright')
    .option('--class <name>', 'draw all of them as this class (default: the class of each end up to the middle)');
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    await withRun(run, given, async (trained) => {
      const { set } = await newImages(trained, given);
      const { from, to, steps, upright } = given as { from: number; to: number; steps: number; upright?: boolean };
      const request = { steps, ...(upright && { upright }), ...classAsked(trained, given) };
      writePicture(trained, interpolationPicture(trained, set, [from - 1, to - 1], request), 'interpolation', given);
    });
  });
}

export function straightenCommand(): Command {
  const command = new Command('straighten')
    .summary('turn images upright and centre them')
    .description(
      'Moves each image into the upright pose by the angle, shift, scale and shear that the model infers, and writes it as a PNG of the same name; nothing but the pose changes. ' +
        'Upright is as the labelled images of its class lie.',
    );
  addImagesOptions(addRun(command), 'a folder for the PNG files, or a file that ends in .npy for one array');
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    const { out } = given as { out?: string };
    if (out === undefined) throw new PyrovedError('--out says where to write the images: a folder, or a .npy file.');
    await withRun(run, given, async (trained) => {
      const { set } = await newImages(trained, given);
      const upright = straightened(trained, set);
      if (out.toLowerCase().endsWith('.npy')) {
        const channels = upright.channels > 1 ? [upright.channels] : [];
        writeFileAtomic(out, encodeNpy(upright.images, [upright.count, ...channels, ...upright.shape]));
      } else {
        for (let i = 0; i < upright.count; i++) {
          const name = `${(upright.names?.[i] ?? `image-${i + 1}`).replace(/\.[A-Za-z]+$/, '').replace(/[#[\]:]/g, '-')}.png`;
          const file = path.join(out, path.isAbsolute(name) ? path.basename(name) : name);
          explained(`Could not make ${path.dirname(file)}`, () =>
            fs.mkdirSync(path.dirname(file), { recursive: true }),
          );
          writeFileAtomic(file, imagePng(upright, i));
        }
      }
      say(`${formatCount(upright.count)} straightened. Written to ${out}`);
    });
  });
}

/** The class that `--class` names. */
function classAsked({ classNames }: AnyTrained, { class: name }: Given): { class?: number } {
  if (typeof name !== 'string') return {};
  if (classNames.includes(name)) return { class: classNames.indexOf(name) };
  const known = classNames.length > 0 ? didYouMean(name, classNames) : ' It has no classes.';
  throw new PyrovedError(`The model has no class "${name}".${known}`);
}

/** Writes the picture where `--out` says, or PNG and SVG into the run's pictures, and prints where. */
function writePicture({ run }: AnyTrained, { svg, png }: Picture, name: string, { out }: Given): void {
  if (typeof out !== 'string') {
    const files = [[`${name}.svg`, svg] as const, ...(png ? [[`${name}.png`, png] as const] : [])];
    for (const [file, content] of files) print(run.writePicture(file, content));
    return;
  }
  const isSvg = out.toLowerCase().endsWith('.svg');
  if (!isSvg && !out.toLowerCase().endsWith('.png'))
    throw new PyrovedError(`--out ends in .png or .svg, not "${out}".`);
  const content = isSvg ? svg : png;
  if (content === undefined)
    throw new PyrovedError('Signals are drawn as SVG only: give --out a name that ends in .svg.');
  writeFileAtomic(out, content);
  print(out);
}
