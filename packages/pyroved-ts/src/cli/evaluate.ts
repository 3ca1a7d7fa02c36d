/** `pyroved evaluate`: how often a trained model is right, and what it takes for what. */
import { selectEngine } from '@pyro-ts/engine';
import { Command } from 'commander';
import { type ImageSet, loadImages } from '../data/index.js';
import { PyrovedError } from '../errors.js';
import {
  classifierOf,
  evaluateModel,
  loadModel,
  type OtherCards,
  type TrainedModel,
  testImages,
} from '../recipes/index.js';
import { writeWhole } from '../run/index.js';
import { say } from './messages.js';
import { wholeNumber } from './options.js';

interface Given extends OtherCards {
  readonly labelled?: string;
  readonly json?: string;
  readonly engine?: string;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .summary('measure the accuracy of a trained model')
    .description(
      'Classifies the images that the run kept aside, or others, and prints the accuracy and the confusion matrix (rows: true classes). Nothing is learned.',
    )
    .argument('<run>', 'a run folder that train made')
    .option('--labelled <folder>', 'other images of your own: one folder per class')
    .option('--json <file>', 'write accuracy and confusion as JSON')
    .option('--engine <name>', 'tensorflow, wasm or cpu');
  command.optionsGroup('Other card images, for a run on cards:');
  return command
    .option('--angle <angle>', 'turned by up to this much either way, e.g. "90 deg"')
    .option('--shear <angle>', 'e.g. "15 deg" or "23%"')
    .option('--scale <range>', 'e.g. "1 to 1.3"')
    .option('--translation <fraction>', 'e.g. 0.1')
    .option('--axes <which>', 'vertical or both')
    .option('--seed <n>', 'other draws', wholeNumber)
    .option('--validation-per-class <n>', 'images of each suit', wholeNumber)
    .action(async (run: string, { labelled, json, engine, ...other }: Given) => {
      await selectEngine({ ...(engine !== undefined && { engine }) });
      const trained = await loadModel(run);
      const model = classifierOf(trained);
      const images = labelled === undefined ? await testImages(trained, other) : await ownImages(trained, labelled);
      const { accuracy, confusion } = evaluateModel(trained, images);
      console.log(`accuracy ${accuracy.toFixed(4)} on ${images.count} images`);
      console.log(confusionTable(trained.classNames, confusion));
      if (json !== undefined) {
        writeWhole(
          json,
          `${JSON.stringify({ run, accuracy, images: images.count, classNames: trained.classNames, confusion, ...other }, null, 2)}\n`,
        );
        say(json);
      }
      model.dispose();
    });
}

/** Labelled images of the user's own, with the classes in the model's order. */
async function ownImages({ model, classNames, normalisation }: TrainedModel, folder: string): Promise<ImageSet> {
  const { shape, channels } = model.options;
  const { labelled, problems } = await loadImages({
    labelled: folder,
    heldOut: 0,
    size: shape[0],
    channels: channels === 3 ? 3 : 1,
    ...(normalisation && { normalisation }),
  });
  for (const { file, why } of problems) say(`left out ${file}: ${why}`);
  const names = labelled?.classNames ?? [];
  const order = names.map((name) => classNames.indexOf(name));
  const unknown = names.filter((_, i) => order[i] < 0);
  if (unknown.length > 0) {
    throw new PyrovedError(
      `${folder} has classes that the model does not know: ${unknown.join(', ')}. The model knows: ${classNames.join(', ')}.`,
    );
  }
  const set = labelled as ImageSet;
  return { ...set, classNames, labels: Int32Array.from(set.labels as Int32Array, (label) => order[label]) };
}

/** Rows are true classes, columns what the model says. */
function confusionTable(classNames: readonly string[], confusion: readonly (readonly number[])[]): string {
  const width = Math.max(...classNames.map((name) => name.length), 6) + 2;
  const row = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(width) + cells.map((c) => String(c).padStart(width)).join('');
  return [row('', classNames), ...confusion.map((counts, i) => row(classNames[i], counts))].join('\n');
}
