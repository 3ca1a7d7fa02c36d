/** Records what TensorFlow.js computes from given inputs, operation by operation: the start of every exported network. */
import * as tf from '@tensorflow/tfjs';

/** Numbers that do not depend on the inputs. */
export interface RecordedConstant {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  readonly data: Float32Array | Int32Array | Uint8Array;
  /** The parameter that it is, where it is one as a whole. */
  readonly name?: string;
}

/** A tensor, by its number in the recording. */
export type TensorId = number;

export interface RecordedCall {
  /** The kernel's name in TensorFlow.js: "Tanh". */
  readonly kernel: string;
  /** The operands by the kernel's names for them: "x", "a", "b", or "0", "1", ... for a list. */
  readonly inputs: Readonly<Record<string, TensorId>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly outputs: readonly TensorId[];
}

export interface Recording {
  readonly calls: readonly RecordedCall[];
  readonly constants: ReadonlyMap<TensorId, RecordedConstant>;
  readonly shapes: ReadonlyMap<TensorId, readonly number[]>;
  readonly inputs: readonly TensorId[];
  readonly outputs: Readonly<Record<string, TensorId>>;
}

type RunKernel = (kernel: string, inputs: tf.NamedTensorMap, attrs?: object) => tf.Tensor | tf.Tensor[];

/**
 * Runs `program` on `inputs` and notes each operation that depends on them. What does not depend on them (weights, grids, and what is computed
 * from these alone) becomes a constant.
 * @param names the parameters' names by the ids of their tensors
 */
export function record(
  program: (...inputs: tf.Tensor[]) => Readonly<Record<string, tf.Tensor>>,
  inputs: readonly tf.Tensor[],
  names: ReadonlyMap<TensorId, string>,
): Recording {
  const calls: RecordedCall[] = [];
  const constants = new Map<TensorId, RecordedConstant>();
  const shapes = new Map<TensorId, readonly number[]>();
  const dynamic = new Set(inputs.map(({ id }) => id));
  for (const { id, shape } of inputs) shapes.set(id, shape);

  const noteConstant = (tensor: tf.Tensor): void => {
    if (dynamic.has(tensor.id) || constants.has(tensor.id)) return;
    const { shape, dtype } = tensor;
    const data = tensor.dataSync<'float32'>().slice();
    const name = names.get(tensor.id);
    constants.set(tensor.id, { shape, dtype, data, ...(name !== undefined && { name }) });
  };
  const note = (kernel: string, operands: tf.NamedTensorMap, attrs: object, results: readonly tf.Tensor[]): void => {
    const used = Object.entries(operands).filter(([, tensor]) => tensor !== undefined && tensor !== null);
    if (!used.some(([, { id }]) => dynamic.has(id))) return;
    for (const [, tensor] of used) noteConstant(tensor);
    for (const { id, shape } of results) {
      dynamic.add(id);
      shapes.set(id, shape);
    }
    calls.push({
      kernel,
      inputs: Object.fromEntries(used.map(([name, { id }]) => [name, id])),
      attrs: { ...attrs },
      outputs: results.map(({ id }) => id),
    });
  };

  let outputs: Readonly<Record<string, TensorId>> = {};
  tf.tidy(() => {
    const results = listening(note, () => program(...inputs));
    for (const tensor of Object.values(results)) noteConstant(tensor);
    outputs = Object.fromEntries(Object.entries(results).map(([name, { id }]) => [name, id]));
  });
  return { calls, constants, shapes, inputs: inputs.map(({ id }) => id), outputs };
}

/** Runs `body` while `note` hears of every kernel that the engine runs. All operations of TensorFlow.js go through `runKernel`. */
function listening<T>(
  note: (kernel: string, inputs: tf.NamedTensorMap, attrs: object, outputs: readonly tf.Tensor[]) => void,
  body: () => T,
): T {
  const engine = tf.engine() as unknown as { runKernel: RunKernel };
  const own = engine.runKernel;
  engine.runKernel = (kernel, inputs, attrs) => {
    const result = own.call(engine, kernel, inputs, attrs);
    note(kernel, inputs, attrs ?? {}, Array.isArray(result) ? result : [result]);
    return result;
  };
  try {
    return body();
  } finally {
    engine.runKernel = own;
  }
}
