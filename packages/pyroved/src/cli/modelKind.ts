/** The options that say which kind of model is trained, and what it is told, predicts or looks for. */
import { type Command, Option } from 'commander';
import { type Model, scheduleOf } from 'pyroved-ts';
import type { ModelSettings, TrainSettings } from '../runs/index.js';
import { atLeast, type Given, group, names, parsed } from './options.js';

const kinds: Readonly<Record<string, Model['kind']>> = {
  ivae: 'iVAE',
  jivae: 'jiVAE',
  ssivae: 'ssiVAE',
  ssregivae: 'ssRegIVAE',
};

const quantities = (): Option =>
  parsed(
    '--quantities <names>',
    'ssregivae: which numbers to predict, e.g. length,width (default: all of --factors)',
    names,
  );

/** Those of the models that are trained on labels. */
export const addLabelledKindOptions = (command: Command): Command =>
  group(command, 'Kind of model:', [
    new Option(
      '--model <kind>',
      'ssivae: classes; ssregivae: quantities (default: ssivae where there are labels, ssregivae where there is a table of numbers)',
    ).choices(['ssivae', 'ssregivae']),
    quantities(),
  ]);

export const addKindOptions = (command: Command): Command =>
  group(command, 'Kind of model:', [
    new Option(
      '--model <kind>',
      'ivae: what varies; jivae: also finds classes without labels; ssivae: classes from a few labels; ssregivae: quantities from a few known ones; ved: what --targets holds (default: ved with --targets,  ssivae where ' +
        'there are labels, ssregivae where there is a table of numbers, else ivae)',
    ).choices([...Object.keys(kinds), 'ved']),
    parsed(
      '--classes <n>',
      'jivae, and --decoder template without labels: how many classes to look for (default with templates: 1, a picture of all images)',
      atLeast(1),
    ),
    quantities(),
    parsed(
      '--given <names>',
      'ivae: what to tell it of each image, numbers by name and "class", so that its latents hold the rest',
      names,
    ),
    new Option(
      '--discrete-kl <schedule>',
      'jivae: weight of the KL term of the class; --kl is then that of content and pose (default: --kl for both)',
    ),
  ]);

export function kindSettingsOf(given: Given): ModelSettings {
  const {
    model,
    classes,
    quantities,
    given: told,
  } = given as {
    model?: string;
    classes?: number;
    quantities?: string[];
    given?: string[];
  };
  return {
    ...(model !== undefined && { kind: kinds[model] }),
    ...(classes !== undefined && { discreteDim: classes }),
    ...(quantities && { targets: quantities }),
    ...(told && { condition: told }),
  };
}

/** @throws {OptionError} for a schedule that has no value in some epoch. */
export function discreteKlOf({ discreteKl, epochs = 1 }: Given): Pick<TrainSettings, 'discreteScaleFactor'> {
  if (typeof discreteKl !== 'string') return {};
  scheduleOf(discreteKl, { option: '--discrete-kl', epochs: Number(epochs) });
  return { discreteScaleFactor: discreteKl };
}
