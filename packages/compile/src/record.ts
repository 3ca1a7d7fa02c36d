/** Records what TensorFlow.js computes from given inputs, operation by operation: the first step of every export. */
import { type HostCall, type HostListener, withHostListener } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { GraphError } from './errors.js';

/** Numbers that do not depend on the inputs. */
export interface RecordedConstant {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  readonly data: Float32Array | Int32Array | Uint8Array;
  /** The name of the parameter, if it is an entire parameter. */
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
  /** The computation, if the kernel is `HOST`. */
  readonly host?: HostCall;
  /** Objects with a state that the computation used: random streams. */
  readonly sources?: readonly object[];
}

/** The kernel name of a computation on the host. */
export const HOST = 'HostCall';

export interface Recording {
  readonly calls: readonly RecordedCall[];
  readonly constants: ReadonlyMap<TensorId, RecordedConstant>;
  readonly shapes: ReadonlyMap<TensorId, readonly number[]>;
  readonly dtypes: ReadonlyMap<TensorId, tf.DataType>;
  readonly inputs: readonly TensorId[];
  readonly outputs: Readonly<Record<string, TensorId>>;
  /** The checks of data. */
  readonly checks: readonly DataCheck[];
}

/** A check of data, to be repeated for other data. */
export interface DataCheck {
  /** The input whose numbers were checked; or the output, for numbers that were computed from inputs. */
  readonly input?: number;
  readonly output?: string;
  readonly shape: readonly number[];
  readonly isValid: (x: tf.Tensor) => boolean;
}

export interface RecordOptions {
  /**
   * Whether computations on the host are recorded too, and reading a number that depends on the inputs fails, because what follows from it would become a
   * constant. @default false
   */
  readonly isStrict?: boolean;
  /** Number of leading inputs that are data. Checks of them, and of values computed from them alone, are recorded. @default 0 */
  readonly dataInputs?: number;
}

type RunKernel = (kernel: string, inputs: tf.NamedTensorMap, attrs?: object) => tf.Tensor | tf.Tensor[];

/**
 * Runs `program` on `inputs` and records each operation that depends on them. Values that do not depend on them (weights, grids, and values computed
 * from these alone) become constants.
 * @param names the parameters' names by the ids of their tensors
 */
export function record(
  program: (...inputs: tf.Tensor[]) => Readonly<Record<string, tf.Tensor>>,
  inputs: readonly tf.Tensor[],
  names: ReadonlyMap<TensorId, string>,
  { isStrict = false, dataInputs = 0 }: RecordOptions = {},
): Recording {
  const calls: RecordedCall[] = [];
  const dtypes = new Map<TensorId, tf.DataType>();
  const producers = new WeakMap<object, string>();
  const constants = new Map<TensorId, RecordedConstant>();
  const shapes = new Map<TensorId, readonly number[]>();
  const dynamic = new Set(inputs.map(({ id }) => id));
  const checks: DataCheck[] = [];
  const checked = new Map<string, TensorId>();
  const data = inputs.slice(0, dataInputs);
  /** For tensors computed from data alone, the input with the same numbers, if any. */
  const ofData = new Map<TensorId, number | undefined>(data.map(({ id }, i) => [id, i]));
  const noteDynamic = (tensor: tf.Tensor, producer: string): void => {
    dynamic.add(tensor.id);
    shapes.set(tensor.id, tensor.shape);
    dtypes.set(tensor.id, tensor.dtype);
    producers.set(tensor.dataId, producer);
  };
  for (const input of inputs) noteDynamic(input, 'an input');

  const noteConstant = (tensor: tf.Tensor): void => {
    if (dynamic.has(tensor.id) || constants.has(tensor.id)) return;
    const { shape, dtype } = tensor;
    const data = reads.uncounted(() => tensor.dataSync<'float32'>().slice());
    shapes.set(tensor.id, shape);
    dtypes.set(tensor.id, dtype);
    const name = names.get(tensor.id);
    constants.set(tensor.id, { shape, dtype, data, ...(name !== undefined && { name }) });
  };
  const note = (kernel: string, operands: tf.NamedTensorMap, attrs: object, results: readonly tf.Tensor[]): void => {
    const used = Object.entries(operands).filter(([, tensor]) => tensor !== undefined && tensor !== null);
    if (!used.some(([, { id }]) => dynamic.has(id))) return;
    for (const [, tensor] of used) noteConstant(tensor);
    const varying = used.filter(([, { id }]) => dynamic.has(id));
    if (varying.every(([, { id }]) => ofData.has(id))) {
      const input = sameNumbers.has(kernel) ? ofData.get(varying[0][1].id) : undefined;
      for (const { id } of results) ofData.set(id, input);
    }
    for (const result of results) noteDynamic(result, kernel);
    calls.push({
      kernel,
      inputs: Object.fromEntries(used.map(([name, { id }]) => [name, id])),
      attrs: { ...attrs },
      outputs: results.map(({ id }) => id),
    });
  };

  const host: HostListener = {
    called: (call, output) => {
      // Draws differ from step to step even without inputs.
      const sources = [...reads.used];
      reads.used.clear();
      if (sources.length === 0 && !call.inputs.some(({ id }) => dynamic.has(id))) return;
      for (const input of call.inputs) noteConstant(input);
      noteDynamic(output, call.name);
      const operands = Object.fromEntries(call.inputs.map(({ id }, i) => [i, id]));
      calls.push({ kernel: HOST, inputs: operands, attrs: {}, outputs: [output.id], host: call, sources });
    },
    used: (source) => {
      if (reads.isCounted) throw new GraphError('it draws random numbers outside of the distributions of pyro-ts');
      reads.used.add(source);
    },
    checked: ({ id, shape }, isValid) => {
      if (!ofData.has(id)) return;
      const input = ofData.get(id);
      const output = `check ${checks.length}`;
      if (input === undefined) checked.set(output, id);
      checks.push({ ...(input === undefined ? { output } : { input }), shape, isValid });
    },
    depends: ({ id }) => dynamic.has(id),
    reading: (isCounted) => reads.count(isCounted),
  };
  const reads = new Reads(producers);
  const listeningTo = (body: () => Readonly<Record<string, tf.Tensor>>) => {
    if (!isStrict) return listening(note, body);
    return withHostListener(host, () => reads.refused(() => listening(note, body)));
  };

  let outputs: Readonly<Record<string, TensorId>> = {};
  tf.tidy(() => {
    const results = listeningTo(() => program(...inputs));
    for (const tensor of Object.values(results)) noteConstant(tensor);
    outputs = Object.fromEntries([...Object.entries(results).map(([name, { id }]) => [name, id]), ...checked]);
  });
  return { calls, constants, shapes, dtypes, inputs: inputs.map(({ id }) => id), outputs, checks };
}

/** Kernels whose results have the same numbers as their operand. */
const sameNumbers = new Set(['Identity', 'Reshape', 'ExpandDims', 'Cast']);

type Read = (dataId: object) => unknown;

/** Reads of tensors while a program is recorded. */
class Reads {
  isCounted = true;
  /** The sources used by the running computation on the host. */
  readonly used = new Set<object>();

  /** @param producers the operations that produced the numbers that depend on the inputs */
  constructor(private readonly producers: WeakMap<object, string>) {}

  count(isCounted: boolean): boolean {
    const before = this.isCounted;
    this.isCounted = isCounted;
    return before;
  }

  uncounted<R>(body: () => R): R {
    const before = this.count(false);
    try {
      return body();
    } finally {
      this.count(before);
    }
  }

  /** Runs `body`, which fails if it reads a number that depends on the inputs, or changes a variable. */
  refused<R>(body: () => R): R {
    let late: GraphError | undefined;
    const engine = tf.engine() as unknown as { read: Read; readSync: Read; moveData: (...args: unknown[]) => unknown };
    const { read, readSync, moveData } = engine;
    const refusalOf = (dataId: object): GraphError | undefined => {
      const producer = this.isCounted ? this.producers.get(dataId) : undefined;
      if (producer === undefined) return undefined;
      return new GraphError(
        `it reads the result of ${producer} (dataSync, arraySync, data or the like), so that what follows depends on numbers of one step only`,
      );
    };
    const { assign } = tf.Variable.prototype;
    // A copy from one engine to another does not expose the numbers.
    engine.moveData = (...args) => this.uncounted(() => moveData.apply(engine, args));
    engine.readSync = (dataId) => {
      const refusal = refusalOf(dataId);
      if (refusal) throw refusal;
      return readSync.call(engine, dataId);
    };
    // Otherwise only the code that awaits the numbers would see the error.
    engine.read = (dataId) => {
      late ??= refusalOf(dataId);
      return read.call(engine, dataId);
    };
    tf.Variable.prototype.assign = () => {
      throw new GraphError('it assigns to a variable');
    };
    try {
      const result = body();
      if (late) throw late;
      return result;
    } finally {
      engine.moveData = moveData;
      engine.read = read;
      engine.readSync = readSync;
      tf.Variable.prototype.assign = assign;
    }
  }
}

/** Runs `body`, calling `note` for every kernel that the engine runs. All operations of TensorFlow.js go through `runKernel`. */
function listening<T>(
  note: (kernel: string, inputs: tf.NamedTensorMap, attrs: object, outputs: readonly tf.Tensor[]) => void,
  body: () => T,
): T {
  const engine = tf.engine() as unknown as { runKernel: RunKernel };
  const own = engine.runKernel;
  /** Copies of its results that a kernel saves for its gradient: created before the kernel returns, and recorded after it. */
  let copies: (() => void)[] | undefined;
  engine.runKernel = (kernel, inputs, attrs) => {
    const around = copies;
    copies = [];
    try {
      const result = own.call(engine, kernel, inputs, attrs);
      const noteResult = () => note(kernel, inputs, attrs ?? {}, Array.isArray(result) ? result : [result]);
      if (kernel === 'Identity' && around) around.push(noteResult);
      else noteResult();
      for (const noteCopy of copies) noteCopy();
      return result;
    } finally {
      copies = around;
    }
  };
  try {
    return body();
  } finally {
    engine.runKernel = own;
  }
}
