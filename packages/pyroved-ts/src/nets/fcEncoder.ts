/** The fully connected encoder and the fully connected classifier. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import type { PoseKind } from '../priors/posePart.js';
import { linear, linearSpec, stack, stackSpec, sum } from './layers.js';
import type { ClassifierNet, EncoderNet } from './slots.js';

/** Keeps the standard deviation of the guide above 0 where softplus underflows. */
const SMALLEST_SCALE = 1e-8;

export interface FcEncoderOptions {
  /** Sizes of the input's parts, in order. */
  readonly inputs: readonly number[];
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** Columns of the joint latent. */
  readonly joint: number;
  /** For each pose part with a site of its own, how many numbers its guide needs. */
  readonly own: Partial<Record<PoseKind, number>>;
}

/** Hidden layers, then heads fc11 (mean) and fc12 (standard deviation, by softplus), and fc_KIND for each part with its own site. */
export function fcEncoder({ inputs, hidden, activation, joint, own }: FcEncoderOptions): EncoderNet {
  const last = hidden[hidden.length - 1];
  const heads = Object.entries(own) as [PoseKind, number][];
  return {
    parameters: {
      ...stackSpec('fc_layers', [sum(inputs), ...hidden]),
      ...linearSpec('fc11', last, joint),
      ...linearSpec('fc12', last, joint),
      ...Object.assign({}, ...heads.map(([kind, size]) => linearSpec(`fc_${kind}`, last, size))),
    },
    apply(weights, parts) {
      const h = stack(weights, 'fc_layers', hidden.length, parts, activation);
      return {
        loc: linear(weights, 'fc11', h),
        scale: tf.add(tf.softplus(linear(weights, 'fc12', h)), SMALLEST_SCALE),
        own: Object.fromEntries(heads.map(([kind]) => [kind, linear(weights, `fc_${kind}`, h)])),
      };
    },
  };
}

export interface FcClassifierOptions {
  readonly input: number;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly numClasses: number;
}

/** Hidden layers, then class logits ("out"). */
export function fcClassifier({ input, hidden, activation, numClasses }: FcClassifierOptions): ClassifierNet {
  return {
    parameters: {
      ...stackSpec('fc_layers', [input, ...hidden]),
      ...linearSpec('out', hidden[hidden.length - 1], numClasses),
    },
    apply: (weights, x) => linear(weights, 'out', stack(weights, 'fc_layers', hidden.length, [x], activation)),
  };
}
