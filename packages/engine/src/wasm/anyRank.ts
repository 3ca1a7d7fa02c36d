/**
 * Kernels of the wasm engine that compute wrong, without an error, on tensors of more than six dimensions: here they get the same numbers with
 * fewer dimensions, which needs no copy in nearly all cases. The engine's other kernels are right at any rank.
 */
import type * as tf from '@tensorflow/tfjs';
import { broadcastShapes, type Shape, sizeOf } from '../ops/shapes.js';
import { kernelOnWasm, wrapOnWasm } from './kernels.js';

/** The most dimensions that the engine's loops over broadcast operands walk over. */
const maxRank = 6;

const binaryKernels = ['Add', 'Sub', 'Multiply', 'RealDiv', 'SquaredDifference'];

/** Puts the corrected kernels in place of tfjs's. */
export function liftRankLimit(): void {
  for (const name of binaryKernels) wrapOnWasm(name, broadcastAtAnyRank);
  wrapOnWasm('PadV2', padAtAnyRank);
}

const seenAs = (x: tf.TensorInfo, shape: Shape): tf.TensorInfo => ({ ...x, shape: [...shape] });

function broadcastAtAnyRank(own: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    if (a.shape.length <= maxRank && b.shape.length <= maxRank) return own(call);
    const shape = broadcastShapes(a.shape, b.shape);
    // tfjs words the error.
    if (shape === undefined) return own(call);
    const [left, right] = mergedShapes(a.shape, b.shape);
    if (left.length <= maxRank) {
      const output = own({ ...call, inputs: { a: seenAs(a, left), b: seenAs(b, right) } });
      return seenAs(output as tf.TensorInfo, shape);
    }
    const whole = [a, b].map((x) => tiled(call, x, shape));
    const output = own({ ...call, inputs: { a: whole[0].flat, b: whole[1].flat } });
    for (const { flat, isNew } of whole) if (isNew) disposeOn(call, flat);
    return seenAs(output as tf.TensorInfo, shape);
  };
}

/**
 * Both shapes with neighbouring dimensions merged that broadcast alike, and dimensions of size 1 in both dropped: [2, 3, 1, 1] and [1, 4, 5]
 * become [2, 3, 1] and [1, 1, 20].
 */
function mergedShapes(a: Shape, b: Shape): [number[], number[]] {
  const rank = Math.max(a.length, b.length);
  const merged: [number[], number[]] = [[], []];
  let before = '';
  for (let i = 0; i < rank; i++) {
    const sizes = [a, b].map((shape) => shape[i - rank + shape.length] ?? 1);
    if (sizes[0] === 1 && sizes[1] === 1) continue;
    const kind = sizes[0] === sizes[1] ? 'both' : sizes[0] === 1 ? 'right' : 'left';
    for (const [n, shape] of merged.entries()) {
      if (kind === before) shape[shape.length - 1] *= sizes[n];
      else shape.push(sizes[n]);
    }
    before = kind;
  }
  return merged;
}

/** `x` repeated to `shape`, as one row of numbers. */
function tiled(call: Parameters<tf.KernelFunc>[0], x: tf.TensorInfo, shape: Shape) {
  const row = [sizeOf(shape)];
  if (sizeOf(x.shape) === row[0]) return { flat: seenAs(x, row), isNew: false };
  const padded = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape];
  const reps = shape.map((size, i) => size / padded[i]);
  const output = kernelOnWasm('Tile')({ ...call, inputs: { x: seenAs(x, padded) }, attrs: { reps } });
  return { flat: seenAs(output as tf.TensorInfo, row), isNew: true };
}

function disposeOn({ backend }: Parameters<tf.KernelFunc>[0], x: tf.TensorInfo): void {
  (backend as { disposeData(id: object): unknown }).disposeData(x.dataId);
}

/** Padding along one dimension after another, each seen as the middle one of three. */
function padAtAnyRank(own: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { x } = call.inputs as { x: tf.TensorInfo };
    const { paddings, ...attributes } = call.attrs as { paddings: [number, number][] };
    if (x.shape.length <= maxRank) return own(call);
    let current = x;
    const shape = [...x.shape];
    paddings.forEach((padding, axis) => {
      if (padding[0] === 0 && padding[1] === 0) return;
      const middle = [sizeOf(shape.slice(0, axis)), shape[axis], sizeOf(shape.slice(axis + 1))];
      const inputs = { x: seenAs(current, middle) };
      const padded = own({ ...call, inputs, attrs: { ...attributes, paddings: [[0, 0], padding, [0, 0]] } });
      if (current !== x) disposeOn(call, current);
      current = padded as tf.TensorInfo;
      shape[axis] += padding[0] + padding[1];
    });
    return current === x ? kernelOnWasm('Identity')({ ...call, inputs: { x } }) : seenAs(current, shape);
  };
}
