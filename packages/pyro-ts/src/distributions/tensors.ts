/** What distributions do with tensors: reading parameters, broadcasting, masking and summing. */
import type { Shape } from '@pyro-ts/engine';
import { broadcastShapes, expandTo, sameShape } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { DisposedTensorError, formatShape, ShapeError } from '../errors.js';
import type { Distribution } from './distribution.js';

/** A number, nested numbers or a tensor: what a distribution's parameters and observations may be given as. */
export type TensorLike = tf.Tensor | tf.TensorLike;

/** `x` as a float32 tensor (a tensor of another type is cast). */
export function toTensor(x: TensorLike): tf.Tensor {
  const t = x instanceof tf.Tensor ? x : numbersToTensor(x);
  if (t.isDisposed) {
    throw new DisposedTensorError(
      `A tensor of shape ${formatShape(t.shape)} that was disposed of is used as a parameter or an observation. What is made inside tf.tidy or a step of ` +
        'SVI is freed when that ends: make the data before, or keep a copy with tf.keep(x.clone()).',
    );
  }
  return t.dtype === 'float32' ? t : tf.cast(t, 'float32');
}

/** The shape that `toTensor` would give, from the first entries of nested lists. */
export function shapeOf(x: TensorLike): number[] {
  if (x instanceof tf.Tensor) return x.shape;
  if (ArrayBuffer.isView(x)) return [x.length];
  if (!Array.isArray(x)) return [];
  return x.length === 0 ? [0] : [x.length, ...shapeOf(x[0])];
}

function numbersToTensor(x: tf.TensorLike): tf.Tensor {
  const first: unknown = Array.isArray(x) ? x.flat(Number.POSITIVE_INFINITY)[0] : x;
  const isNumeric = typeof first === 'number' || typeof first === 'boolean' || ArrayBuffer.isView(first);
  if (!isNumeric && !(Array.isArray(x) && first === undefined)) {
    throw new ShapeError(
      `Expected a number, nested lists of numbers or a tensor, not ${first === null ? 'null' : typeof first}.` +
        (first === undefined
          ? ' Tensors are not indexed with brackets: x[z] is take(x, z), x[i, j] is vindex(x, [i, j]).'
          : ''),
    );
  }
  return tf.tensor(x);
}

/** The broadcast of the parameters' shapes, or an error that lists them. */
export function batchShapeOf(family: string, parameters: Record<string, tf.Tensor>, eventDims = 0): number[] {
  const entries = Object.entries(parameters);
  const joint = broadcastShapes(...entries.map(([, t]) => t.shape.slice(0, t.rank - eventDims)));
  if (joint) return joint;
  const listed = entries.map(([name, t]) => `${name} ${formatShape(t.shape)}`).join(', ');
  throw new ShapeError(`${family}: the parameters' shapes do not broadcast together: ${listed}.`);
}

/** `x` where `mask` is true, else 0; no gradient reaches the masked entries, not even a NaN. */
export function applyMask(x: tf.Tensor, mask: tf.Tensor | boolean): tf.Tensor {
  if (mask === true) return x;
  if (mask === false) return tf.zerosLike(x);
  const shape = broadcastShapes(x.shape, mask.shape);
  if (!shape) {
    throw new ShapeError(
      `a mask of shape ${formatShape(mask.shape)} does not broadcast against log-probabilities of shape ${formatShape(x.shape)}.`,
    );
  }
  const condition = expandTo(mask.dtype === 'bool' ? mask : tf.cast(mask, 'bool'), shape);
  return tf.where(condition, expandTo(x, shape), tf.zeros(shape));
}

/** Sums the `n` rightmost dimensions away. */
export function sumRightmost(x: tf.Tensor, n: number): tf.Tensor {
  if (n === 0) return x;
  if (n > x.rank)
    throw new ShapeError(`cannot sum ${n} rightmost dimensions of a tensor of shape ${formatShape(x.shape)}.`);
  return tf.sum(
    x,
    Array.from({ length: n }, (_, i) => x.rank - 1 - i),
  );
}

/** Checks that `batchShape` may be expanded to `target` and returns it; names the family where it may not. */
export function expandedShape(distribution: Distribution, target: Shape): Shape {
  const joint = broadcastShapes(distribution.batchShape, target);
  if (!joint || !sameShape(joint, target)) {
    throw new ShapeError(
      `${distribution.name} with batchShape ${formatShape(distribution.batchShape)} cannot be expanded to ${formatShape(target)}: ` +
        'only dimensions of size 1 grow, and new ones come on the left.',
    );
  }
  return target;
}

/** Values [K, 1, ..., 1] or, with `expand`, [K, batch]: what most scalar families return from enumerateSupport. */
export function scalarSupport(values: tf.Tensor1D, batchShape: Shape, expand: boolean): tf.Tensor {
  const k = values.shape[0];
  const thin = tf.reshape(values, [k, ...batchShape.map(() => 1)]);
  return expand ? expandTo(thin, [k, ...batchShape]) : thin;
}
