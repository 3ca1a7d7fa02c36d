/** The options that say which kind of model is trained, and what it is conditioned on, predicts or looks for. */
import { type Command, Option } from 'commander';
import { scheduleOf } from 'pyroved-ts';
import { imageKinds, type ModelSettings, type TrainSettings } from '../runs/index.js';
import { atLeast, type Given, group, names, parsed, picked } from './options.js';

/** As `--model` takes the kinds. */
const kinds = new Map(imageKinds.map((kind) => [kind.name.toLowerCase(), kind]));

const targets = (): Option =>
  parsed('--targets <names>', 'ssregivae: numbers to predict, e.g. length,width (default: all of --factors)', names);

/** Those of the models that are trained on labels. */
export const addLabelledKindOptions = (command: Command): Command =>
  group(command, 'Kind of model:', [
    new Option(
      '--model <kind>',
      'ssivae: classes; ssregivae: quantities (default: ssivae where there are labels, ssregivae where there is a table of numbers)',
    ).choices(['ssivae', 'ssregivae']),
    targets(),
  ]);

export const addKindOptions = (command: Command): Command =>
  group(command, 'Kind of model:', [
    new Option(
      '--model <kind>',
      `${[...kinds].map(([name, { summary }]) => `${name}: ${summary}`).join('; ')}; ved: what --outputs holds (default: ved with --outputs, ` +
        'ssivae where there are labels, ssregivae where there is a table of numbers, else ivae)',
    ).choices([...kinds.keys(), 'ved']),
    parsed(
      '--num-classes <n>',
      'jivae, and --decoder template without labels: how many classes to look for (default with templates: 1, a picture of all images)',
      atLeast(1),
    ),
    targets(),
    parsed(
      '--condition <names>',
      'ivae: what is known of each image, numbers by name and "class": the model is conditioned on it, so that its latents hold the rest',
      names,
    ),
    new Option(
      '--discrete-kl-weight <schedule>',
      'jivae: weight of the KL term of the class; --kl-weight is then that of content and pose (default: --kl-weight for both)',
    ),
  ]);

export function kindSettingsOf(given: Given): ModelSettings {
  const { model } = given as { model?: string };
  return {
    ...(model !== undefined && { kind: kinds.get(model)?.name }),
    ...picked(given, ['numClasses', 'targets', 'condition']),
  };
}

/** @throws {OptionError} for a schedule that has no value in some epoch. */
export function discreteKlOf({ discreteKlWeight, epochs = 1 }: Given): Pick<TrainSettings, 'discreteKlWeight'> {
  if (typeof discreteKlWeight !== 'string') return {};
  scheduleOf(discreteKlWeight, { option: '--discrete-kl-weight', epochs: Number(epochs) });
  return { discreteKlWeight };
}
