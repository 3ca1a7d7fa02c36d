/** The options that say which kind of model is trained, and what it is conditioned on, predicts or looks for. */
import { InvalidArgumentError } from 'commander';
import { didYouMean } from 'pyro-ts/internal';
import { type ModelSettings, modelKinds } from '../runs/index.js';
import { atLeast, names } from './options.js';
import { type RunSettings, setting } from './settings.js';

/** The names of pyroVED, of which the case is ignored. */
const oneOf =
  (known: readonly string[]) =>
  (text: string): string => {
    const found = known.find((name) => name.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Allowed choices are ${known.join(', ')}.${didYouMean(text, known)}`);
  };

const targets = setting(
  '--targets <names>',
  'ssRegIVAE: numbers to predict, e.g. length,width (default: all of --factors)',
  names,
  'model.targets',
);

/** The kind that `--model` names; that of pairs is told apart before. */
const kind = {
  model: (name: Required<ModelSettings>['kind'] | 'VED'): RunSettings =>
    name === 'VED' ? {} : { model: { kind: name } },
};

/** Those of the models that are trained on labels. */
export const labelledKindTable = [
  setting(
    '--model <kind>',
    'ssiVAE: classes; ssRegIVAE: quantities (default: ssiVAE where there are labels, ssRegIVAE where there is a table of numbers)',
    oneOf(['ssiVAE', 'ssRegIVAE']),
    kind,
  ),
  targets,
];

export const kindTable = [
  setting(
    '--model <kind>',
    `${modelKinds.map(({ name, summary }) => `${name}: ${summary}`).join('; ')} (default: VED with --outputs, ` +
      'ssiVAE where there are labels, ssRegIVAE where there is a table of numbers, else iVAE)',
    oneOf(modelKinds.map(({ name }) => name)),
    kind,
  ),
  setting(
    '--num-classes <n>',
    'jiVAE, and --decoder template without labels: how many classes to look for (default with templates: 1, a picture of all images)',
    atLeast(1),
    'model.numClasses',
  ),
  targets,
  setting(
    '--condition <names>',
    'iVAE: what is known of each image, numbers by name and "class": the model is conditioned on it, so that its latents hold the rest',
    names,
    'model.condition',
  ),
  setting(
    '--discrete-kl-weight <schedule>',
    'jiVAE: weight of the KL term of the class; --kl-weight is then that of content and pose (default: --kl-weight for both)',
    undefined,
    'train.discreteKlWeight',
  ),
];
