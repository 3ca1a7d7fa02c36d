/**
 * Custom `tf.LayersModel`s as encoders, classifiers and decoders. Their variables become parameters of the model.
 */
import { take } from '@pyro-ts/engine';
import { broadcastShapes, expandTo, sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { type Net, OptionError, ShapeError } from 'pyro-ts';
import { formatShape } from 'pyro-ts/internal';
import type { PoseKind } from '../priors/posePart.js';
import { isLearning } from './conv/batchNorm.js';
import type { ConvDecoderOptions } from './conv/decoder.js';
import type { ConvClassifierOptions, ConvEncoderOptions, ImageInput } from './conv/encoder.js';
import { SMALLEST_SCALE, type Specs, sum } from './layers.js';
import type { ClassifierNet, DecoderNet, EncoderNet } from './slots.js';

type Named<Options> = Omit<Options, 'conv'> & { readonly owner?: string };

/**
 * An encoder. `model` takes images ([H, W, C], [L, C], [H, W] with one channel, or [n] with the channels last) and, if
 * the encoder is conditioned on classes, the class [K] as a second input. Its outputs, concatenated, are the means of the
 * latents, their standard deviations before softplus, and the outputs for pose parts with a separate site.
 */
export function encoderFromLayers(model: tf.LayersModel, options: Named<ConvEncoderOptions>): EncoderNet {
  const { inputs, joint, own, discrete = 0, owner = 'encoderFromLayers' } = options;
  const heads = Object.entries(own) as [PoseKind, number][];
  const sizes = [joint, joint, ...heads.map(([, size]) => size), discrete];
  const names = ['means', 'spreads', ...heads.map(([kind]) => `for the ${kind}`), 'class logits'];
  checkOutputs(owner, model, sum(sizes), sizes.flatMap((n, i) => (n > 0 ? [`${n} ${names[i]}`] : [])).join(', '));
  const others = sum(inputs.slice(1));
  const image = imageFeed(owner, model, options);
  checkInputs(owner, model, others);
  return fromLayers(model, (call, parts: readonly tf.Tensor[]) => {
    const { rows, lead } = inRows(parts);
    const numbers = call([image(rows[0]), ...besides(rows)]);
    const [loc, spread, ...rest] = tf.split(tf.reshape(numbers, [...lead, sum(sizes)]), sizes, -1);
    return {
      loc,
      scale: tf.add(tf.softplus(spread), SMALLEST_SCALE),
      own: Object.fromEntries(heads.map(([kind], i) => [kind, rest[i]])),
      ...(discrete > 0 && { discrete: rest[heads.length] }),
    };
  });
}

/**
 * A classifier or regressor. `model` takes images as for `encoderFromLayers` and returns class logits (not
 * probabilities) or targets, [outputs].
 */
export function classifierFromLayers(model: tf.LayersModel, options: Named<ConvClassifierOptions>): ClassifierNet {
  const { outputs, owner = 'classifierFromLayers' } = options;
  checkOutputs(owner, model, outputs, 'one for each class or quantity');
  const last = model.layers[model.layers.length - 1]?.getConfig();
  if (last?.activation === 'softmax') {
    throw new OptionError(
      `${owner}: the tf.LayersModel ends in a softmax. Class logits are needed: end it without one.`,
    );
  }
  const image = imageFeed(owner, model, options);
  checkInputs(owner, model, 0);
  return fromLayers(model, (call, x: tf.Tensor) => call([image(x)]));
}

/**
 * A decoder. `model` takes the content [n] and, if the decoder is conditioned on classes, the class [K] as a second
 * input. It returns the parameter of the likelihood at each point before any sigmoid: [H, W, C], [L, C], [H, W] with one
 * channel, or [n] with the channels last.
 */
export function decoderFromLayers(model: tf.LayersModel, options: Named<ConvDecoderOptions>): DecoderNet {
  const { shape, channels, inputs, owner = 'decoderFromLayers' } = options;
  const points = sizeOf(shape);
  checkOutputs(owner, model, points * channels, `an image of ${shape.join(' x ')} and ${channels} channel(s)`);
  const [content, ...others] = inputs.filter((n) => n > 0);
  const first = lengthsOf(model.inputs[0]);
  if (first.length !== 1 || !fits(first[0], content)) {
    throw new ShapeError(`${owner}: the tf.LayersModel takes ${described(first)}; the content is [${content}].`);
  }
  checkInputs(owner, model, sum(others));
  return fromLayers(model, (call, { parts, pixels }) => {
    const { rows, lead } = inRows(parts);
    const images = call([rows[0], ...besides(rows)]);
    const output = tf.reshape(images, [...lead, points, channels]);
    return pixels ? take(output, pixels, -2) : output;
  });
}

type Call = (inputs: tf.Tensor[]) => tf.Tensor;

/**
 * A network around the model; `call` returns its outputs, flattened and concatenated. Trainable weights are named by
 * their index, since the names of tfjs layers are numbered throughout the process and would not match those of a saved
 * model.
 */
function fromLayers<Inputs extends unknown[], Output>(
  model: tf.LayersModel,
  compute: (call: Call, ...inputs: Inputs) => Output,
): Net<Inputs, Output> {
  const parameters: Specs = Object.fromEntries(
    model.trainableWeights.map((weight, i) => [`weights.${i}`, { init: variableOf(weight) }]),
  );
  const call: Call = (inputs) => {
    const outputs = model.apply(inputs.length === 1 ? inputs[0] : inputs, { training: isLearning() });
    const flat = ([outputs].flat() as tf.Tensor[]).map((y) => tf.reshape(y, [y.shape[0], y.size / y.shape[0]]));
    return flat.length === 1 ? flat[0] : tf.concat(flat, 1);
  };
  return { parameters, apply: (_, ...inputs) => compute(call, ...inputs) };
}

/** The variable of a layer's weight. tfjs declares it as protected, and has no other way to share it. */
function variableOf(weight: tf.LayersModel['weights'][number]): tf.Variable {
  const value: unknown = Reflect.get(weight, 'val');
  if (value instanceof tf.Variable) return value;
  throw new OptionError(
    `The weight ${weight.name} of a tf.LayersModel has no variable in this version of TensorFlow.js.`,
  );
}

/** The shape of a symbolic tensor without the batch dimension; null for any length. */
const lengthsOf = ({ shape }: tf.SymbolicTensor): (number | null)[] => shape.slice(1);

/** `formatShape` with "any" for undetermined lengths. */
const described = (lengths: readonly (number | null)[]): string => `[${lengths.map((n) => n ?? 'any').join(', ')}]`;

const fits = (length: number | null, wanted: number): boolean => length === null || length === wanted;

/** Converts images [B, channels * points], channels first, to the first input of the model. */
function imageFeed(owner: string, model: tf.LayersModel, { shape, channels }: ImageInput): (x: tf.Tensor) => tf.Tensor {
  const lengths = lengthsOf(model.inputs[0]);
  const points = sizeOf(shape);
  const ways = [[...shape, channels], ...(channels === 1 ? [shape] : []), [points * channels]];
  const way = ways.find((wanted) => wanted.length === lengths.length && wanted.every((n, i) => fits(lengths[i], n)));
  if (!way) {
    throw new ShapeError(
      `${owner}: the tf.LayersModel takes images ${described(lengths)}; here they are ${ways.map(formatShape).join(' or ')}.`,
    );
  }
  return (x) => {
    const rows = x.size / (points * channels);
    const last = channels === 1 ? x : tf.transpose(tf.reshape(x, [rows, channels, points]), [0, 2, 1]);
    return tf.reshape(last, [rows, ...way]);
  };
}

/** @throws {ShapeError} when the model lacks an input for the class, or has too many inputs. */
function checkInputs(owner: string, model: tf.LayersModel, others: number): void {
  const wanted = others > 0 ? 2 : 1;
  if (model.inputs.length !== wanted) {
    throw new ShapeError(
      `${owner}: the tf.LayersModel has ${model.inputs.length} input(s); here it needs ${wanted}${others > 0 ? `, the second of shape [${others}] for the class` : ''}.`,
    );
  }
  if (others === 0) return;
  const lengths = lengthsOf(model.inputs[1]);
  if (lengths.length !== 1 || !fits(lengths[0], others)) {
    throw new ShapeError(
      `${owner}: the second input of the tf.LayersModel is ${described(lengths)}; the class is [${others}].`,
    );
  }
}

/** @throws {ShapeError} when the model has another number of outputs. */
function checkOutputs(owner: string, model: tf.LayersModel, wanted: number, what: string): void {
  const shapes = model.outputs.map(lengthsOf);
  const found = sum(shapes.map((lengths) => lengths.reduce<number>((n, d) => n * (d ?? Number.NaN), 1)));
  if (found === wanted) return;
  throw new ShapeError(
    `${owner}: the tf.LayersModel gives ${shapes.map(described).join(' and ')} for each image; ${wanted} values are needed: ${what}.`,
  );
}

/** Broadcasts the leading dimensions of the parts, and flattens these to rows. */
function inRows(parts: readonly tf.Tensor[]): { rows: tf.Tensor2D[]; lead: readonly number[] } {
  const leads = parts.map((part) => part.shape.slice(0, -1));
  const lead = broadcastShapes(...leads);
  if (!lead)
    throw new ShapeError(`The parts ${parts.map((p) => formatShape(p.shape)).join(', ')} do not broadcast together.`);
  const rows = parts.map((part) => {
    const size = part.shape[part.rank - 1];
    return tf.reshape(expandTo(part, [...lead, size]), [sizeOf(lead), size]) as tf.Tensor2D;
  });
  return { rows, lead };
}

/** The concatenation of all parts except the first; none if there is one part. */
const besides = ([, ...others]: readonly tf.Tensor2D[]): tf.Tensor[] =>
  others.length > 1 ? [tf.concat(others, 1)] : others;
