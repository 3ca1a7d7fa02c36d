/** `module`: the weights of a network as parameters of the program. */
import * as tf from '@tensorflow/tfjs';
import type { Constraint } from '../distributions/constraints.js';
import { ContextError } from '../errors.js';
import type { ParamInit } from '../runtime/messages.js';
import { param } from './param.js';

export interface ParameterSpec {
  readonly init: ParamInit;
  readonly constraint?: Constraint;
}

/** A network that does not own its weights: it names them, says how they begin, and computes from their values. */
export interface Net<Inputs extends unknown[], Output> {
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  apply(weights: Readonly<Record<string, tf.Tensor>>, ...inputs: Inputs): Output;
}

/**
 * Registers the weights of `net` as parameters called NAME.weight and returns the network as a function. A `tf.LayersModel` keeps its own
 * variables: the store learns those. Source: `pyro.module`.
 * @example
 * const line = { parameters: { slope: { init: 0 } }, apply: ({ slope }, x: tf.Tensor) => slope.mul(x) };
 * module('line', line)(x); // the parameter is line.slope
 * @example
 * const net = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] })] });
 * const logits = module('net', net)(x);
 */
export function module<Inputs extends unknown[], Output>(
  name: string,
  net: Net<Inputs, Output>,
): (...inputs: Inputs) => Output;
export function module(name: string, net: tf.LayersModel): (input: tf.Tensor | tf.Tensor[]) => tf.Tensor;
export function module<Inputs extends unknown[], Output>(
  name: string,
  net: Net<Inputs, Output> | tf.LayersModel,
): unknown {
  if (net instanceof tf.LayersModel) {
    for (const weight of net.trainableWeights) param(`${name}.${weight.originalName}`, variableOf(weight));
    return (input: tf.Tensor | tf.Tensor[]) => net.apply(input);
  }
  const weights: Record<string, tf.Tensor> = {};
  for (const [key, spec] of Object.entries(net.parameters)) {
    weights[key] = param(`${name}.${key}`, spec.init, spec.constraint ? { constraint: spec.constraint } : {});
  }
  return (...inputs: Inputs) => net.apply(weights, ...inputs);
}

/** The tf.Variable behind a layer's weight (tfjs types it as protected, and offers no other way to share it). */
function variableOf(weight: tf.LayersModel['weights'][number]): tf.Variable {
  const variable: unknown = Reflect.get(weight, 'val');
  if (variable instanceof tf.Variable) return variable;
  throw new ContextError(
    `module: the weight "${weight.originalName}" holds no variable. Use version 4 of TensorFlow.js, once in the program, and build the model first.`,
  );
}
