/** Converts the operations of a graph to nodes of ONNX's standard operators. */
import type { Operation, Windows } from '@pyro-ts/compile';
import { ELEMENT, type OnnxAttribute, type OnnxNode } from './schema.js';

/** Creates the constants and the names of intermediate values that the nodes of an operation need. */
export interface Writer {
  /** A list of integers as an initializer (int64). */
  readonly ints: (values: readonly number[]) => string;
  /** A number as an initializer (float32). */
  readonly float: (value: number) => string;
  readonly fresh: () => string;
  readonly rankOf: (value: string) => number;
}

type Made = Omit<OnnxNode, 'name'>;

const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  ...attribute: OnnxAttribute[]
): Made => ({ opType, input, output, attribute });
const float = (name: string, f: number): OnnxAttribute => ({ name, f, type: 1 });
const int = (name: string, i: number): OnnxAttribute => ({ name, i, type: 2 });
const text = (name: string, s: string): OnnxAttribute => ({ name, s: new TextEncoder().encode(s), type: 3 });
const ints = (name: string, values: readonly number[]): OnnxAttribute => ({ name, ints: values, type: 7 });

/** The operators with different names. */
const names: Readonly<Record<string, string>> = {
  Maximum: 'Max',
  Minimum: 'Min',
  LessEqual: 'LessOrEqual',
  GreaterEqual: 'GreaterOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
  LogicalNot: 'Not',
};

/** Beyond the end of any axis. */
const END = Number.MAX_SAFE_INTEGER;

/** Keeps a divisor above 0. */
const SMALL = 1e-30;

/** The nodes that compute `operation`; opset 13. */
export function nodesOf(operation: Operation, write: Writer): Made[] {
  const { op, inputs, outputs } = operation;
  switch (op) {
    case 'Sum':
      return [
        node(
          'ReduceSum',
          [...inputs, write.ints(operation.axes)],
          outputs,
          int('keepdims', Number(operation.keepDims)),
        ),
      ];
    case 'Mean':
    case 'Max':
    case 'Min':
      return [
        node(`Reduce${op}`, inputs, outputs, ints('axes', operation.axes), int('keepdims', Number(operation.keepDims))),
      ];
    case 'LeakyRelu':
      return [node(op, inputs, outputs, float('alpha', operation.alpha))];
    case 'Cast':
      return [node(op, inputs, outputs, int('to', ELEMENT[operation.dtype]))];
    case 'Select':
      return [node('Where', inputs, outputs)];
    case 'Softmax':
      return [node(op, inputs, outputs, int('axis', -1))];
    case 'MatMul':
      return matMul(operation, write);
    case 'Reshape':
      return [node(op, [...inputs, write.ints(operation.shape)], outputs)];
    case 'Transpose':
      return [node(op, inputs, outputs, ints('perm', operation.perm))];
    case 'Slice': {
      const { begin, size } = operation;
      const ends = begin.map((from, i) => (size[i] < 0 ? END : from + size[i]));
      const axes = begin.map((_, i) => i);
      return [node(op, [...inputs, write.ints(begin), write.ints(ends), write.ints(axes)], outputs)];
    }
    case 'Pad':
      return [node(op, [...inputs, write.ints([...operation.before, ...operation.after])], outputs)];
    case 'Split':
      return [node(op, [...inputs, write.ints(operation.sizes)], outputs, int('axis', operation.axis))];
    case 'Concat':
      return [node(op, inputs, outputs, int('axis', operation.axis))];
    case 'Gather':
      return [node(op, inputs, outputs, int('axis', operation.axis))];
    case 'ArgMax': {
      const found = write.fresh();
      return [
        node(op, inputs, [found], int('axis', operation.axis), int('keepdims', 0)),
        node('Cast', [found], outputs, int('to', ELEMENT.int32)),
      ];
    }
    case 'Conv2D':
      return onImages('Conv', operation, write, ints('dilations', operation.dilations));
    case 'MaxPool':
      return onImages('MaxPool', operation, write, ints('kernel_shape', operation.window));
    case 'AvgPool':
      return onImages('AveragePool', operation, write, ints('kernel_shape', operation.window));
    case 'Atan2':
      return atan2(inputs, outputs, write);
    case 'NotEqual': {
      const equal = write.fresh();
      return [node('Equal', inputs, [equal]), node('Not', [equal], outputs)];
    }
    default:
      return [node(names[op] ?? op, inputs, outputs)];
  }
}

/** Strides and padding of a window. TensorFlow's "same" adds the odd row or column of padding at the end. */
const moving = ({ strides, padding }: Windows): OnnxAttribute[] => [
  ints('strides', strides),
  text('auto_pad', padding === 'same' ? 'SAME_UPPER' : 'VALID'),
];

/** ONNX expects the channels of an image, and the outputs of a filter, first. */
function onImages(
  opType: string,
  { inputs: [images, filter], outputs, ...windows }: Operation & Windows,
  write: Writer,
  attribute: OnnxAttribute,
): Made[] {
  const [x, y] = [write.fresh(), write.fresh()];
  const weights = filter === undefined ? [] : [write.fresh()];
  return [
    node('Transpose', [images], [x], ints('perm', [0, 3, 1, 2])),
    ...weights.map((name) => node('Transpose', [filter], [name], ints('perm', [3, 2, 0, 1]))),
    node(opType, [x, ...weights], [y], ...moving(windows), attribute),
    node('Transpose', [y], outputs, ints('perm', [0, 2, 3, 1])),
  ];
}

/** ONNX has no transposed operands. */
function matMul(operation: Extract<Operation, { op: 'MatMul' }>, write: Writer): Made[] {
  const made: Made[] = [];
  const turned = operation.inputs.map((input, i) => {
    if (!(i === 0 ? operation.transposeA : operation.transposeB)) return input;
    const rank = write.rankOf(input);
    const perm = Array.from({ length: rank }, (_, k) => (k < rank - 2 ? k : 2 * rank - 3 - k));
    const output = write.fresh();
    made.push(node('Transpose', [input], [output], ints('perm', perm)));
    return output;
  });
  return [...made, node('MatMul', turned, operation.outputs)];
}

/**
 * ONNX has no atan2. With r = sqrt(y^2 + x^2): 2 atan(y / (r + x)) where x > 0, else pi (with the sign of y) - 2 atan(y
 * / (r - x)), which avoids a division by a small difference, and by 0 if y and x are both 0.
 */
function atan2([y, x]: readonly string[], outputs: readonly string[], write: Writer): Made[] {
  const made: Made[] = [];
  const run = (opType: string, ...input: string[]): string => {
    const output = write.fresh();
    made.push(node(opType, input, [output]));
    return output;
  };
  const r = run('Sqrt', run('Add', run('Mul', y, y), run('Mul', x, x)));
  const positive = run('Max', run('Add', r, run('Abs', x)), write.float(SMALL));
  const twice = run('Mul', run('Atan', run('Div', y, positive)), write.float(2));
  const zero = write.float(0);
  const half = run('Where', run('Less', y, zero), write.float(-Math.PI), write.float(Math.PI));
  made.push(node('Where', [run('Greater', x, zero), twice, run('Sub', half, twice)], outputs));
  return made;
}
