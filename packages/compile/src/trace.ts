/** Converts a program of tensor operations to a graph with a batch of any size: sizes that differ between recordings at two batch sizes belong to the batch. */
import * as tf from '@tensorflow/tfjs';
import { GraphError } from './errors.js';
import { BATCH, type DataType, type Graph, type GraphConstant, type Operation, type Port } from './graph.js';
import { type RecordedCall, type RecordedConstant, type Recording, record, type TensorId } from './record.js';
import { simplify } from './simplify.js';

export interface Program {
  /** "encoder" */
  readonly name: string;
  /** With -1 for the number of rows, the first dimension. */
  readonly inputs: readonly Port[];
  /** Computes the outputs by name from tensors in the order of the inputs. */
  readonly run: (...inputs: tf.Tensor[]) => Readonly<Record<string, tf.Tensor>>;
}

/** The batch sizes of the two recordings; any two different ones work. */
const SIZES = [2, 3] as const;

/**
 * The graph of `program`.
 * @param parameters names of weights by the ids of their tensors
 * @throws {GraphError} when the program uses an operation without a rule, or depends on the batch size in a way that a graph cannot express.
 */
export function traceGraph(program: Program, parameters: ReadonlyMap<TensorId, string>): Omit<Graph, 'metadata'> {
  const [small, large] = SIZES.map((size) => recordAt(program, size, parameters));
  return new Merger(program, small, large).graph();
}

function recordAt({ inputs, run }: Program, size: number, parameters: ReadonlyMap<TensorId, string>): Recording {
  // Numbers that no branch of a program treats as special.
  const draw = (shape: readonly number[], i: number) => {
    const full = shape.map((n) => (n === BATCH ? size : n));
    const count = full.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Float32Array.from({ length: count }, (_, k) => 0.1 + 0.8 * ((0.37 * (k + 1) + 0.11 * i) % 1)),
      full,
    );
  };
  const tensors = inputs.map(({ shape }, i) => draw(shape, i));
  try {
    return onPlainEngine(() => record(run, tensors, parameters));
  } finally {
    tf.dispose(tensors);
  }
}

/** Runs `body` on the `cpu` engine, the only one without fused operations that other programs would not have. */
export function onPlainEngine<T>(body: () => T): T {
  const engine = tf.getBackend();
  // Both calls take effect immediately: the cpu engine needs no initialisation, and the other one is initialised.
  void tf.setBackend('cpu');
  const loud = tf.env().getBool('PROD');
  // It would print an advertisement on first use.
  tf.env().set('PROD', true);
  try {
    return body();
  } finally {
    tf.env().set('PROD', loud);
    void tf.setBackend(engine);
  }
}

/** Merges two recordings into one graph. */
class Merger {
  private readonly names = new Map<TensorId, string>();
  private readonly twin = new Map<TensorId, TensorId>();
  private readonly shapes = new Map<string, readonly number[]>();
  private readonly constants = new Map<string, GraphConstant>();
  private readonly operations: Operation[] = [];
  private count = 0;

  constructor(
    private readonly program: Program,
    private readonly small: Recording,
    private readonly large: Recording,
  ) {}

  graph(): Omit<Graph, 'metadata'> {
    const { small, large, program } = this;
    if (small.calls.map((c) => c.kernel).join() !== large.calls.map((c) => c.kernel).join()) {
      throw this.refusal('it computes something else for another number of images');
    }
    program.inputs.forEach(({ name, shape }, i) => {
      this.names.set(small.inputs[i], name);
      this.shapes.set(name, shape);
    });
    const isNeeded = neededCalls(small);
    for (const [i, call] of small.calls.entries()) {
      for (const [k, id] of call.outputs.entries()) this.twin.set(id, large.calls[i].outputs[k]);
      for (const [key, id] of Object.entries(call.inputs)) this.twin.set(id, large.calls[i].inputs[key]);
      if (isNeeded(call)) this.addCall(i);
    }
    const outputs = Object.entries(small.outputs).map(([name, id]) => {
      this.twin.set(id, large.outputs[name]);
      const value = this.valueOf(id);
      const shape = this.shapes.get(value) as readonly number[];
      this.operations.push({ op: 'Identity', inputs: [value], outputs: [name] });
      this.shapes.set(name, shape);
      return { name, shape };
    });
    const { constants, shapes } = this;
    return { name: program.name, inputs: program.inputs, outputs, operations: this.operations, constants, shapes };
  }

  private addCall(i: number): void {
    const [call, other] = [this.small.calls[i], this.large.calls[i]];
    const { kernel } = call;
    const inputs = Object.values(call.inputs).map((id) => this.valueOf(id));
    const outputShapes = call.outputs.map((id) => this.shapeOf(id, kernel));
    const outputs = call.outputs.map((id, k) => {
      const name = this.fresh(outputShapes[k]);
      this.names.set(id, name);
      return name;
    });
    const made = simplify(
      {
        kernel,
        inputs,
        inputShapes: inputs.map((name) => this.shapes.get(name) as readonly number[]),
        attrs: this.mergedAttrs(kernel, call.attrs, other.attrs),
        outputs,
        outputShapes,
      },
      {
        value: (shape) => this.fresh(shape),
        ints: (values) =>
          this.hold(`constant_${++this.count}`, [values.length], { dtype: 'int32', data: Int32Array.from(values) }),
      },
    );
    if (made.length === 0) throw this.refusal(`it uses the operation ${kernel}, for which there is no rule`);
    for (const operation of made) {
      if (operation.op === 'Reshape' && operation.shape.filter((n) => n === BATCH).length > 1) {
        throw this.refusal('it spreads the images over several axes');
      }
      this.operations.push(operation);
    }
  }

  private fresh(shape: readonly number[]): string {
    const name = `value_${++this.count}`;
    this.shapes.set(name, shape);
    return name;
  }

  private shapeOf(id: TensorId, kernel: string): readonly number[] {
    const shape = this.small.shapes.get(id) as readonly number[];
    const large = this.large.shapes.get(this.twin.get(id) as TensorId) as readonly number[];
    return this.mergedNumbers(kernel, shape, large);
  }

  private valueOf(id: TensorId): string {
    const known = this.names.get(id);
    if (known !== undefined) return known;
    const constant = this.small.constants.get(id) as RecordedConstant;
    const other = this.large.constants.get(this.twin.get(id) as TensorId);
    if (!other) throw this.refusal('what depends on the images differs with their number');
    const name = this.addConstant(constant, other);
    this.names.set(id, name);
    return name;
  }

  private addConstant(small: RecordedConstant, large: RecordedConstant): string {
    const name = small.name ?? `constant_${++this.count}`;
    const [a, b] = [small.shape, large.shape];
    if (a.join() === b.join()) {
      if (small.data.some((v, i) => v !== large.data[i])) {
        throw this.refusal(
          'a number in it is not the same from one run to the next, or was computed outside the engine',
        );
      }
      return this.hold(name, a, small);
    }
    // The same row for each image: store one, and add it to a column of zeros, one per image.
    const row = small.data.length / a[0];
    const uniform = (data: RecordedConstant['data']) => data.every((v, i) => v === data[i % row]);
    const perImage = a[0] === SIZES[0] && b[0] === SIZES[1] && a.slice(1).join() === b.slice(1).join();
    if (!perImage || small.dtype !== 'float32' || !uniform(small.data) || !uniform(large.data)) {
      throw this.refusal('a table in it grows with the number of images');
    }
    const one = this.hold(name, [1, ...a.slice(1)], { ...small, data: small.data.slice(0, row) });
    const [{ name: input, shape }] = this.program.inputs;
    const ones = shape.slice(1).map(() => 1);
    const column = this.fresh([BATCH, ...ones]);
    const zeros = this.fresh([BATCH, ...ones]);
    const spread = this.fresh([BATCH, ...a.slice(1).map(() => 1)]);
    const rows = this.fresh([BATCH, ...a.slice(1)]);
    const zero = this.hold(`constant_${++this.count}`, [], { dtype: 'float32', data: Float32Array.of(0) });
    this.operations.push(
      { op: 'Slice', inputs: [input], outputs: [column], begin: shape.map(() => 0), size: [BATCH, ...ones] },
      { op: 'Mul', inputs: [column, zero], outputs: [zeros] },
      { op: 'Reshape', inputs: [zeros], outputs: [spread], shape: [BATCH, ...a.slice(1).map(() => 1)] },
      { op: 'Add', inputs: [spread, one], outputs: [rows] },
    );
    return rows;
  }

  private hold(
    name: string,
    shape: readonly number[],
    { dtype, data }: Pick<RecordedConstant, 'dtype' | 'data'>,
  ): string {
    this.constants.set(name, { shape, dtype: dtype as DataType, data });
    this.shapes.set(name, shape);
    return name;
  }

  private mergedAttrs(kernel: string, a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>) {
    const merge = (key: string): unknown => {
      const [x, y] = [a[key], b[key]];
      // Paddings are a list of pairs.
      if (Array.isArray(x) && Array.isArray(y))
        return x.every(Array.isArray)
          ? x.map((n, i) => this.mergedNumbers(kernel, n, y[i]))
          : this.mergedNumbers(kernel, x, y);
      if (x === y || key === 'shape') return x;
      throw this.refusal(`${key} of its operation ${kernel} depends on the number of images`);
    };
    return Object.fromEntries(Object.keys(a).map((key) => [key, merge(key)]));
  }

  private mergedNumbers(kernel: string, a: readonly number[], b: readonly number[]): number[] {
    return a.map((n, i) => {
      if (n === b[i]) return n;
      if (n * SIZES[1] === b[i] * SIZES[0]) return BATCH;
      throw this.refusal(`a size of its operation ${kernel} is no multiple of the number of images`);
    });
  }

  private refusal(why: string): GraphError {
    return new GraphError(`The ${this.program.name} cannot be written as a graph: ${why}.`);
  }
}

/** The calls that the outputs depend on. */
export function neededCalls({ calls, outputs }: Pick<Recording, 'calls' | 'outputs'>): (call: RecordedCall) => boolean {
  const wanted = new Set(Object.values(outputs));
  const needed = new Set<RecordedCall>();
  for (const call of [...calls].reverse()) {
    if (!call.outputs.some((id) => wanted.has(id))) continue;
    for (const id of Object.values(call.inputs)) wanted.add(id);
    needed.add(call);
  }
  return (call) => needed.has(call);
}
