/** Converts a recording to the graph of a plan, by the exporters' rules and rules for a few more kernels. */
import type { HostCall } from '@pyro-ts/engine/internal';
import { GraphError } from '../errors.js';
import type { Operation } from '../graph.js';
import { HOST, type RecordedCall, type Recording, type TensorId } from '../record.js';
import { type Call, simplify } from '../simplify.js';
import { neededCalls } from '../trace.js';
import type { PlanBuilder } from './builder.js';
import { functions } from './functions.js';
import { gatherAlong, lowerKernel } from './kernelRules.js';
import { type Shape, sizeOf, type Value } from './nodes.js';

export interface Lowered {
  readonly outputs: ReadonlyMap<string, Value>;
  /** Objects with a state that computations on the host use (random streams), in the order of their first use. */
  readonly sources: readonly object[];
}

/** Adds a recording to `builder`; inputs are numbered as in the recording. */
export function lower(recording: Recording, builder: PlanBuilder): Lowered {
  return new Lowering(recording, builder).run();
}

class Lowering {
  private readonly values = new Map<TensorId, Value>();

  constructor(
    private readonly recording: Recording,
    private readonly builder: PlanBuilder,
  ) {}

  run(): Lowered {
    const { recording, builder } = this;
    recording.inputs.forEach((id, i) => {
      this.values.set(id, builder.input(i, this.shapeOf(id)));
    });
    const isNeeded = neededCalls(recording);
    const sources = new Set(recording.calls.flatMap((call) => (isNeeded(call) ? (call.sources ?? []) : [])));
    // A draw advances its stream for the following draws, even if its own result is not used.
    const moves = ({ sources: own = [] }: RecordedCall) => own.some((source) => sources.has(source));
    for (const call of recording.calls) if (isNeeded(call) || moves(call)) this.lowerCall(call);
    const outputs = new Map(Object.entries(recording.outputs).map(([name, id]) => [name, this.valueOf(id)]));
    return { outputs, sources: [...sources] };
  }

  private shapeOf(id: TensorId): Shape {
    return this.recording.shapes.get(id) as Shape;
  }

  private valueOf(id: TensorId): Value {
    const known = this.values.get(id);
    if (known !== undefined) return known;
    const constant = this.recording.constants.get(id);
    if (!constant) throw new GraphError('it uses a tensor of unknown origin');
    const value = this.builder.constant(constant.data, constant.shape);
    this.values.set(id, value);
    return value;
  }

  private lowerCall(call: RecordedCall): void {
    const args = Object.values(call.inputs).map((id) => this.valueOf(id));
    if (call.host) {
      this.values.set(call.outputs[0], this.hostCall(call.host, args));
      return;
    }
    const shapes = call.outputs.map((id) => this.shapeOf(id));
    const results = this.ruled(call, args, shapes) ?? lowerKernel(this.builder, call, args, shapes);
    if (!results) throw new GraphError(`it uses the operation ${call.kernel}, for which there is no rule`);
    call.outputs.forEach((id, i) => {
      const isInt = this.recording.dtypes.get(id) === 'int32' && arithmetic.has(call.kernel);
      this.values.set(id, isInt ? this.builder.map('ToInt', results[i]) : results[i]);
    });
  }

  private hostCall(call: HostCall, args: readonly Value[]): Value {
    return call.each ? this.builder.hostMap(call.each, args, call.shape) : this.builder.host(call, args);
  }

  /** By the rules of the exporters. */
  private ruled(call: RecordedCall, args: readonly Value[], outputShapes: readonly Shape[]): Value[] | undefined {
    // The exporters write zeros as x - x, which is NaN for infinite x; a plan has constants.
    if ([HOST, 'ZerosLike', 'OnesLike'].includes(call.kernel)) return undefined;
    const named = new Map<string, Value>();
    const inner = new Map<string, Shape>();
    const name = (value: Value): string => {
      const key = `v${value}`;
      named.set(key, value);
      return key;
    };
    const outputs = call.outputs.map((_, i) => `result ${i}`);
    outputs.forEach((key, i) => {
      inner.set(key, outputShapes[i]);
    });
    const given: Call = {
      kernel: call.kernel,
      inputs: args.map(name),
      inputShapes: args.map((a) => this.builder.shapeOf(a)),
      attrs: call.attrs,
      outputs,
      outputShapes,
    };
    const operations = simplify(given, {
      value: (shape) => {
        const key = `inner ${inner.size}`;
        inner.set(key, shape);
        return key;
      },
      ints: (values) => name(this.builder.constant(values, [values.length])),
    });
    if (operations.length === 0) return undefined;
    for (const operation of operations) {
      const made = lowerOperation(
        this.builder,
        operation,
        operation.inputs.map((key) => named.get(key) as Value),
        operation.outputs.map((key) => inner.get(key) as Shape),
      );
      if (!made) return undefined;
      operation.outputs.forEach((key, i) => {
        named.set(key, made[i]);
      });
    }
    return outputs.map((key) => named.get(key) as Value);
  }
}

/** Operations whose results wrap around for integers. */
const arithmetic = new Set(['Add', 'Sub', 'Multiply', 'FloorDiv', 'Mod', 'Neg', 'Square', 'SquaredDifference', 'Sum']);

/** One operation; undefined if it has no counterpart. */
function lowerOperation(
  builder: PlanBuilder,
  operation: Operation,
  args: readonly Value[],
  shapes: readonly Shape[],
): Value[] | undefined {
  const [x, y] = args;
  const [shape] = shapes;
  switch (operation.op) {
    case 'Identity':
      return [x];
    case 'Cast':
      if (operation.dtype === 'float32') return [x];
      return [builder.map(operation.dtype === 'int32' ? 'ToInt' : 'ToBool', x)];
    case 'LeakyRelu': {
      const slope = builder.splat(operation.alpha, shape);
      return [builder.map('Select', builder.map('Less', x, builder.splat(0, [])), builder.map('Mul', x, slope), x)];
    }
    case 'Sum':
    case 'Max':
    case 'Min':
      return [builder.reduce(foldOf[operation.op], x, operation.axes, operation.keepDims)];
    case 'Mean': {
      const count = sizeOf(builder.shapeOf(x)) / sizeOf(shape);
      const sum = builder.reduce('sum', x, operation.axes, operation.keepDims);
      return [builder.map('Div', sum, builder.splat(count, []))];
    }
    case 'Softmax':
      return [softmax(builder, x)];
    case 'MatMul': {
      const turned = (value: Value, isTurned: boolean): Value => {
        const rank = builder.shapeOf(value).length;
        const order = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
        return isTurned ? builder.transpose(value, order) : value;
      };
      return [builder.matMul(turned(x, operation.transposeA), turned(y, operation.transposeB))];
    }
    case 'Reshape':
      return [builder.reshape(x, shape)];
    case 'Transpose':
      return [builder.transpose(x, operation.perm)];
    case 'Slice':
      return [builder.slice(x, operation.begin, shape)];
    case 'Pad':
      return [builder.place([{ value: x, at: operation.before }], 0, shape)];
    case 'Split': {
      let from = 0;
      return shapes.map((part) => {
        const begin = part.map((_, i) => (i === operation.axis ? from : 0));
        from += part[operation.axis];
        return builder.slice(x, begin, part);
      });
    }
    case 'Concat': {
      let at = 0;
      const parts = args.map((value) => {
        const own = builder.shapeOf(value);
        const part = { value, at: own.map((_, i) => (i === operation.axis ? at : 0)) };
        at += own[operation.axis];
        return part;
      });
      return [builder.place(parts, 0, shape)];
    }
    case 'ArgMax':
      return [builder.argReduce('max', x, operation.axis)];
    case 'Gather':
      return [gatherAlong(builder, x, y, operation.axis)];
    default:
      return operation.op in functions ? [builder.map(operation.op, ...args)] : undefined;
  }
}

const foldOf = { Sum: 'sum', Max: 'max', Min: 'min' } as const;

function softmax(builder: PlanBuilder, x: Value): Value {
  const last = [builder.shapeOf(x).length - 1];
  const weights = builder.map('Exp', builder.map('Sub', x, builder.reduce('max', x, last, true)));
  return builder.map('Div', weights, builder.reduce('sum', weights, last, true));
}
