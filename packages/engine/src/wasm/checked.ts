/** Operands that the plain and the wasm engine do not check before they read or write beyond them: slices, paddings, and places given by tensors. */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { wrapKernel } from './kernels.js';

const done = new Set<string>();

/** Puts the checks before TensorFlow.js's kernels, once for each of the two engines. */
export function checkOperands(backendName: 'cpu' | 'wasm'): void {
  if (done.has(backendName)) return;
  done.add(backendName);
  const before = (name: string, check: (call: Parameters<tf.KernelFunc>[0]) => void) =>
    wrapKernel(name, backendName, (own) => (call) => {
      check(call);
      return own(call);
    });
  before('Slice', ({ inputs, attrs }) => {
    const { shape } = inputs.x as tf.TensorInfo;
    const [from, sizes] = [numbersOf(attrs?.begin), numbersOf(attrs?.size)];
    const isInside = (n: number, i: number) => {
      const at = from[i] ?? 0;
      const length = sizes[i] ?? -1;
      return at >= 0 && (length === -1 ? at <= n : length >= 0 && at + length <= n);
    };
    if (!shape.every(isInside))
      throw new OperandError(`slice: begin [${from}] and size [${sizes}] lie outside of a tensor of shape [${shape}].`);
  });
  for (const name of ['PadV2', 'MirrorPad']) {
    before(name, ({ inputs, attrs }) => {
      const { shape } = inputs.x as tf.TensorInfo;
      const { paddings } = attrs ?? {};
      if (Array.isArray(paddings) && paddings.length !== shape.length)
        throw new OperandError(
          `pad: there are ${paddings.length} paddings for a tensor of shape [${shape}]; give one pair for each dimension.`,
        );
    });
  }
  before('GatherNd', ({ inputs }) => {
    const { params, indices } = inputs as { params: tf.TensorInfo; indices: tf.TensorInfo };
    checkPlaces('gatherND', indices, params.shape);
  });
  before('ScatterNd', ({ inputs, attrs }) => {
    checkPlaces('scatterND', inputs.indices as tf.TensorInfo, numbersOf(attrs?.shape));
  });
  before('TensorScatterUpdate', ({ inputs }) => {
    const { tensor, indices } = inputs as { tensor: tf.TensorInfo; indices: tf.TensorInfo };
    checkPlaces('tensorScatterUpdate', indices, tensor.shape);
  });
}

/** A number, or a list of them, among the attributes of a kernel; none if it is omitted. */
const numbersOf = (attribute: unknown): number[] => (attribute == null ? [] : [attribute].flat().map(Number));

function checkPlaces(owner: string, indices: tf.TensorInfo, shape: readonly number[]): void {
  const depth = indices.shape[indices.shape.length - 1];
  const data = tf.engine().readSync(indices.dataId) as tf.TypedArray;
  for (let i = 0; i < data.length; i++) {
    const size = shape[i % depth];
    if (!(data[i] >= 0 && data[i] < size))
      throw new OperandError(
        `${owner}: there is no entry ${data[i]} in a dimension of size ${size} of a tensor of shape [${shape}].`,
      );
  }
}
