/** Converts the operations of a graph to nodes of TensorFlow.js graph models. */
import type { DataType, Operation, Windows } from '@pyro-ts/compile';

/** The attribute of a node in the JSON form of a TensorFlow graph. */
export type Attribute =
  | { readonly type: string }
  | { readonly b: boolean }
  | { readonly f: number }
  | { readonly i: string }
  | { readonly s: string }
  | { readonly list: { readonly i: readonly string[] } }
  | { readonly shape: { readonly dim: readonly { readonly size: string }[] } };

export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, Attribute>>;
}

export const DTYPE: Readonly<Record<DataType, string>> = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' };

/** Creates a constant of integers, as a list, a scalar (true) or pairs, and returns its name. */
type Ints = (values: readonly number[], form?: boolean | 'pairs') => string;

/** The operators with different names. */
const names: Readonly<Record<string, string>> = { Add: 'AddV2', Div: 'RealDiv', Select: 'SelectV2' };

/** The node that computes `operation`, named after its first output; further outputs are NAME:1, NAME:2, ... */
export function nodeOf(operation: Operation, ints: Ints): TfNode {
  const { op, inputs, outputs } = operation;
  const node = (
    opName: string,
    further: readonly string[] = [],
    attr: Record<string, Attribute> = {},
    first: readonly string[] = inputs,
  ): TfNode => ({ name: outputs[0], op: opName, input: [...first, ...further], attr });
  switch (op) {
    case 'Sum':
    case 'Mean':
    case 'Max':
    case 'Min':
      return node(op, [ints(operation.axes)], { keep_dims: { b: operation.keepDims } });
    case 'LeakyRelu':
      return node(op, [], { alpha: { f: operation.alpha } });
    case 'Cast':
      return node(op, [], { DstT: { type: DTYPE[operation.dtype] } });
    case 'MatMul':
      return node('BatchMatMulV2', [], { adj_x: { b: operation.transposeA }, adj_y: { b: operation.transposeB } });
    case 'Reshape':
      return node(op, [ints(operation.shape)]);
    case 'Transpose':
      return node(op, [ints(operation.perm)]);
    case 'Slice':
      return node(op, [ints(operation.begin), ints(operation.size)]);
    case 'Pad':
      return node(op, [
        ints(
          operation.before.flatMap((n, i) => [n, operation.after[i]]),
          'pairs',
        ),
      ]);
    case 'Split':
      return node('SplitV', [ints(operation.sizes), ints([operation.axis], true)], {
        num_split: { i: String(operation.sizes.length) },
      });
    case 'Concat':
      return node('ConcatV2', [ints([operation.axis], true)], { N: { i: String(inputs.length) } });
    case 'Gather':
      return node('GatherV2', [ints([operation.axis], true)]);
    case 'ArgMax':
      return node(op, [ints([operation.axis], true)]);
    case 'Conv2D':
      return node(op, [], { ...moving(operation), dilations: perAxis(operation.dilations) });
    case 'MaxPool':
    case 'AvgPool':
      return node(op, [], { ...moving(operation), ksize: perAxis(operation.window) });
    default:
      return node(names[op] ?? op);
  }
}

/** Numbers for height and width, in TensorFlow's form with one for each axis of a batch of images. */
const perAxis = ([height, width]: readonly number[]): Attribute => ({
  list: { i: [1, height, width, 1].map(String) },
});

const moving = ({ strides, padding }: Windows): Record<string, Attribute> => ({
  strides: perAxis(strides),
  padding: { s: base64(padding.toUpperCase()) },
  data_format: { s: base64('NHWC') },
});

const base64 = (ascii: string): string => btoa(ascii);
