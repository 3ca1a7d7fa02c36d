/** What the convolutional encoder rejects, and what its error messages say. */
import { type ConvEncoderWeights, convEncoder, convEncoderShapes, SpatialDecoderError } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { afterAll, expect, it } from 'vitest';

const shapes = convEncoderShapes({ shape: [9, 8], blocks: [{ side: 3, outputs: 4 }], features: 2 });
const [{ filter, gain, bias }] = shapes.blocks;
const tensors: tf.Tensor[] = [];
const ones = <T extends tf.Tensor>(shape: number[]): T => {
  const tensor = tf.ones(shape) as T;
  tensors.push(tensor);
  return tensor;
};
afterAll(() => tf.dispose(tensors));

const block = { filter: ones<tf.Tensor4D>(filter), gain: ones<tf.Tensor1D>(gain), bias: ones<tf.Tensor1D>(bias) };
const dense = { weight: ones<tf.Tensor2D>(shapes.dense.weight), bias: ones<tf.Tensor1D>([2]) };
const weights: ConvEncoderWeights = { blocks: [block], dense };
const images = ones<tf.Tensor4D>([2, 9, 8, 1]);
const integers = tf.zeros([2, 9, 8, 1], 'int32');
tensors.push(integers);

it('names the shapes of the default network', () => {
  expect(convEncoderShapes({ shape: [48, 32] })).toEqual({
    blocks: [
      { filter: [5, 5, 1, 16], gain: [16], bias: [16] },
      { filter: [3, 3, 16, 32], gain: [32], bias: [32] },
      { filter: [3, 3, 32, 64], gain: [64], bias: [64] },
    ],
    dense: { weight: [6 * 4 * 64, 128], bias: [128] },
  });
});

it.each<[string, () => unknown]>([
  ['shape[0] must be a positive integer; got 0', () => convEncoderShapes({ shape: [0, 8] })],
  ['blocks is empty', () => convEncoderShapes({ shape: [8, 8], blocks: [] })],
  ['blocks[0].side must be odd; got 4', () => convEncoderShapes({ shape: [8, 8], blocks: [{ side: 4, outputs: 1 }] })],
  [
    'option "kernal" does not exist. Did you mean "kernel"?',
    () => convEncoder(images, weights, { kernal: 1 } as never),
  ],
  [
    'kernel is a promise, so an await is missing',
    () => convEncoder(images, weights, { kernel: Promise.resolve({}) as never }),
  ],
  [
    'weight "denes" does not exist. Did you mean "dense"?',
    () => convEncoder(images, { ...weights, denes: 1 } as never),
  ],
  ['blocks is a list; give a list of at least one', () => convEncoder(images, { ...weights, blocks: [] })],
  [
    'blocks[0].gain has shape [2], expected [4]',
    () => convEncoder(images, { dense, blocks: [{ ...block, gain: dense.bias }] }),
  ],
  [
    'blocks[1].filter has shape [3,3,1,4], expected [side, side, 4, out]',
    () => convEncoder(images, { dense, blocks: [block, block] }),
  ],
  [
    'blocks[0].filter is undefined; expected a tensor',
    () => convEncoder(images, { dense, blocks: [{ ...block, filter: undefined as never }] }),
  ],
  [
    'dense.weight has shape [4,4], expected [80, F]: images of 9 x 8 end as a map of 5 x 4 x 4',
    () => convEncoder(images, { ...weights, dense: { ...dense, weight: ones([4, 4]) } }),
  ],
  [
    'dense.bias has shape [4], expected [2]',
    () => convEncoder(images, { ...weights, dense: { ...dense, bias: block.bias } }),
  ],
  ['images is int32, expected float32', () => convEncoder(integers, weights)],
  ['images have shape [2,9,8,3], expected [n, H, W, 1]', () => convEncoder(ones([2, 9, 8, 3]), weights)],
  [
    'images have shape [2,72]; pass their height and width as the option shape',
    () => convEncoder(ones([2, 72]), weights),
  ],
  [
    'images have shape [2,72], expected [n, 81]: 9 x 9 x 1',
    () => convEncoder(ones([2, 72]), weights, { shape: [9, 9] }),
  ],
  ['but the option shape is [9,9]', () => convEncoder(images, weights, { shape: [9, 9] })],
  ['shape is [9]; give [height, width]', () => convEncoder(images, weights, { shape: [9] as never })],
  ['images has shape [72], expected [n, H, W, C] or', () => convEncoder(ones([72]), weights)],
])('%s', (message, run) => {
  expect(run).toThrow(SpatialDecoderError);
  expect(run).toThrow(message);
});

it('rejects a tensor that was disposed', () => {
  const gone = tf.ones([2, 9, 8, 1]);
  gone.dispose();
  expect(() => convEncoder(gone, weights)).toThrow('images was disposed before the call');
});
