/**
 * The two decoders: fully connected (separate weights for every pixel), and spatial (one network evaluated at every
 * coordinate).
 */
import { dense, take } from '@pyro-ts/engine';
import { broadcastShapes, expandTo, sizeOf } from '@pyro-ts/engine/internal';
import { type Activation, type SpatialDecoderOptions as Asked, spatialDecoder } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { ShapeError } from 'pyro-ts';
import { formatShape } from 'pyro-ts/internal';
import { gridPoints } from '../coordinates/grid.js';
import { foldIntoLayer } from '../coordinates/transform.js';
import { linearOnParts, linearSpec, stack, stackSpec, sum, type Weights } from './layers.js';
import type { DecoderNet } from './slots.js';

/** Options of `fcDecoder`. */
export interface DecoderOptions {
  /** [height, width] or [length]. */
  readonly shape: readonly number[];
  readonly channels: number;
  /** Sizes of the parts of the input: content, then classes. */
  readonly inputs: readonly number[];
  readonly hidden: readonly number[];
  readonly activation: Activation;
}

/**
 * Hidden layers, then one output for each pixel and channel. It has no coordinate input and ignores the pose.
 * @example const decoder = fcDecoder({ shape: [28, 28], channels: 1, inputs: [2], hidden: [128], activation: 'tanh' });
 */
export function fcDecoder({ shape, channels, inputs, hidden, activation }: DecoderOptions): DecoderNet {
  const points = sizeOf(shape);
  return {
    parameters: {
      ...stackSpec('fc_layers', [sum(inputs), ...hidden]),
      ...linearSpec('out', hidden[hidden.length - 1], points * channels),
    },
    apply(weights, { parts, pixels }) {
      const h = stack(weights, 'fc_layers', hidden.length, parts, activation);
      const { weight, bias } = outputLayer(weights, points, channels, pixels);
      const out = dense(h, weight, bias);
      return tf.reshape(out, [...h.shape.slice(0, -1), pixels?.shape[0] ?? points, channels]);
    },
  };
}

/** The output layer, restricted to the given pixels. */
function outputLayer(weights: Weights, points: number, channels: number, pixels: tf.Tensor1D | undefined) {
  const [weight, bias] = [weights['out.weight'] as tf.Tensor2D, weights['out.bias'] as tf.Tensor1D];
  if (!pixels) return { weight, bias };
  const [inputs, wanted] = [weight.shape[0], pixels.shape[0] * channels];
  const chosen = take(tf.reshape(weight, [inputs, points, channels]), pixels, 1);
  return {
    weight: tf.reshape(chosen, [inputs, wanted]) as tf.Tensor2D,
    bias: tf.reshape(take(tf.reshape(bias, [points, channels]), pixels, 0), [wanted]) as tf.Tensor1D,
  };
}

/** Options of `spatialNet`. */
export interface SpatialDecoderOptions extends DecoderOptions {
  /** Kernel returned by `selectKernel`. @default plain TensorFlow.js operations */
  readonly kernel?: Asked['kernel'];
}

/**
 * tanh(W_c g' + b + W_z [content, class]) at every transformed grid point g', then hidden layers, then one output per
 * channel. The pose is folded into the first layer, so that all rows share one grid.
 * @throws {ShapeError} when latents and poses do not broadcast together, while decoding.
 * @see pyroVED's `sDecoderNet`, whose first activation is always tanh
 * @example const decoder = spatialNet({ shape: [28, 28], channels: 1, inputs: [2], hidden: [128, 128], activation: 'tanh' });
 */
export function spatialNet({ shape, channels, inputs, hidden, activation, kernel }: SpatialDecoderOptions): DecoderNet {
  const dims = shape.length;
  const points = gridPoints(shape);
  return {
    parameters: {
      ...linearSpec('coord_latent.fc_coord', dims, hidden[0]),
      ...linearSpec('coord_latent.fc_latent', sum(inputs), hidden[0], { bias: false }),
      ...stackSpec('fc_layers', [hidden[0], ...hidden]),
      ...linearSpec('out', hidden[hidden.length - 1], channels),
    },
    apply(weights, { parts, transform, pixels }) {
      const folded = foldIntoLayer(transform, weights['coord_latent.fc_coord.weight'] as tf.Tensor2D);
      const fromLatent = linearOnParts(weights, 'coord_latent.fc_latent', parts);
      const code = [fromLatent, folded.code, weights['coord_latent.fc_coord.bias']].reduce((a, b) =>
        a && b ? tf.add(a, b) : (a ?? b),
      ) as tf.Tensor;
      const lead = broadcastShapes(code.shape.slice(0, -1), folded.pose.shape.slice(0, -2));
      if (!lead) {
        throw new ShapeError(
          `The latents [..., ${formatShape(code.shape)}] and the poses [..., ${formatShape(folded.pose.shape)}] do not broadcast together.`,
        );
      }
      const rows = sizeOf(lead);
      const grid = tf.tensor2d(points, [sizeOf(shape), dims]);
      const output = spatialDecoder(
        {
          grid: pixels ? tf.gather(grid, pixels) : grid,
          pose: tf.reshape(expandTo(folded.pose, [...lead, hidden[0], dims]), [rows, hidden[0], dims]) as tf.Tensor3D,
          code: tf.reshape(expandTo(code, [...lead, hidden[0]]), [rows, hidden[0]]) as tf.Tensor2D,
          hidden: hidden.map((_, i) => layer(weights, `fc_layers.${2 * i}`)),
          output: layer(weights, 'out'),
        },
        { activation, firstActivation: 'tanh', kernel },
      );
      return tf.reshape(output, [...lead, ...output.shape.slice(1)]);
    },
  };
}

const layer = (weights: Weights, name: string) => ({
  weight: weights[`${name}.weight`] as tf.Tensor2D,
  bias: weights[`${name}.bias`] as tf.Tensor1D,
});
