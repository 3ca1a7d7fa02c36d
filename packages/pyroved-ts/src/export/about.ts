/** What a user of an exported file wants to know of the model and of its values; kept in the file. */
import type { Graph } from '@pyro-ts/compile';
import { preprocessingText } from '../data/preprocess/preprocessing.js';
import { type Model, VED } from '../models/index.js';
import type { ExportedModel } from './exportModel.js';

/** What a name in an exported file means. */
const meanings: Readonly<Record<string, string>> = {
  image:
    'grey values (of a file of 8 or 16 bits: divided by its white), brought to [0, 1] by "normalisation" (subtract low, divide by high - low, cut at 0 and 1), and then preprocessed by the caller as "preprocessing" says, where the file has it; batch, channels, height, width, of a signal batch, channels, length',
  class: 'one-hot rows in the order of "class_names"; probabilities mix the classes',
  condition: 'known numbers in the units of the data, in the order of "condition_names"',
  targets: 'predicted quantities in the units of the data, in the order of "target_names"',
  content: 'the content latents; of the encoder, their means',
  content_scale: 'standard deviations of the content latents',
  angle: 'radians, counter-clockwise as seen; see "class_angles" for what is upright',
  shift: 'added to the coordinates, which run from -1 to 1; per axis (down, then leftwards), of a signal one number',
  scale: 'factor on the coordinates: above 1 the object is seen smaller; one for both axes, or one for each',
  shear:
    'a and b, in the upright frame: after rotation and scale, coordinates (down, leftwards) are multiplied with [[w + a, b], [b, w - a]], w = sqrt(1 + a^2 + b^2)',
  probabilities: 'of the classes, in the order of "class_names"',
  input:
    'values brought to [0, 1] by "inputs" of "normalisation"; batch, channels, height, width, of a signal batch, channels, length',
  target: 'predicted values, to be taken back from [0, 1] by "targets" of "normalisation"; laid out like the input',
};

/** Of the model. Values that are no texts are JSON. */
export function aboutModel({
  model,
  classNames = [],
  classAngles,
  normalisation,
  preprocessing,
}: ExportedModel): Record<string, string> {
  const angles = classAngles && Array.from(classAngles, (a) => (Number.isFinite(a) ? a : null));
  return {
    model: model.kind,
    likelihood: model.likelihood.name,
    latent_dim: String(model.options.latentDim),
    ...(model instanceof VED ? sizesOfVED(model) : sizes(model)),
    ...(classNames.length > 0 && { class_names: JSON.stringify(classNames) }),
    ...(angles && { class_angles: JSON.stringify(angles) }),
    ...(normalisation && { normalisation: JSON.stringify(normalisation) }),
    ...(preprocessing && {
      preprocessing: JSON.stringify(preprocessing),
      preprocessing_description: `${preprocessingText(preprocessing)}; each channel by itself, as preprocessValues of pyroved-ts does it`,
    }),
  };
}

function sizes(model: Model): Record<string, string> {
  const { shape, channels, invariances } = model.options;
  return {
    shape: JSON.stringify(shape),
    channels: String(channels),
    invariances: JSON.stringify(invariances),
    ...namesOf(model),
  };
}

/** `condition_names` and `target_names`: what the decoder is given in the units of the data. */
const namesOf = (model: Model): Record<string, string> =>
  Object.fromEntries(
    model
      .networkConditions('decoder')
      .flatMap((one) =>
        one.name === 'class' ? [] : [[`${one.name.replace(/s$/, '')}_names`, JSON.stringify(one.factors.names)]],
      ),
  );

function sizesOfVED({ options }: VED): Record<string, string> {
  const { inputShape, inputChannels, outputShape, outputChannels } = options;
  return {
    input_shape: JSON.stringify(inputShape),
    input_channels: String(inputChannels),
    output_shape: JSON.stringify(outputShape),
    output_channels: String(outputChannels),
  };
}

/** Of one network. */
export function aboutGraph({
  name,
  inputs,
  outputs,
}: Pick<Graph, 'name' | 'inputs' | 'outputs'>): Record<string, string> {
  const values = [...inputs, ...outputs].map((port) => [port.name, meanings[port.name]]);
  return {
    description: `The ${name} of a model that pyroved-ts trained.`,
    values: JSON.stringify(Object.fromEntries(values)),
  };
}
