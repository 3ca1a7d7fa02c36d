/** What the networks of a model are told of an image beside its pixels or its content, as inputs of a program. */
import { BATCH, type Port } from '@pyro-ts/compile';
import * as tf from '@tensorflow/tfjs';
import type { Model } from '../models/index.js';

export interface Told {
  readonly inputs: readonly Port[];
  /** What the networks take, from the inputs in their order. */
  readonly parts: (given: readonly tf.Tensor[]) => tf.Tensor[];
}

type FactorList = readonly { readonly centre: number; readonly scale: number }[];

/** A class, known numbers or quantities, in the units of the data. */
export function toldOf(model: Model, net: 'encoder' | 'decoder'): Told {
  switch (model.kind) {
    case 'ssiVAE':
      return { inputs: [classPort(model.numClasses)], parts: (given) => [...given] };
    case 'jiVAE':
      // Its encoder finds the class.
      return { inputs: net === 'decoder' ? [classPort(model.numClasses)] : [], parts: (given) => [...given] };
    case 'ssRegIVAE':
      return {
        inputs: [{ name: 'targets', shape: [BATCH, model.regDim] }],
        parts: ([targets]) => [toNetwork(targets, model.targets.list)],
      };
    case 'iVAE': {
      const { numClasses, condition } = model;
      const classes = numClasses > 0 ? [classPort(numClasses)] : [];
      const numbers = condition.dim > 0 ? [{ name: 'condition', shape: [BATCH, condition.dim] }] : [];
      return {
        inputs: [...classes, ...numbers],
        parts: (given) => {
          const all = given.map((x, i) => (i < classes.length ? x : toNetwork(x, condition.list)));
          return all.length > 1 ? [tf.concat(all, 1)] : all;
        },
      };
    }
  }
}

const classPort = (numClasses: number): Port => ({ name: 'class', shape: [BATCH, numClasses] });

/** Numbers in the units of the data as the networks see them. */
const toNetwork = (x: tf.Tensor, factors: FactorList): tf.Tensor =>
  tf.div(tf.sub(x, tf.tensor1d(factors.map((f) => f.centre))), tf.tensor1d(factors.map((f) => f.scale)));

/** The reverse. */
export const fromNetwork = (x: tf.Tensor, factors: FactorList): tf.Tensor =>
  tf.add(tf.mul(x, tf.tensor1d(factors.map((f) => f.scale))), tf.tensor1d(factors.map((f) => f.centre)));
