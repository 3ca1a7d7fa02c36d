/** Shape arithmetic shared by every package: broadcasting, on the host and on tensors, at any rank that the engine allows. */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';

export type Shape = readonly number[];

/**
 * The shape that all `shapes` broadcast to, right-aligned; `undefined` where they do not.
 * @example broadcastShapes([3, 1], [4]) // [3, 4]
 */
export function broadcastShapes(...shapes: Shape[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      if (shape[i] === 1 || shape[i] === out[at]) continue;
      if (out[at] !== 1) return undefined;
      out[at] = shape[i];
    }
  }
  return out;
}

/**
 * Whether two shapes are equal.
 * @example sameShape([2, 3], [2, 3]) // true
 */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

/**
 * Number of elements of a tensor of this shape.
 * @example sizeOf([2, 3]) // 6
 */
export const sizeOf = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

/**
 * `x` broadcast to `shape`, with a gradient at any rank (tfjs's own `broadcastTo` has one up to rank 4 only).
 * Throws an OperandError where `x` does not broadcast to `shape`.
 * @example expandTo(tf.tensor1d([1, 2]), [2, 2]) // [[1, 2], [1, 2]]
 */
export function expandTo<T extends tf.Tensor>(x: T, shape: Shape): T {
  if (sameShape(x.shape, shape)) return x;
  const joint = broadcastShapes(x.shape, shape);
  if (joint === undefined || !sameShape(joint, shape)) {
    throw new OperandError(`a tensor of shape [${x.shape}] does not broadcast to [${shape}]`);
  }
  if (x.dtype === 'float32') return tf.add(x, tf.zeros(shape as number[])) as T;
  if (x.dtype === 'bool') return tf.logicalAnd(x, tf.ones(shape as number[], 'bool')) as T;
  return tf.add(x, tf.zeros(shape as number[], x.dtype as 'int32')) as T;
}

/**
 * `x` summed down to `shape`: the reverse of broadcasting. Leading dimensions that `shape` lacks are summed away and dimensions of size 1 in
 * `shape` are kept as 1.
 * @example sumTo(tf.ones([2, 3]), [3]) // [2, 2, 2]
 */
export function sumTo<T extends tf.Tensor>(x: T, shape: Shape): T {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const axes: number[] = [];
  for (let i = 0; i < x.rank; i++) if (i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1)) axes.push(i);
  return tf.reshape(axes.length > 0 ? tf.sum(x, axes, true) : x, shape as number[]) as T;
}
