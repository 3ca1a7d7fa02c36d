/** `pyroved traverse`, `interpolate` and `straighten`: pictures drawn by a trained model. */
import fs from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { didYouMean } from 'pyro-ts/internal';
import { encodeNpy, PyrovedError } from 'pyroved-ts';
import {
  type AnyTrained,
  atOwnResolution,
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
import { addImagesOptions, addRun, angleAsked, newImages, whereOf, withAnyRun, withRun } from './trained.js';

export function traverseCommand(): Command {
  const command = new Command('traverse')
    .summary('draw images along each latent')
    .description(
      'Draw rows of images (for a VED, outputs), for each class, in which one content latent varies and the others are 0. Writes a PNG and a labelled SVG file and prints their names.',
    );
  addRun(command)
    .option('--class <name>', 'only this class')
    .addOption(parsed('--latents <list>', 'latents to vary, e.g. 1,3 (default: all)', counts))
    .addOption(parsed('--steps <n>', 'images per row', atLeast(2)).default(8))
    .addOption(
      parsed('--coverage <share>', "fraction of the prior's probability mass spanned by a row", decimal).default(0.9),
    )
    .addOption(parsed('--angle <degrees>', 'rotate the objects counter-clockwise by this angle', decimal).default(0))
    .option('--out <file>', "output file, .png or .svg (default: both, in the run's pictures folder)");
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
    .summary('interpolate between two images')
    .description(
      'Decode images on the path between two given images: content along a straight line, the angle along the shorter arc.',
    );
  addImagesOptions(addRun(command), "output file, .png or .svg (default: both, in the run's pictures folder)")
    .addOption(
      parsed('--from <n>', 'number of the first image, from 1 in the order of file names', atLeast(1)).default(1),
    )
    .addOption(parsed('--to <n>', 'number of the second image', atLeast(1)).default(2))
    .addOption(parsed('--steps <n>', 'number of images, including both ends', atLeast(2)).default(8))
    .option('--upright', 'draw all images upright')
    .option('--class <name>', 'draw all images as this class (default: the class of the nearer end)');
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
    .summary('rotate images upright and centre them')
    .description(
      'Transform each image into the upright pose by the inferred angle, shift, scale and shear, and write it as a PNG of the same name. Upright is the mean pose of ' +
        "the labelled images of the image's class. Patches of micrographs keep their own resolution.",
    );
  addImagesOptions(addRun(command), 'folder for the PNG files, or a .npy file for a single array');
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    const { out } = given as { out?: string };
    if (out === undefined) throw new PyrovedError('--out is required: a folder, or a .npy file.');
    await withRun(run, given, async (trained) => {
      const { set } = await newImages(trained, given);
      const upright = straightened(trained, set, await atOwnResolution(trained, whereOf(given)));
      if (out.toLowerCase().endsWith('.npy')) {
        const channels = upright.channels > 1 ? [upright.channels] : [];
        writeFileAtomic(out, encodeNpy(upright.images, [upright.count, ...channels, ...upright.shape]));
      } else {
        for (let i = 0; i < upright.count; i++) {
          const name = `${(upright.names?.[i] ?? `image-${i + 1}`).replace(/\.[A-Za-z]+$/, '').replace(/[#[\]:]/g, '-')}.png`;
          const file = path.join(out, path.isAbsolute(name) ? path.basename(name) : name);
          explained(`Could not create ${path.dirname(file)}`, () =>
            fs.mkdirSync(path.dirname(file), { recursive: true }),
          );
          writeFileAtomic(file, imagePng(upright, i));
        }
      }
      say(`${formatCount(upright.count)} images straightened: ${out}`);
    });
  });
}

/** The class named by `--class`. */
function classAsked({ classNames }: AnyTrained, { class: name }: Given): { class?: number } {
  if (typeof name !== 'string') return {};
  if (classNames.includes(name)) return { class: classNames.indexOf(name) };
  const known = classNames.length > 0 ? didYouMean(name, classNames) : ' It has no classes.';
  throw new PyrovedError(`The model has no class "${name}".${known}`);
}

/** Writes the picture to `--out`, or as PNG and SVG to the run's pictures folder, and prints the file names. */
function writePicture({ run }: AnyTrained, { svg, png }: Picture, name: string, { out }: Given): void {
  if (typeof out !== 'string') {
    const files = [[`${name}.svg`, svg] as const, ...(png ? [[`${name}.png`, png] as const] : [])];
    for (const [file, content] of files) print(run.writePicture(file, content));
    return;
  }
  const isSvg = out.toLowerCase().endsWith('.svg');
  if (!isSvg && !out.toLowerCase().endsWith('.png'))
    throw new PyrovedError(`--out must end in .png or .svg; got "${out}".`);
  const content = isSvg ? svg : png;
  if (content === undefined)
    throw new PyrovedError('Signals can only be drawn as SVG: use a name ending in .svg for --out.');
  writeFileAtomic(out, content);
  print(out);
}
