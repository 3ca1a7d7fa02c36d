/** `pyroved gallery`: contact sheets of classified images as PNG and HTML. */
import fs from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { galleryHtml, galleryOrders, gallerySheets, sheetPng } from '../runs/index.js';
import { explained } from '../storage/errors.js';
import { writeFileAtomic } from '../storage/index.js';
import { formatCount } from '../viz/index.js';
import { print, say } from './messages.js';
import { addMachineOptions, atLeast, type Given, names, parsed } from './options.js';
import { addImagesOptions, addRun, newImages, withRun } from './trained.js';

/** "class,uncertainty" */
function orders(text: string): (typeof galleryOrders)[number][] {
  return names(text).map((name) => {
    const order = galleryOrders.find((known) => known === name);
    if (order === undefined) throw new InvalidArgumentError(`Must be some of ${galleryOrders.join(', ')}.`);
    return order;
  });
}

export function galleryCommand(): Command {
  const command = addRun(
    new Command('gallery')
      .summary('contact sheets of classified images')
      .description(
        'Classify images and write contact sheets: one per class with the most probable images first (class), the least typical images first (outlier), and ' +
          'those first whose two most probable classes are nearest (uncertainty). Writes a PNG per sheet, and gallery.html with the file, class ' +
          'and probability of each image.',
      ),
  );
  addImagesOptions(command, 'output folder (default: gallery)')
    .addOption(
      parsed('--by <list>', 'sheets to write: class, outlier, uncertainty (default: all that the model has)', orders),
    )
    .addOption(parsed('--count <n>', 'largest number of images on a sheet', atLeast(1)).default(60));
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    const { by, count, out = 'gallery' } = given as { by?: ReturnType<typeof orders>; count: number; out?: string };
    await withRun(run, given, async (trained) => {
      const { set } = await newImages(trained, given);
      const sheets = gallerySheets(trained, set, { count, ...(by && { by }) });
      explained(`Could not create ${out}`, () => fs.mkdirSync(out, { recursive: true }));
      for (const sheet of sheets) {
        const file = path.join(out, `${sheet.name}.png`);
        writeFileAtomic(file, sheetPng(set, sheet));
        print(file);
      }
      const page = path.join(out, 'gallery.html');
      writeFileAtomic(page, galleryHtml(set, sheets, `Gallery of ${path.basename(run)}`));
      print(page);
      say(`${formatCount(set.count)} images, ${sheets.length} sheets.`);
    });
  });
}
