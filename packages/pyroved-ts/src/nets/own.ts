/** The values of a network slot of a model: a net, the options of a convolutional network, or a `tf.LayersModel`. */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from 'pyro-ts';
import { type ConvDecoderOptions, convDecoder } from './conv/decoder.js';
import { type ConvClassifierOptions, type ConvEncoderOptions, convClassifier, convEncoder } from './conv/encoder.js';
import type { ConvOptions } from './conv/options.js';
import { classifierFromLayers, decoderFromLayers, encoderFromLayers } from './fromLayers.js';
import type { ClassifierNet, DecoderNet, EncoderNet } from './slots.js';

/**
 * A convolutional network whose sizes are determined by the model; plain data that the configuration of a run can hold.
 */
export interface ConvNet extends ConvOptions {
  readonly kind: 'conv';
}

/**
 * A convolutional encoder, decoder, classifier or regressor, for a slot of a model.
 * @example new SSIVAE({ shape: [48, 48], numClasses: 4, encoder: convNet(), classifier: convNet({ blocks: [[16], [32]] }) });
 */
export const convNet = (options: ConvOptions = {}): ConvNet => ({ ...options, kind: 'conv' });

/** An encoder for a model: a custom network, `convNet({ ... })` or a `tf.LayersModel`. */
export type EncoderSlot = EncoderNet | ConvNet | tf.LayersModel;
/** A decoder for a model: a custom network, `convNet({ ... })` or a `tf.LayersModel`. */
export type DecoderSlot = DecoderNet | ConvNet | tf.LayersModel;
/** The slot of a classifier or a regressor. */
export type ClassifierSlot = ClassifierNet | ConvNet | tf.LayersModel;

/**
 * The requirements of a model on the network in a slot. `owner` is its name in error messages, such as "iVAE: encoder".
 */
export type EncoderNeeds = Omit<ConvEncoderOptions, 'conv'> & { readonly owner: string };
/** The requirements of a model on its classifier or regressor. */
export type ClassifierNeeds = Omit<ConvClassifierOptions, 'conv'> & { readonly owner: string };
/** The requirements of a model on its decoder. */
export type DecoderNeeds = Omit<ConvDecoderOptions, 'conv'> & {
  readonly owner: string;
  /** Whether the decoder must apply the pose. */
  readonly hasPose: boolean;
};

/** Resolves the encoder in a slot. @throws {OptionError} when it is not one of the supported values. */
export const resolveEncoder = (slot: EncoderSlot, needs: EncoderNeeds): EncoderNet =>
  built(slot, needs, convEncoder, encoderFromLayers);

/** Resolves the classifier or regressor in a slot. @throws {OptionError} when it is not one of the supported values. */
export const ownClassifier = (slot: ClassifierSlot, needs: ClassifierNeeds): ClassifierNet =>
  built(slot, needs, convClassifier, classifierFromLayers);

/** Resolves the decoder in a slot. @throws {OptionError} when it is not one of the supported values. */
export function resolveDecoder(slot: DecoderSlot, needs: DecoderNeeds): DecoderNet {
  if (needs.hasPose && (slot instanceof tf.LayersModel || isConv(slot))) {
    throw new OptionError(
      `${needs.owner}: a convolutional decoder or a tf.LayersModel has no coordinate input, so it cannot apply the pose. Omit the decoder ` +
        'or the invariances, or use a custom network that applies the transform.',
    );
  }
  return built(slot, needs, convDecoder, decoderFromLayers);
}

function built<N extends EncoderNet | ClassifierNet | DecoderNet, Needs extends { readonly owner: string }>(
  slot: N | ConvNet | tf.LayersModel,
  needs: Needs,
  conv: (options: Needs & { readonly conv: ConvOptions }) => N,
  fromLayers: (model: tf.LayersModel, needs: Needs) => N,
): N {
  if (slot instanceof tf.LayersModel) return fromLayers(slot, needs);
  if (isConv(slot)) {
    const { kind: _, ...options } = slot;
    return conv({ ...needs, conv: options });
  }
  if (typeof slot === 'object' && 'parameters' in slot && typeof slot.apply === 'function') return slot;
  throw new OptionError(
    `${needs.owner} must be a net ({ parameters, apply }), convNet({ ... }) or a tf.LayersModel; got ${JSON.stringify(slot)}.`,
  );
}

const isConv = (slot: object): slot is ConvNet => typeof slot === 'object' && 'kind' in slot && slot.kind === 'conv';
