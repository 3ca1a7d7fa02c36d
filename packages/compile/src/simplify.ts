/** Converts the kernels of TensorFlow.js to the smaller set of operations of a graph. */
import {
  BATCH,
  type DataType,
  type Elementwise,
  elementwise,
  type Operation,
  type Pairwise,
  pairwise,
  type Reduction,
  reductions,
  type Windows,
} from './graph.js';

/** A recorded call in which sizes that depend on the batch have become -1. */
export interface Call {
  readonly kernel: string;
  /** In the kernel's order. */
  readonly inputs: readonly string[];
  readonly inputShapes: readonly (readonly number[])[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly outputs: readonly string[];
  readonly outputShapes: readonly (readonly number[])[];
}

/** Names the intermediate values. */
export interface Maker {
  /** A new value of the given shape. */
  readonly value: (shape: readonly number[]) => string;
  /** A list of integers. */
  readonly ints: (values: readonly number[]) => string;
}

type Rule = (call: Call, make: Maker) => Operation[];

const wired = ({ inputs, outputs }: Call) => ({ inputs, outputs });
const same = (names: readonly (Elementwise | Pairwise)[]): Record<string, Rule> =>
  Object.fromEntries(names.map((op) => [op, (call) => [{ op, ...wired(call) }]]));
const renamed = (op: Elementwise | Pairwise): Rule => {
  return (call) => [{ op, ...wired(call) }];
};

const reshape: Rule = (call) => [{ op: 'Reshape', ...wired(call), shape: call.outputShapes[0] }];

const reduction =
  (op: Reduction): Rule =>
  (call) => {
    const { axis, reductionIndices, keepDims = false } = call.attrs;
    const rank = call.inputShapes[0].length;
    const axes = ([] as number[]).concat((axis ?? reductionIndices ?? range(rank)) as number | number[]);
    return [{ op, ...wired(call), axes: axes.map((a) => (a < 0 ? a + rank : a)), keepDims: keepDims === true }];
  };

const matMul: Rule = (call) => {
  const { transposeA, transposeB } = call.attrs;
  return [
    {
      op: 'MatMul',
      ...wired(call),
      transposeA: transposeA === true,
      transposeB: transposeB === true,
    },
  ];
};

/** Stacks tensors along a new axis: each gets that axis, then they are concatenated. */
const pack: Rule = ({ inputs, inputShapes, outputs, outputShapes, attrs }, make) => {
  const axis = axisOf(attrs.axis, outputShapes[0].length);
  const raised = inputs.map((input, i) => {
    const shape = [...inputShapes[i].slice(0, axis), 1, ...inputShapes[i].slice(axis)];
    return { op: 'Reshape', inputs: [input], outputs: [make.value(shape)], shape } as const;
  });
  return [...raised, { op: 'Concat', inputs: raised.map((r) => r.outputs[0]), outputs, axis }];
};

/** The reverse. */
const unpack: Rule = ({ inputs, inputShapes: [shape], outputs, outputShapes, attrs }, make) => {
  const axis = axisOf(attrs.axis, shape.length);
  const kept = shape.map((n, i) => (i === axis ? 1 : n));
  const parts = outputs.map(() => make.value(kept));
  const lower = outputs.map((output, i) => {
    return { op: 'Reshape', inputs: [parts[i]], outputs: [output], shape: outputShapes[i] } as const;
  });
  return [{ op: 'Split', inputs, outputs: parts, axis, sizes: parts.map(() => 1) }, ...lower];
};

const split: Rule = (call) => {
  const axis = axisOf(call.attrs.axis, call.inputShapes[0].length);
  return [{ op: 'Split', ...wired(call), axis, sizes: call.outputShapes.map((shape) => shape[axis]) }];
};

/** Sizes are those of the result: what the kernel's own omits means up to the end. */
const slice: Rule = (call) => {
  const [size] = call.outputShapes;
  const given = ([] as number[]).concat(call.attrs.begin as number | number[]);
  const begin = size.map((_, axis) => given[axis] ?? 0);
  // An axis of unknown size can only be sliced to its end.
  const isWhole = size.every((n, axis) => n !== BATCH || begin[axis] === 0);
  return isWhole ? [{ op: 'Slice', ...wired(call), begin, size }] : [];
};

/** With zeros. */
const pad: Rule = (call) => {
  const paddings = call.attrs.paddings as readonly (readonly [number, number])[];
  if ((call.attrs.constantValue ?? 0) !== 0) return [];
  return [{ op: 'Pad', ...wired(call), before: paddings.map(([b]) => b), after: paddings.map(([, a]) => a) }];
};

/** One-hot rows, from indices. */
const oneHot: Rule = ({ inputs, inputShapes, outputs, outputShapes, attrs }, make) => {
  const { depth, onValue = 1, offValue = 0, dtype = 'int32' } = attrs;
  const column = [...inputShapes[0], 1];
  const [raised, isThere] = [make.value(column), make.value(outputShapes[0])];
  if (onValue !== 1 || offValue !== 0) return [];
  return [
    { op: 'Reshape', inputs, outputs: [raised], shape: column },
    { op: 'Equal', inputs: [raised, make.ints(range(depth as number))], outputs: [isThere] },
    { op: 'Cast', inputs: [isThere], outputs, dtype: dtype as DataType },
  ];
};

const argMax: Rule = (call) => [
  { op: 'ArgMax', ...wired(call), axis: axisOf(call.attrs.axis, call.inputShapes[0].length) },
];

/** Gathers at a list of indices; indices that differ from row to row have no counterpart. */
const gather: Rule = (call) => {
  const { axis, batchDims = 0 } = call.attrs;
  if (batchDims !== 0 || call.inputShapes[1].length !== 1) return [];
  return [{ op: 'Gather', ...wired(call), axis: axisOf(axis ?? 0, call.inputShapes[0].length) }];
};

const cast: Rule = (call) => [{ op: 'Cast', ...wired(call), dtype: call.attrs.dtype as DataType }];

const softmax: Rule = (call) => {
  const rank = call.inputShapes[0].length;
  return axisOf(call.attrs.dim ?? rank - 1, rank) === rank - 1 ? [{ op: 'Softmax', ...wired(call) }] : [];
};

/** Window and padding; undefined if the images are not channels-last, or the padding is given in numbers. */
function windows({ strides, pad, dataFormat = 'NHWC', dimRoundingMode }: Readonly<Record<string, unknown>>) {
  if (dataFormat !== 'NHWC' || dimRoundingMode || (pad !== 'same' && pad !== 'valid')) return undefined;
  return { strides: pair(strides), padding: pad } satisfies Windows;
}

const convolution =
  (fixed: Readonly<Record<string, unknown>> = {}): Rule =>
  (call) => {
    const attrs = { ...call.attrs, ...fixed };
    const moving = windows(attrs);
    return moving ? [{ op: 'Conv2D', ...wired(call), dilations: pair(attrs.dilations ?? 1), ...moving }] : [];
  };

const pool =
  (op: 'MaxPool' | 'AvgPool'): Rule =>
  (call) => {
    const moving = windows(call.attrs);
    return moving ? [{ op, ...wired(call), window: pair(call.attrs.filterSize), ...moving }] : [];
  };

/** A product or a convolution with fused bias and activation, as used by the layers of TensorFlow.js. */
const fused =
  (rule: Rule): Rule =>
  (call, make) => {
    const [a, b, bias, ...more] = call.inputs;
    const { activation = 'linear', leakyreluAlpha } = call.attrs;
    const shape = call.outputShapes[0];
    const activate = activations[String(activation)];
    const raw = make.value(shape);
    const main = rule({ ...call, inputs: [a, b], outputs: [raw] }, make);
    if (more.length > 0 || !activate || main.length === 0) return [];
    const shifted = bias === undefined ? raw : make.value(shape);
    const last = { inputs: [shifted], outputs: call.outputs };
    return [
      ...main,
      ...(bias === undefined ? [] : [{ op: 'Add', inputs: [raw, bias], outputs: [shifted] } as const]),
      activate === 'LeakyRelu' ? { op: activate, ...last, alpha: leakyreluAlpha as number } : { op: activate, ...last },
    ];
  };

const activations: Readonly<Record<string, 'Identity' | 'Relu' | 'Sigmoid' | 'LeakyRelu'>> = {
  linear: 'Identity',
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
};

const rules: Readonly<Record<string, Rule>> = {
  ...same(elementwise),
  ...same(pairwise),
  ...Object.fromEntries(reductions.map((op) => [op, reduction(op)])),
  Multiply: renamed('Mul'),
  RealDiv: renamed('Div'),
  Square: (call) => [{ op: 'Mul', inputs: [call.inputs[0], call.inputs[0]], outputs: call.outputs }],
  // No number is less than itself; x - x would be NaN for infinite x.
  ZerosLike: ({ inputs: [x], outputs, outputShapes }, make) => {
    const no = make.value(outputShapes[0]);
    return [
      { op: 'Less', inputs: [x, x], outputs: [no] },
      { op: 'Cast', inputs: [no], outputs, dtype: 'float32' },
    ];
  },
  OnesLike: ({ inputs: [x], outputs, outputShapes }, make) => {
    const [no, yes] = [make.value(outputShapes[0]), make.value(outputShapes[0])];
    return [
      { op: 'Less', inputs: [x, x], outputs: [no] },
      { op: 'LogicalNot', inputs: [no], outputs: [yes] },
      { op: 'Cast', inputs: [yes], outputs, dtype: 'float32' },
    ];
  },
  LeakyRelu: (call) => [{ op: 'LeakyRelu', ...wired(call), alpha: call.attrs.alpha as number }],
  Select: (call) => [{ op: 'Select', ...wired(call) }],
  Softmax: softmax,
  BatchMatMul: matMul,
  PyroMatMul: matMul,
  _FusedMatMul: fused(matMul),
  Conv2D: convolution(),
  PyroConvolution: convolution({ strides: 1, pad: 'same' }),
  FusedConv2D: fused(convolution()),
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AvgPool'),
  Reshape: reshape,
  ExpandDims: reshape,
  Transpose: (call) => [{ op: 'Transpose', ...wired(call), perm: call.attrs.perm as readonly number[] }],
  Slice: slice,
  PadV2: pad,
  SplitV: split,
  Concat: (call) => [{ op: 'Concat', ...wired(call), axis: axisOf(call.attrs.axis, call.outputShapes[0].length) }],
  Pack: pack,
  Unpack: unpack,
  Cast: cast,
  ArgMax: argMax,
  GatherV2: gather,
  OneHot: oneHot,
};

/** The operations that compute a kernel; empty if it has no rule. */
export const simplify = (call: Call, make: Maker): Operation[] =>
  Object.hasOwn(rules, call.kernel) ? rules[call.kernel](call, make) : [];

const axisOf = (axis: unknown, rank: number): number => ((axis as number) < 0 ? (axis as number) + rank : Number(axis));
const pair = (sizes: unknown): number[] => (typeof sizes === 'number' ? [sizes, sizes] : [...(sizes as number[])]);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
