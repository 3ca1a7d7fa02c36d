/**
 * The networks of a model as programs with named inputs and outputs, in the units of the data, as all exported files
 * compute them.
 */
import { BATCH, type Port, type Program } from '@pyro-ts/compile';
import { expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { module, param } from 'pyro-ts';
import { directionOf, type PoseTensors, poseTransform } from '../coordinates/index.js';
import { type Likelihood, type Model, RecognitionSSIVAE, TemplateSSIVAE } from '../models/index.js';
import { centreOf } from '../models/views.js';
import type { PosePart } from '../priors/index.js';
import { conditionInputs } from './conditions.js';

/**
 * Encoder and decoder, and the classifier or the regressor of a model that has one. A model with recognition has no
 * encoder, since exported graphs cannot transform images to upright. A template model has pictures instead of the
 * decoder.
 */
export const modelPrograms = (model: Model): Program[] => [
  ...predictors(model),
  ...(model instanceof RecognitionSSIVAE ? [] : [encoder(model)]),
  model instanceof TemplateSSIVAE ? pictures(model) : decoder(model),
];

/**
 * The picture of a class, upright and without deformation, since exported graphs cannot resample pictures.
 */
function pictures(model: TemplateSSIVAE): Program {
  const { shape, channels } = model.options;
  const conditions = conditionInputs(model, 'decoder');
  return {
    name: 'pictures',
    inputs: conditions.inputs,
    run: (...given) =>
      model.params.run(() => {
        const [classes] = conditions.parts(given);
        const { numClasses, imageSize, templates } = model;
        // The first picture of each class is the most frequent one.
        const every = tf.reshape(param('decoder.pictures'), [numClasses, templates.perClass * imageSize]);
        const all = tf.slice(every, [0, 0], [numClasses, imageSize]);
        return { image: tf.reshape(tf.matMul(classes, all), [classes.shape[0], channels, ...shape]) };
      }),
  };
}

const imagePort = ({ options: { channels, shape } }: Model): Port => ({
  name: 'image',
  shape: [BATCH, channels, ...shape],
});

/** [B, channels * points] */
const rowsOf = (model: Model, image: tf.Tensor): tf.Tensor => tf.reshape(image, [image.shape[0], model.imageSize]);

const encoderOf = (model: Model) => module('encoder_z', model.nets.encoder_z);

/** The classifier or the regressor. */
function predictors(model: Model): Program[] {
  const found = model.predictor();
  if (!found) return [];
  const { name, output, predict } = found;
  const run = (image: tf.Tensor) => model.params.run(() => ({ [output]: predict(rowsOf(model, image)) }));
  return [{ name, inputs: [imagePort(model)], run }];
}

/** The point estimate of the guide, as `encode` returns it. */
function encoder(model: Model): Program {
  const { latents } = model;
  const conditions = conditionInputs(model, 'encoder');
  return {
    name: 'encoder',
    inputs: [imagePort(model), ...conditions.inputs],
    run: (image, ...given) =>
      model.params.run(() => {
        const encoded = encoderOf(model)([rowsOf(model, image), ...conditions.parts(given)]);
        const { pose, content, contentScale } = centreOf(latents, encoded);
        return { content, content_scale: contentScale, ...plainPose(pose) };
      }),
  };
}

/** The mean of the likelihood given content and pose, as `decode` returns it. */
function decoder(model: Model): Program {
  const net = model.nets.decoder;
  const { latents, likelihood, points } = model;
  const { channels, shape } = model.options;
  const conditions = conditionInputs(model, 'decoder');
  const poses = latents.parts.map((part) => posePort(part, shape.length));
  return {
    name: 'decoder',
    inputs: [{ name: 'content', shape: [BATCH, latents.contentSize] }, ...conditions.inputs, ...poses],
    run: (content, ...given) =>
      model.params.run(() => {
        const others = conditions.parts(given.slice(0, conditions.inputs.length));
        const transform = poseTransform(poseOf(poses, given.slice(conditions.inputs.length)));
        const output = module('decoder', net)({ parts: [content, ...others], transform });
        const rows = content.shape[0];
        const mean = expandTo(meanOf(likelihood, output), [rows, points, channels]);
        return { image: tf.reshape(tf.transpose(mean, [0, 2, 1]), [rows, channels, ...shape]) };
      }),
  };
}

function posePort({ kind, source }: PosePart, dims: number): Port {
  if (kind === 'angle') return { name: kind, shape: [BATCH] };
  if (kind === 'shift' || kind === 'shear') return { name: kind, shape: [BATCH, dims] };
  return { name: kind, shape: [BATCH, source.site === 'joint' ? source.columns : 1] };
}

function poseOf(ports: readonly Port[], given: readonly tf.Tensor[]): PoseTensors {
  const entries = ports.map(({ name }, i) => [name, name === 'angle' ? directionOf(given[i]) : given[i]]);
  return Object.fromEntries(entries) as PoseTensors;
}

/** The pose with its angle in radians. */
function plainPose({ angle, ...others }: PoseTensors): Record<string, tf.Tensor> {
  const [cos, sin] = angle ? tf.unstack(angle, -1) : [];
  return { ...(angle && { angle: tf.atan2(sin, cos) }), ...others };
}

/** The mean of the likelihood in tensor operations; that of the continuous Bernoulli is otherwise computed on the host. */
export function meanOf(likelihood: Likelihood, output: tf.Tensor): tf.Tensor {
  if (likelihood.name !== 'continuous-bernoulli') return likelihood.distribution(output).mean();
  // 1 / (1 - exp(-l)) - 1 / l; near 0, where these terms cancel, its power series.
  const isSmall = tf.less(tf.abs(output), 1);
  const large = tf.where(isSmall, tf.onesLike(output), output);
  const closed = tf.sub(tf.reciprocal(tf.sub(1, tf.exp(tf.neg(large)))), tf.reciprocal(large));
  const square = tf.square(output);
  const series = [-1 / 1209600, 1 / 30240, -1 / 720, 1 / 12].reduce<tf.Tensor>(
    (sum, coefficient) => tf.add(tf.mul(sum, square), coefficient),
    tf.scalar(0),
  );
  return tf.where(isSmall, tf.add(tf.mul(series, output), 0.5), closed);
}
