/** Indexing by several tensors at once, as programs with enumerated variables need it. */
import { broadcastShapes, checkIndices, expandTo, sizeOf, takeWithin } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from './errors.js';

/** How one dimension is indexed: by a number, by a tensor (or nested numbers) of whole numbers, or not at all (':'). */
export type VindexEntry = number | tf.TensorLike | tf.Tensor | ':';

/**
 * `x` indexed by the entries of `index`, one for each of its rightmost dimensions. Tensors of indices broadcast against each other, whatever stands between
 * them, and against the dimensions of `x` that no entry indexes, which are batch dimensions: element-wise where these are tensors of a plate. Dimensions that
 * are kept (':') come last. So a value that has been enumerated indexes like one that has been drawn: only its batch dimensions grow. The gradient in `x` adds
 * up where an index repeats. Source: pyro.ops.indexing.Vindex, whose `Vindex(x)[..., i, :, j]` is `vindex(x, [i, ':', j])`.
 * @param x [...batch, ...one dimension for each entry]
 * @returns [...indices and batch, ...kept dimensions]
 * @throws {ShapeError} where there are more entries than dimensions, or shapes that do not broadcast
 * @throws {OperandError} for an index that is out of range or no whole number
 * @example
 * const transition = tf.tensor3d([[[0.9, 0.1], [0.4, 0.6]], [[0.5, 0.5], [0.2, 0.8]]]); // [input, state, next state]
 * vindex(transition, [[0, 1, 1], [1, 0, 1], 0]) // [0.4, 0.5, 0.2]
 */
export function vindex(x: tf.Tensor, index: readonly VindexEntry[]): tf.Tensor {
  const batchRank = x.rank - index.length;
  if (batchRank < 0) {
    throw new ShapeError(
      `vindex: ${index.length} entries are too many for a tensor of shape ${formatShape(x.shape)}; give one for each of its rightmost dimensions.`,
    );
  }
  const batch = x.shape.slice(0, batchRank);
  const entries = index.map((entry) => (entry === ':' ? undefined : indexTensor(entry)));
  const kept = entries.flatMap((entry, i) => (entry ? [] : [batchRank + i]));
  const indexed = entries.flatMap((entry, i) => (entry ? [{ dim: batchRank + i, entry }] : []));
  const shape = broadcastShapes(batch, ...indexed.map(({ entry }) => entry.shape));
  if (!shape) {
    const shapes = indexed.map(({ entry }) => formatShape(entry.shape)).join(', ');
    throw new ShapeError(
      `vindex: the batch dimensions ${formatShape(batch)} of the tensor and the indices, of shapes ${shapes}, do not broadcast together.`,
    );
  }
  // Position of each result in the dimensions that are not kept, of which the batch's are indexed by themselves.
  const places = [...batchIndices(batch), ...indexed.map(({ entry }) => entry)];
  const sizes = [...batch, ...indexed.map(({ dim }) => x.shape[dim])];
  for (const { dim, entry } of indexed) checkIndices('vindex', entry, x.shape[dim]);
  const flat = tf.tidy(() =>
    places.reduce<tf.Tensor>(
      (sum, place, k) => tf.add(tf.mul(sum, sizes[k]), expandTo(tf.cast(place, 'int32'), shape)),
      tf.zeros(shape, 'int32'),
    ),
  );
  const order = [...batch.map((_, i) => i), ...indexed.map(({ dim }) => dim), ...kept];
  const rows = tf.reshape(tf.transpose(x, order), [sizeOf(sizes), sizeOf(kept.map((dim) => x.shape[dim]))]);
  return tf.reshape(takeWithin(rows, flat, 0), [...shape, ...kept.map((dim) => x.shape[dim])]);
}

const indexTensor = (entry: Exclude<VindexEntry, ':'>): tf.Tensor =>
  entry instanceof tf.Tensor ? entry : tf.tensor(entry as tf.TensorLike);

/** The index of each batch dimension as a tensor that broadcasts: [n, 1, ..., 1], ..., [m]. */
const batchIndices = (batch: readonly number[]): tf.Tensor[] =>
  batch.map((n, i) => tf.reshape(tf.range(0, n, 1, 'int32'), [n, ...new Array<number>(batch.length - 1 - i).fill(1)]));
