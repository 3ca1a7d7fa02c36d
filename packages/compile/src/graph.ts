/** A network as a list of operations on named values: the input of the writers of all formats. */

/** A size that depends on the number of rows in a batch. */
export const BATCH = -1;

/** The operations have the semantics of TensorFlow's operations of the same names. */
export const elementwise = [
  'Identity',
  'Neg',
  'Abs',
  'Sign',
  'Exp',
  'Log',
  'Sqrt',
  'Reciprocal',
  'Floor',
  'Ceil',
  'Round',
  'Sin',
  'Cos',
  'Tanh',
  'Sigmoid',
  'Softplus',
  'Relu',
  'Erf',
  'LogicalNot',
] as const;
export const pairwise = [
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pow',
  'Maximum',
  'Minimum',
  'Atan2',
  'Less',
  'LessEqual',
  'Greater',
  'GreaterEqual',
  'Equal',
  'NotEqual',
  'LogicalAnd',
  'LogicalOr',
] as const;
export const reductions = ['Sum', 'Mean', 'Max', 'Min'] as const;
export type Elementwise = (typeof elementwise)[number];
export type Pairwise = (typeof pairwise)[number];
export type Reduction = (typeof reductions)[number];

interface Wiring {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** One operation. Operands of pairwise operations broadcast; axes are counted from 0; a size of -1 is inferred. */
export type Operation = Wiring &
  (
    | { readonly op: Elementwise | Pairwise }
    | { readonly op: Reduction; readonly axes: readonly number[]; readonly keepDims: boolean }
    | { readonly op: 'LeakyRelu'; readonly alpha: number }
    | { readonly op: 'Cast'; readonly dtype: DataType }
    /** Operands: the condition, the values where it holds, the values elsewhere. */
    | { readonly op: 'Select' }
    | { readonly op: 'Softmax' }
    | { readonly op: 'MatMul'; readonly transposeA: boolean; readonly transposeB: boolean }
    | { readonly op: 'Reshape'; readonly shape: readonly number[] }
    | { readonly op: 'Transpose'; readonly perm: readonly number[] }
    | { readonly op: 'Slice'; readonly begin: readonly number[]; readonly size: readonly number[] }
    /** Zeros before and after, along each axis. */
    | { readonly op: 'Pad'; readonly before: readonly number[]; readonly after: readonly number[] }
    | { readonly op: 'Split'; readonly axis: number; readonly sizes: readonly number[] }
    | { readonly op: 'Concat'; readonly axis: number }
    | { readonly op: 'ArgMax'; readonly axis: number }
    /** Operands: values, and a list of indices along the axis. */
    | { readonly op: 'Gather'; readonly axis: number }
    /** Images [rows, height, width, channels], a filter [height, width, inputs, outputs]. */
    | ({ readonly op: 'Conv2D'; readonly dilations: readonly number[] } & Windows)
    | ({ readonly op: 'MaxPool' | 'AvgPool'; readonly window: readonly number[] } & Windows)
  );

/** How a window moves over the height and the width of an image. */
export interface Windows {
  readonly strides: readonly number[];
  /** As in TensorFlow: "same" pads evenly, with an odd one at the end, and averages exclude the padding. */
  readonly padding: 'same' | 'valid';
}

export type DataType = 'float32' | 'int32' | 'bool';

export interface GraphConstant {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** An input (always float32) or an output, with -1 for the number of rows. */
export interface Port {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface Graph {
  /** "decoder" */
  readonly name: string;
  readonly inputs: readonly Port[];
  /** Each is the value of the same name. */
  readonly outputs: readonly Port[];
  /** In topological order. */
  readonly operations: readonly Operation[];
  readonly constants: ReadonlyMap<string, GraphConstant>;
  /** Of every value that an operation makes. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Metadata for users of the file: class names, the range of grey values, the meaning of inputs and outputs. */
  readonly metadata: Readonly<Record<string, string>>;
}
