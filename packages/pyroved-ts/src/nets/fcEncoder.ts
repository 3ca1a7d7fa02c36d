/** The fully connected encoder, classifier and regressor. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import type { Net } from 'pyro-ts';
import type { PoseKind } from '../priors/posePart.js';
import { linear, linearSpec, SMALLEST_SCALE, stack, stackSpec, sum } from './layers.js';
import type { ClassifierNet, EncoderNet, RegressorNet } from './slots.js';

/** Options of `fcEncoder`. */
export interface FcEncoderOptions {
  /** Sizes of the parts of the input, in order. */
  readonly inputs: readonly number[];
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** Number of columns of the joint latent. */
  readonly joint: number;
  /** Number of outputs for the guide of each pose part with a separate site. */
  readonly own: Partial<Record<PoseKind, number>>;
  /** Number of classes for which logits are returned. @default none */
  readonly discrete?: number;
}

/**
 * Hidden layers, then heads fc11 (mean), fc12 (standard deviation, by softplus), fc13 (class logits, if any), and
 * fc_KIND for each part with a separate site.
 * @example const encoder = fcEncoder({ inputs: [784], hidden: [128, 128], activation: 'tanh', joint: 2, own: {} });
 */
export function fcEncoder({ inputs, hidden, activation, joint, own, discrete }: FcEncoderOptions): EncoderNet {
  const last = hidden[hidden.length - 1];
  const heads = Object.entries(own) as [PoseKind, number][];
  return {
    parameters: {
      ...stackSpec('fc_layers', [sum(inputs), ...hidden]),
      ...linearSpec('fc11', last, joint),
      ...linearSpec('fc12', last, joint),
      ...(discrete !== undefined && linearSpec('fc13', last, discrete)),
      ...Object.assign({}, ...heads.map(([kind, size]) => linearSpec(`fc_${kind}`, last, size))),
    },
    apply(weights, parts) {
      const h = stack(weights, 'fc_layers', hidden.length, parts, activation);
      return {
        loc: linear(weights, 'fc11', h),
        scale: tf.add(tf.softplus(linear(weights, 'fc12', h)), SMALLEST_SCALE),
        own: Object.fromEntries(heads.map(([kind]) => [kind, linear(weights, `fc_${kind}`, h)])),
        ...(discrete !== undefined && { discrete: linear(weights, 'fc13', h) }),
      };
    },
  };
}

/** Options of `fcClassifier`. */
export interface FcClassifierOptions {
  readonly input: number;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly numClasses: number;
}

/**
 * Hidden layers, then class logits ("out"): maps images [B, input] to [B, numClasses].
 * @example const classifier = fcClassifier({ input: 784, hidden: [128, 128], activation: 'tanh', numClasses: 10 });
 */
export function fcClassifier({ input, hidden, activation, numClasses }: FcClassifierOptions): ClassifierNet {
  return {
    parameters: {
      ...stackSpec('fc_layers', [input, ...hidden]),
      ...linearSpec('out', hidden[hidden.length - 1], numClasses),
    },
    apply: (weights, x) => linear(weights, 'out', stack(weights, 'fc_layers', hidden.length, [x], activation)),
  };
}

/** Options of `fcRegressor`. */
export interface FcRegressorOptions extends Omit<FcClassifierOptions, 'numClasses'> {
  /** Number of targets. */
  readonly targets: number;
}

/**
 * Hidden layers, then the predicted targets ("out"): maps images [B, input] to [B, targets].
 * @example const regressor = fcRegressor({ input: 784, hidden: [128, 128], activation: 'tanh', targets: 2 });
 */
export const fcRegressor = ({ targets, ...options }: FcRegressorOptions): RegressorNet =>
  fcClassifier({ ...options, numClasses: targets });

/** Two hidden layers of `features` units with tanh: a body for small views and for signals. */
export const denseBody = (input: number, features: number): Net<[x: tf.Tensor], tf.Tensor> => ({
  parameters: stackSpec('fc_layers', [input, features, features]),
  apply: (weights, x) => stack(weights, 'fc_layers', 2, [x], 'tanh'),
});
