/** What the tests of the convolutional encoder share: drawn operands, a pass through the operation, and its definition in float64. */

import { convEncoder, convEncoderShapes } from '@pyro-ts/spatial-decoder';
import type { EncoderOperands, EncoderProblem, HostKernel } from '@pyro-ts/spatial-decoder/internal';
import { onHost } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import seedrandom from 'seedrandom';

export const base: EncoderProblem = {
  ...{ images: 3, height: 13, width: 10, channels: 2, features: 5 },
  blocks: [
    { side: 5, outputs: 3 },
    { side: 3, outputs: 7 },
    { side: 3, outputs: 6 },
  ],
};

const usual = [
  { side: 5, outputs: 16 },
  { side: 3, outputs: 32 },
  { side: 3, outputs: 64 },
];

/** Sizes that end within vectors, register tiles and groups of images. */
export const sizes: [string, Partial<EncoderProblem>][] = [
  ['one image', { images: 1 }],
  ['one channel, the usual blocks', { images: 2, height: 28, width: 28, channels: 1, blocks: usual, features: 128 }],
  ['the usual blocks on an odd size', { images: 5, height: 25, width: 31, channels: 1, blocks: usual, features: 40 }],
  ['one block', { blocks: [{ side: 5, outputs: 20 }] }],
  [
    'filters of side 1',
    {
      blocks: [
        { side: 1, outputs: 4 },
        { side: 1, outputs: 5 },
      ],
    },
  ],
  [
    'a filter of side 7 on a map of 2 x 2',
    {
      height: 8,
      width: 8,
      blocks: [
        { side: 3, outputs: 2 },
        { side: 3, outputs: 3 },
        { side: 7, outputs: 4 },
      ],
    },
  ],
  ['three channels, one output', { channels: 3, blocks: [{ side: 3, outputs: 1 }] }],
  [
    'maps of one pixel',
    {
      height: 2,
      width: 1,
      blocks: [
        { side: 3, outputs: 4 },
        { side: 3, outputs: 6 },
      ],
    },
  ],
  ['one feature', { features: 1 }],
  ['more images than a chunk has', { images: 37, height: 8, width: 9, channels: 1, features: 33 }],
];

export interface DrawnEncoder {
  readonly operands: EncoderOperands;
  readonly upstream: Float32Array;
}

export function drawEncoder(problem: EncoderProblem, seed = 'encoder'): DrawnEncoder {
  const rng = seedrandom(seed);
  const { images, height, width, channels, blocks, features } = problem;
  const shapes = convEncoderShapes({ shape: [height, width], channels, blocks, features });
  const draw = (shape: readonly number[], scale: number, centre = 0) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return Float32Array.from({ length }, () => centre + scale * (2 * rng() - 1));
  };
  const operands = {
    images: draw([images, height, width, channels], 1),
    filters: shapes.blocks.map((b) => draw(b.filter, 1.7 / Math.sqrt(b.filter[0] ** 2 * b.filter[2]))),
    gains: shapes.blocks.map((b) => draw(b.gain, 0.4, 1)),
    biases: shapes.blocks.map((b) => draw(b.bias, 0.3)),
    dense: draw(shapes.dense.weight, 1.7 / Math.sqrt(shapes.dense.weight[0])),
    denseBias: draw(shapes.dense.bias, 0.3),
  };
  return { operands, upstream: draw([images, features], 1) };
}

/** All that has a gradient, in one list. */
export const listedEncoder = (of: Omit<EncoderOperands, 'images'> & { images?: Float32Array }): Float32Array[] => [
  ...(of.images ? [of.images] : []),
  ...[...of.filters, ...of.gains, ...of.biases, of.dense, of.denseBias],
];

export const namesOfEncoder = (blocks: number): string[] => [
  ...['output', 'images'],
  ...['filter', 'gain', 'bias'].flatMap((name) => Array.from({ length: blocks }, (_, l) => `${name} ${l}`)),
  ...['dense weight', 'dense bias'],
];

/** The operation on drawn operands: its output, then the gradients of sum(upstream * output) to the images and to all weights. */
export function encoderPass(
  problem: EncoderProblem,
  kernel: HostKernel | undefined,
  { operands, upstream }: DrawnEncoder = drawEncoder(problem),
): Float32Array[] {
  const { images, height, width, channels, features, blocks } = problem;
  const shapes = convEncoderShapes({ shape: [height, width], channels, blocks, features });
  return tf.tidy(() => {
    const shaped = [
      [images, height, width, channels],
      ...shapes.blocks.map((b) => b.filter),
      ...shapes.blocks.map((b) => b.gain),
      ...shapes.blocks.map((b) => b.bias),
      ...[shapes.dense.weight, shapes.dense.bias],
    ];
    const tensors = listedEncoder(operands).map((values, i) => tf.tensor(values, shaped[i]));
    let output: Float32Array | undefined;
    const gradients = tf.grads((...args) => {
      const y = convEncoder(args[0], encoderWeights(args.slice(1)), kernel && { kernel: onHost(kernel) });
      output = y.dataSync<'float32'>();
      return tf.sum(tf.mul(y, tf.tensor2d(upstream, [images, features])));
    })(tensors);
    return [output!, ...gradients.map((g) => g.dataSync<'float32'>())];
  });
}

/** [...filters, ...gains, ...biases, dense weight, dense bias] as the operation takes them. */
export function encoderWeights(tensors: tf.Tensor[]) {
  const count = (tensors.length - 2) / 3;
  return {
    blocks: tensors.slice(0, count).map((filter, l) => ({
      filter: filter as tf.Tensor4D,
      gain: tensors[count + l] as tf.Tensor1D,
      bias: tensors[2 * count + l] as tf.Tensor1D,
    })),
    dense: { weight: tensors[3 * count] as tf.Tensor2D, bias: tensors[3 * count + 1] as tf.Tensor1D },
  };
}

type Numbers = ArrayLike<number>;

/** The network by its definition in float64: features [n, F] of operands as `listedEncoder` orders them. */
export function plainEncoder(problem: EncoderProblem, all: readonly Numbers[]): number[] {
  const { images, channels, blocks, features } = problem;
  const count = blocks.length;
  const [dense, denseBias] = all.slice(1 + 3 * count);
  const output: number[] = [];
  for (let n = 0; n < images; n++) {
    let [height, width, depth] = [problem.height, problem.width, channels];
    const size = height * width * depth;
    let map = Array.from({ length: size }, (_, i) => all[0][n * size + i]);
    blocks.forEach(({ side, outputs }, l) => {
      const [filter, gain, bias] = [all[1 + l], all[1 + count + l], all[1 + 2 * count + l]];
      const [rows, columns, half] = [Math.ceil(height / 2), Math.ceil(width / 2), (side - 1) / 2];
      const next: number[] = [];
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          for (let o = 0; o < outputs; o++) {
            let sum = 0;
            for (let u = 0; u < side; u++) {
              for (let v = 0; v < side; v++) {
                const [y, x] = [2 * i + u - half, 2 * j + v - half];
                if (y < 0 || y >= height || x < 0 || x >= width) continue;
                for (let c = 0; c < depth; c++)
                  sum += map[(y * width + x) * depth + c] * filter[((u * side + v) * depth + c) * outputs + o];
              }
            }
            next.push(sum);
          }
        }
      }
      const mean = next.reduce((a, b) => a + b, 0) / next.length;
      const variance = next.reduce((a, b) => a + (b - mean) ** 2, 0) / next.length;
      map = next.map((z, i) =>
        Math.max(0, ((z - mean) / Math.sqrt(variance + 1e-5)) * gain[i % outputs] + bias[i % outputs]),
      );
      [height, width, depth] = [rows, columns, outputs];
    });
    for (let f = 0; f < features; f++)
      output.push(
        Math.max(
          0,
          map.reduce((sum, x, i) => sum + x * dense[i * features + f], denseBias[f]),
        ),
      );
  }
  return output;
}
