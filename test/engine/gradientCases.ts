/** Operations of TensorFlow.js whose gradients a program may need, with the shapes of their operands. */
import { softmax } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';

/** An operation of each of its operands, of these shapes. */
export type Case = readonly [name: string, f: (...x: tf.Tensor[]) => tf.Tensor, shapes: readonly (readonly number[])[]];

const int = (values: tf.TensorLike) => tf.tensor(values, undefined, 'int32');
const unary: readonly (keyof tf.Tensor & string)[] = [
  ...(['abs', 'acos', 'asin', 'asinh', 'atan', 'atanh', 'ceil', 'cos', 'cosh', 'elu', 'erf', 'exp', 'expm1'] as const),
  ...(['floor', 'leakyRelu', 'log', 'log1p', 'logSigmoid', 'neg', 'reciprocal', 'relu', 'relu6', 'round'] as const),
  ...([
    'rsqrt',
    'selu',
    'sigmoid',
    'sign',
    'sin',
    'sinh',
    'softplus',
    'sqrt',
    'square',
    'step',
    'tan',
    'tanh',
  ] as const),
];

const comparisons: [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor][] = [
  ['greater', tf.greater],
  ['greaterEqual', tf.greaterEqual],
  ['less', tf.less],
  ['lessEqual', tf.lessEqual],
  ['equal', tf.equal],
  ['notEqual', tf.notEqual],
];

export const cases: readonly Case[] = [
  ...unary.map((name): Case => [name, (x) => (x[name] as () => tf.Tensor)(), [[2, 3]]]),
  ['acosh', (x) => tf.acosh(x.add(1.5)), [[2, 3]]],
  ['clipByValue', (x) => tf.clipByValue(x, 0.3, 0.6), [[2, 3]]],
  ['cast', (x) => tf.mul(x, tf.cast(tf.cast(x.mul(10), 'int32'), 'float32')), [[2, 3]]],
  ...(
    ['add', 'sub', 'mul', 'div', 'divNoNan', 'pow', 'maximum', 'minimum', 'squaredDifference', 'atan2'] as const
  ).flatMap((name): Case[] => [
    [
      `${name}`,
      (a, b) => (a[name] as (b: tf.Tensor) => tf.Tensor)(b),
      [
        [2, 3],
        [2, 3],
      ],
    ],
    [
      `${name}, broadcast`,
      (a, b) => (a[name] as (b: tf.Tensor) => tf.Tensor)(b),
      [
        [2, 1, 3],
        [4, 1],
      ],
    ],
  ]),
  [
    'mod',
    (a, b) => tf.mod(a.add(2.2), b.mul(0.1).add(2)),
    [
      [2, 1, 3],
      [4, 1],
    ],
  ],
  ['floorDiv', (a, b) => tf.floorDiv(a.add(2.2), b.mul(0.1).add(2)), [[2, 3], [3]]],
  [
    'prelu',
    (x, a) => tf.prelu(x.sub(0.5), a),
    [
      [2, 3],
      [2, 3],
    ],
  ],
  [
    'prelu, broadcast',
    (x, a) => tf.prelu(x.sub(0.5), a),
    [
      [2, 4, 3],
      [4, 1],
    ],
  ],
  ...comparisons.flatMap(([name, compare]): Case[] => [
    [
      `where, ${name}`,
      (x, y) => tf.where(compare(x, y.mul(0.7)), x.square(), y.exp()),
      [
        [2, 3],
        [2, 3],
      ],
    ],
    [`mask by ${name}`, (x, y) => tf.mul(tf.cast(compare(x, y.mul(0.7)), 'float32'), x), [[2, 3], [3]]],
  ]),
  [
    'where, broadcast',
    (x, y) => tf.where(tf.greater(x, 0.5), x, y),
    [
      [2, 3],
      [1, 3],
    ],
  ],
  [
    'logical operations',
    (x) =>
      tf.where(tf.logicalOr(tf.logicalAnd(x.greater(0.2), x.less(0.5)), tf.logicalNot(x.less(0.8))), x.square(), x),
    [[2, 5]],
  ],
  ['logicalXor', (x) => tf.where(tf.logicalXor(x.greater(0.3), x.greater(0.6)), x.square(), x), [[2, 5]]],
  [
    'isNaN, isFinite, isInf',
    (x) =>
      tf.where(tf.logicalAnd(tf.isFinite(x), tf.logicalNot(tf.logicalOr(tf.isNaN(x), tf.isInf(x)))), x.square(), x),
    [[5]],
  ],
  [
    'any and all',
    (x) =>
      tf.where(
        tf.logicalAnd(tf.any(x.greater(0.5), -1, true), tf.logicalNot(tf.all(x.greater(0.9), -1, true))),
        x.square(),
        x,
      ),
    [[3, 4]],
  ],
  ['argMax', (x) => tf.mul(x, tf.cast(tf.argMax(x, 1).reshape([3, 1]), 'float32')), [[3, 4]]],
  ['argMin', (x) => tf.mul(x, tf.cast(tf.argMin(x, 1).reshape([3, 1]), 'float32')), [[3, 4]]],
  ['oneHot of argMax', (x) => tf.mul(x, tf.cast(tf.oneHot(tf.cast(tf.argMax(x, 1), 'int32'), 4), 'float32')), [[3, 4]]],
  ...([undefined, 0, 1, -1] as const).flatMap((axis): Case[] => [
    ...(['sum', 'mean', 'prod', 'max', 'min', 'logSumExp'] as const).map(
      (name): Case => [
        `${name} over ${axis}`,
        (x) => (x[name] as (axis?: number) => tf.Tensor)(axis).square(),
        [[2, 3]],
      ],
    ),
    [`norm over ${axis}`, (x) => tf.norm(x, 2, axis), [[2, 3]]],
  ]),
  ['max over two axes', (x) => tf.max(x, [0, 2]).square(), [[2, 3, 2]]],
  ['moments', (x) => tf.moments(x, 0).variance.add(tf.moments(x, 0).mean.square()), [[3, 2]]],
  ...(
    [
      [0, false, false],
      [1, false, false],
      [-1, true, false],
      [-1, false, true],
      [0, true, true],
    ] as const
  ).flatMap(([axis, exclusive, reverse]): Case[] => [
    [`cumsum ${axis} ${exclusive} ${reverse}`, (x) => tf.cumsum(x, axis, exclusive, reverse).square(), [[3, 4]]],
    [
      `cumprod ${axis} ${exclusive} ${reverse}`,
      (x) => tf.cumprod(x, axis < 0 ? axis + 2 : axis, exclusive, reverse).square(),
      [[3, 4]],
    ],
  ]),
  ['cumprod with a zero', (x) => tf.cumprod(x.mul([1, 0, 2]), 0), [[3]]],
  ...(
    [
      [[2, 3], [3, 4], false, false],
      [[3, 2], [3, 4], true, false],
      [[2, 3], [4, 3], false, true],
      [[3, 2], [4, 3], true, true],
      [[5, 2, 3], [5, 3, 4], false, false],
      [[2, 3], [5, 3, 4], false, false],
      [[5, 2, 3], [3, 4], false, false],
      [[1, 5, 2, 3], [6, 1, 3, 4], false, false],
      [[5, 3, 2], [4, 3], true, true],
    ] as const
  ).map(
    ([a, b, ta, tb]): Case => [`matMul ${a} with ${b} ${ta} ${tb}`, (x, y) => tf.matMul(x, y, ta, tb).square(), [a, b]],
  ),
  [
    'matMul with the same numbers in two shapes',
    (x, y) =>
      tf
        .matMul(x, y)
        .square()
        .sum()
        .add(
          tf
            .matMul(tf.transpose(x), tf.reshape(y, [1, 3]))
            .square()
            .sum(),
        ),
    [
      [1, 3],
      [3, 1],
    ],
  ],
  ['dot', (a, b) => tf.dot(a, b).square(), [[2, 3], [3]]],
  ['outerProduct', (a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D).square(), [[2], [3]]],
  ...(
    [
      ['ij,jk->ik', [2, 3], [3, 4]],
      ['ij,ij->', [2, 3], [2, 3]],
      ['ij,kj->ikj', [2, 3], [4, 3]],
      ['bij,bjk->bik', [2, 2, 3], [2, 3, 4]],
      ['i,j->ij', [2], [3]],
      ['ij,j->i', [2, 3], [3]],
      ['ij,k->', [2, 3], [2]],
    ] as const
  ).map(([equation, a, b]): Case => [`einsum ${equation}`, (x, y) => tf.einsum(equation, x, y).square(), [a, b]]),
  ['einsum ij->ji', (x) => tf.einsum('ij->ji', x).square(), [[2, 3]]],
  ['einsum ij->i', (x) => tf.einsum('ij->i', x).square(), [[2, 3]]],
  ['softmax', (x) => tf.softmax(x.mul(3)).square(), [[2, 3]]],
  ['softmax along another axis', (x) => softmax(x.mul(3), 1).square(), [[2, 3, 2]]],
  ['logSoftmax', (x) => tf.logSoftmax(x.mul(3)).square(), [[2, 3]]],
  ['reshape and transpose', (x) => tf.transpose(x.reshape([3, 2, 1]), [2, 0, 1]).mul([[1, 2]]), [[2, 3]]],
  ['slice', (x) => x.slice([0, 1], [2, 1]).square(), [[2, 3]]],
  ['slice without a size', (x) => x.slice([0, 1]).square(), [[2, 3]]],
  ['stridedSlice', (x) => tf.stridedSlice(x, [0, 0], [3, 4], [2, 2]).square(), [[3, 4]]],
  ['tile', (x) => tf.tile(x, [2, 3]).square(), [[2, 3]]],
  ['broadcastTo', (x) => tf.broadcastTo(x, [4, 2, 3]).square(), [[2, 1]]],
  [
    'stack and unstack',
    (x, y) =>
      tf
        .unstack(tf.stack([x, y], 1), 1)[1]
        .square()
        .add(tf.stack([x, y]).sum(0)),
    [
      [2, 3],
      [2, 3],
    ],
  ],
  [
    'concat and split',
    (x, y) => tf.split(tf.concat([x, y], 1), [2, 3], 1)[1].square(),
    [
      [2, 3],
      [2, 2],
    ],
  ],
  [
    'pad',
    (x) =>
      tf
        .pad(
          x,
          [
            [1, 0],
            [0, 2],
          ],
          2,
        )
        .square(),
    [[2, 3]],
  ],
  [
    'mirrorPad',
    (x) =>
      tf
        .mirrorPad(
          x,
          [
            [1, 0],
            [0, 2],
          ],
          'reflect',
        )
        .square(),
    [[2, 3]],
  ],
  ['reverse', (x) => tf.reverse(x, 1).mul([1, 2, 3]), [[2, 3]]],
  ['gather', (x) => tf.gather(x, int([1, 0, 1])).square(), [[2, 3]]],
  ['gather along an axis', (x) => tf.gather(x, int([2, 0, 2, 1]), 1).square(), [[2, 3, 2]]],
  [
    'gather by a matrix',
    (x) =>
      tf
        .gather(
          x,
          int([
            [1, 0],
            [1, 1],
          ]),
          1,
        )
        .square(),
    [[2, 3]],
  ],
  [
    'gather with a batch',
    (x) =>
      tf
        .gather(
          x,
          int([
            [1, 0],
            [2, 2],
          ]),
          1,
          1,
        )
        .square(),
    [[2, 3]],
  ],
  [
    'gatherND',
    (x) =>
      tf
        .gatherND(
          x,
          int([
            [1, 0],
            [0, 2],
            [1, 0],
          ]),
        )
        .square(),
    [[2, 3]],
  ],
  ['scatterND', (x) => tf.scatterND(int([[1], [3], [1]]), x, [5, 2]).square(), [[3, 2]]],
  [
    'tensorScatterUpdate',
    (x, y) => tf.tensorScatterUpdate(x, int([[1], [3]]), y).square(),
    [
      [4, 2],
      [2, 2],
    ],
  ],
  ['unsortedSegmentSum', (x) => tf.unsortedSegmentSum(x, int([1, 0, 1]) as tf.Tensor1D, 3).square(), [[3, 2]]],
  ['topk', (x) => tf.topk(x, 2).values.square(), [[2, 4]]],
  ['bandPart', (x) => tf.linalg.bandPart(x, -1, 0).square(), [[3, 3]]],
  ['diag', (x) => tf.diag(x).square(), [[3]]],
  ['searchSorted', (x) => tf.mul(x, tf.cast(tf.searchSorted(tf.tensor1d([0.2, 0.5, 0.8]), x), 'float32')), [[5]]],
  ['depthToSpace', (x) => tf.depthToSpace(x as tf.Tensor4D, 2, 'NHWC').square(), [[1, 2, 2, 4]]],
  ['dropout-like mask', (x) => x.mul(tf.cast(tf.tensor([1, 0, 1], [3], 'bool'), 'float32')), [[2, 3]]],
];

/** Numbers in (0.05, 0.95) away from the kinks and jumps of the operations. */
export const operand = (shape: readonly number[], seed: number) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const numbers = Array.from({ length: size }, (_, i) => 0.06 + 0.87 * ((0.137 + 0.618034 * (i + 7.3 * seed)) % 1));
  return tf.tensor(numbers, shape as number[], 'float32');
};
