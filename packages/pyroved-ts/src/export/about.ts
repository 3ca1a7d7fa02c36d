/** The metadata of exported files: descriptions of the model and of its inputs and outputs. */
import type { Graph } from '@pyro-ts/compile';
import { preprocessingText } from '../data/preprocess/preprocessing.js';
import { type Model, VED } from '../models/index.js';
import type { ExportedModel } from './exportModel.js';

/** The meaning of each input and output. */
const meanings: Readonly<Record<string, string>> = {
  image:
    'grey values (those of 8-bit and 16-bit files divided by the value of white), scaled to [0, 1] by "normalisation" (subtract low, divide by high - low, clip to [0, 1]), then preprocessed by the caller as described by "preprocessing", if any; [batch, channels, height, width], for signals [batch, channels, length]',
  class: 'one-hot rows in the order of "class_names"; rows of probabilities average over the classes',
  condition: 'known factors in the units of the data, in the order of "condition_names"',
  targets: 'regression targets in the units of the data, in the order of "target_names"',
  content: 'the content latents; their means, as an output of the encoder',
  content_scale: 'standard deviations of the content latents',
  angle: 'radians, counter-clockwise; see "class_angles" for the upright orientation',
  shift: 'added to the coordinates, which run from -1 to 1; one number per axis (downwards, then to the left)',
  scale: 'factor of the coordinates, above 1 the object appears smaller; one for both axes, or one for each',
  shear:
    'a and b, in the upright frame: rotated and scaled coordinates (downwards, to the left) are multiplied by [[w + a, b], [b, w - a]] with w = sqrt(1 + a^2 + b^2)',
  probabilities: 'class probabilities in the order of "class_names"',
  input:
    'values scaled to [0, 1] by "inputs" of "normalisation"; [batch, channels, height, width], for signals [batch, channels, length]',
  target: 'predicted values, to be scaled back from [0, 1] by "outputs" of "normalisation"; dimensions as of the input',
};

/** The metadata of the model. Values other than text are encoded as JSON. */
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
      preprocessing_description: `${preprocessingText(preprocessing)}; separately for each channel, as by the function preprocessed of pyroved-ts`,
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

/** `condition_names` and `target_names`: the names of the decoder's inputs in the units of the data. */
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

/** The metadata of one network. */
export function aboutGraph({
  name,
  inputs,
  outputs,
}: Pick<Graph, 'name' | 'inputs' | 'outputs'>): Record<string, string> {
  const values = [...inputs, ...outputs].map((port) => [port.name, meanings[port.name]]);
  return {
    description: `The ${name} of a model trained by pyroved-ts.`,
    values: JSON.stringify(Object.fromEntries(values)),
  };
}
