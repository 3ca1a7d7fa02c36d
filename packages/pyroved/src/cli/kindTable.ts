/** Command-line options for the kind of model and what it predicts or is conditioned on. */
import { InvalidArgumentError } from 'commander';
import { didYouMean } from 'pyro-ts/internal';
import { type ModelSettings, modelKinds } from '../runs/index.js';
import { atLeast, names } from './options.js';
import { type RunSettings, setting } from './settings.js';

/** Parses one of `known`, ignoring case. */
const oneOf =
  (known: readonly string[]) =>
  (text: string): string => {
    const found = known.find((name) => name.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Allowed choices are ${known.join(', ')}.${didYouMean(text, known)}`);
  };

const targets = setting(
  '--targets <names>',
  'ssRegIVAE: quantities to predict, e.g. length,width (default: all columns of --factors)',
  names,
  'model.targets',
);

/** The kind named by `--model`; a VED is handled before. */
const kind = {
  model: (name: Required<ModelSettings>['kind'] | 'VED'): RunSettings =>
    name === 'VED' ? {} : { model: { kind: name } },
};

/** The options for models that are trained with labels. */
export const labelledKindTable = [
  setting(
    '--model <kind>',
    'ssiVAE: classes; ssRegIVAE: quantities (default: ssiVAE with labels, ssRegIVAE with a table of factors)',
    oneOf(['ssiVAE', 'ssRegIVAE']),
    kind,
  ),
  targets,
];

export const kindTable = [
  setting(
    '--model <kind>',
    `${modelKinds.map(({ name, summary }) => `${name}: ${summary}`).join('; ')} (default: VED with --outputs, ` +
      'ssiVAE with labels, ssRegIVAE with a table of factors, else iVAE)',
    oneOf(modelKinds.map(({ name }) => name)),
    kind,
  ),
  setting(
    '--num-classes <n>',
    'jiVAE, and --decoder template without labels: number of classes to find (default with templates: 1)',
    atLeast(1),
    'model.numClasses',
  ),
  targets,
  setting(
    '--condition <names>',
    'iVAE: condition the model on these known factors, and on "class"; the latents then describe the remaining variation',
    names,
    'model.condition',
  ),
  setting(
    '--discrete-kl-weight <schedule>',
    'jiVAE: weight of the KL term of the class; --kl-weight then applies to content and pose only (default: --kl-weight)',
    undefined,
    'train.discreteKlWeight',
  ),
];
