/** What the networks of a model are given of an image beside its pixels or its content, as inputs of a program. */
import { BATCH, type Port } from '@pyro-ts/compile';
import * as tf from '@tensorflow/tfjs';
import type { Model } from '../models/index.js';

export interface ConditionInputs {
  readonly inputs: readonly Port[];
  /** What the networks take, from the inputs in their order. */
  readonly parts: (given: readonly tf.Tensor[]) => tf.Tensor[];
}

/** Classes as one-hot rows, known numbers and quantities in the units of the data. */
export function conditionInputs(model: Model, net: 'encoder' | 'decoder'): ConditionInputs {
  const conditions = model.networkConditions(net);
  return {
    inputs: conditions.map((one) => ({
      name: one.name,
      shape: [BATCH, one.name === 'class' ? one.numClasses : one.factors.dim],
    })),
    parts(given) {
      const all = given.map((x, i) => {
        const one = conditions[i];
        return one.name === 'class' ? x : one.factors.tensorToNetwork(x);
      });
      return all.length > 1 ? [tf.concat(all, 1)] : all;
    },
  };
}
