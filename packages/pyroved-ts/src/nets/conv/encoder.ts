/**
 * Convolutional encoder, classifier and regressor: blocks of convolutions with pooling between them, then linear heads.
 */
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { FcEncoderOptions } from '../fcEncoder.js';
import { linear, linearOnParts, linearSpec, SMALLEST_SCALE, type Specs, sum, type Weights } from '../layers.js';
import type { ClassifierNet, EncoderNet } from '../slots.js';
import { block, halfOf, type Layer, layersSpec, throughLayers } from './layers.js';
import { type ConvOptions, resolveConv } from './options.js';
import { flattened, imageRows, type Size, sizeOfShape } from './shapes.js';

/** The images that are the input of a network. */
export interface ImageInput {
  /** [height, width] or [length]. */
  readonly shape: readonly number[];
  readonly channels: number;
}

interface Extractor {
  readonly parameters: Specs;
  /** Number of features of an image. */
  readonly size: number;
  apply(weights: Weights, x: tf.Tensor): tf.Tensor;
}

/**
 * Maps images [..., channels * points] to features [..., size].
 * @see pyroVED's `FeatureExtractor`, which pools once more
 */
function featureExtractor(owner: string, { shape, channels }: ImageInput, options: ConvOptions): Extractor {
  const resolved = resolveConv(owner, options, 'encoder');
  const { blocks } = resolved;
  const start = sizeOfShape(shape);
  let end: Size = start;
  const layers = blocks.flatMap((outputs, i): Layer[] => {
    const convolutions = block(i === 0 ? channels : lastOf(blocks[i - 1]), outputs, resolved);
    if (i === blocks.length - 1) return convolutions;
    end = halfOf(end);
    return [...convolutions, { kind: 'pool' }];
  });
  const name = 'feature_extractor.layers';
  const size = lastOf(lastOf(blocks)) * sizeOf(end);
  return {
    parameters: layersSpec(name, layers, shape.length),
    size,
    apply(weights, x) {
      const { images, lead } = imageRows(x, channels, start);
      return tf.reshape(flattened(throughLayers(weights, name, layers, images)), [...lead, size]);
    },
  };
}

const lastOf = <T>(list: readonly T[]): T => list[list.length - 1];

/** Options of `convEncoder`. */
export type ConvEncoderOptions = ImageInput &
  Omit<FcEncoderOptions, 'hidden' | 'activation'> & {
    readonly conv?: ConvOptions;
    /** Name in error messages, such as "VED: encoder". */
    readonly owner?: string;
  };

/**
 * A convolutional encoder. The first of `inputs` is the size of the image; the other inputs (a class, factors) are
 * concatenated to its features before the heads: features2latent.fc_latent (mean, and standard deviation by softplus),
 * fc_logits (class logits, if any) and fc_KIND for each part of the pose with a separate site.
 * @throws {OptionError} when an option is invalid.
 * @see pyroVED's `convEncoderNet`
 * @example const encoder = convEncoder({ shape: [28, 28], channels: 1, inputs: [784], joint: 2, own: {} });
 */
export function convEncoder(options: ConvEncoderOptions): EncoderNet {
  const { inputs, joint, own, discrete, conv = {}, owner = 'convEncoder' } = options;
  const features = featureExtractor(owner, options, conv);
  const given = features.size + sum(inputs.slice(1));
  const heads = Object.entries(own);
  return {
    parameters: {
      ...features.parameters,
      ...linearSpec('features2latent.fc_latent', given, 2 * joint),
      ...(discrete !== undefined && linearSpec('fc_logits', given, discrete)),
      ...Object.assign({}, ...heads.map(([kind, size]) => linearSpec(`fc_${kind}`, given, size))),
    },
    apply(weights, [x, ...others]) {
      const parts = [features.apply(weights, x), ...others];
      const head = (name: string) => linearOnParts(weights, name, parts);
      const both = head('features2latent.fc_latent');
      const [loc, spread] = tf.split(both, 2, -1);
      return {
        loc,
        scale: tf.add(tf.softplus(spread), SMALLEST_SCALE),
        own: Object.fromEntries(heads.map(([kind]) => [kind, head(`fc_${kind}`)])),
        ...(discrete !== undefined && { discrete: head('fc_logits') }),
      };
    },
  };
}

/** Options of `convClassifier`. */
export interface ConvClassifierOptions extends ImageInput {
  /** Number of classes, or of targets of a regressor. */
  readonly outputs: number;
  readonly conv?: ConvOptions;
  readonly owner?: string;
}

/**
 * A convolutional classifier or regressor: maps images [B, channels * points] to class logits or targets [B, outputs].
 * @throws {OptionError} when an option is invalid.
 * @example new SSIVAE({ shape: [28, 28], numClasses: 10, classifier: convClassifier({ shape: [28, 28], channels: 1, outputs: 10 }) });
 */
export function convClassifier(options: ConvClassifierOptions): ClassifierNet {
  const { outputs, conv = {}, owner = 'convClassifier' } = options;
  const features = featureExtractor(owner, options, conv);
  return {
    parameters: { ...features.parameters, ...linearSpec('out', features.size, outputs) },
    apply: (weights, x) => linear(weights, 'out', features.apply(weights, x)),
  };
}
