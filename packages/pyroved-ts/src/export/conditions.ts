/** The conditions of a model's networks (classes, factors, targets) as inputs of a program. */
import { BATCH, type Port } from '@pyro-ts/compile';
import * as tf from '@tensorflow/tfjs';
import type { Model } from '../models/index.js';

/** The conditions of a network as inputs of a program. */
export interface ConditionInputs {
  readonly inputs: readonly Port[];
  /** The inputs of the networks, from the inputs of the program. */
  readonly parts: (given: readonly tf.Tensor[]) => tf.Tensor[];
}

/** Classes as one-hot rows, factors and targets in the units of the data. */
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
