/** What the operations on deformable templates reject, and what their error messages say. */
import {
  drawTemplates,
  SpatialDecoderError,
  type TemplateComparison,
  type TemplateInputs,
  templateNormalEquations,
  templateSquaredErrors,
} from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { afterAll, expect, it } from 'vitest';

const tensors: tf.Tensor[] = [];
const ones = <T extends tf.Tensor>(shape: number[]): T => {
  const tensor = tf.ones(shape) as T;
  tensors.push(tensor);
  return tensor;
};
const integers = tf.zeros([2, 5, 6], 'int32');
tensors.push(integers);
afterAll(() => tf.dispose(tensors));

const inputs: TemplateInputs = {
  ...{ pictures: ones<tf.Tensor3D>([2, 5, 6]), field: ones<tf.Tensor4D>([2, 2, 4, 4]) },
  ...{ theta: ones<tf.Tensor2D>([3, 5]), picture: [0, 1, 1] },
};
const comparison: TemplateComparison = { ...inputs, images: ones<tf.Tensor2D>([4, 30]), image: [3, 3, 0] };

it.each<[string, () => unknown]>([
  ['input "picturs" does not exist. Did you mean "pictures"?', () => drawTemplates({ ...inputs, picturs: 1 } as never)],
  ['drawTemplates: input "images" does not exist', () => drawTemplates(comparison)],
  ['option "pixel" does not exist. Did you mean "pixels"?', () => drawTemplates(inputs, { pixel: [1] } as never)],
  ['kernel is a promise, so an await', () => drawTemplates(inputs, { kernel: Promise.resolve({}) as never })],
  ['pictures has shape [30], expected [G, H, W] or [G, K, H, W]', () => drawWith({ pictures: ones([30]) })],
  ['pictures is int32, expected float32', () => drawWith({ pictures: integers as tf.Tensor3D })],
  ['pictures have shape [0,5,6]; give at least one picture', () => drawWith({ pictures: ones([0, 5, 6]) })],
  ['field has shape [2,1,4,4], expected [C, 2, g, g]', () => drawWith({ field: ones([2, 1, 4, 4]) })],
  ['field has shape [2,2,4,3], expected [C, 2, g, g]', () => drawWith({ field: ones([2, 2, 4, 3]) })],
  [
    'field has shape [2,2,1,1], expected [C, 2, g, g] with g of at least 2',
    () => drawWith({ field: ones([2, 2, 1, 1]) }),
  ],
  [
    'theta has shape [3,4], expected [R, 5]: angle, two shifts and 2 content latents',
    () => drawWith({ theta: ones([3, 4]) }),
  ],
  ['theta has shape [3,5], expected [R, 3]', () => drawWith({ field: undefined })],
  ['theta is undefined; expected a tensor [R, 3 + C]', () => drawWith({ theta: undefined as never })],
  ['picture is 1; expected a list of indices', () => drawWith({ picture: 1 as never })],
  ['picture has 2 indices, expected 3: one per row of theta', () => drawWith({ picture: [0, 1] })],
  ['picture[2] is 2, expected an integer from 0 to 1', () => drawWith({ picture: [0, 1, 2] })],
  ['pixels[1] is 30, expected an integer from 0 to 29', () => drawTemplates(inputs, { pixels: [0, 30] })],
  ['pixels[0] is 0.5, expected an integer', () => drawTemplates(inputs, { pixels: [0.5] })],
  ['images have shape [4,29], expected [n, 30]: 1 x 5 x 6', () => compareWith({ images: ones([4, 29]) })],
  ['images is undefined; expected a tensor [n, K * H * W]', () => templateSquaredErrors(inputs as never)],
  ['templateNormalEquations: image[0] is 4, expected an integer from 0 to 3', () => compareWith({ image: [4, 0, 0] })],
])('%s', (message, run) => {
  const before = tf.memory().numTensors - tensors.length;
  expect(run).toThrow(SpatialDecoderError);
  expect(run).toThrow(message);
  expect(tf.memory().numTensors - tensors.length).toBe(before);
});

const drawWith = (changes: Partial<TemplateInputs>) => drawTemplates({ ...inputs, ...changes });
const compareWith = (changes: Partial<TemplateComparison>) => templateNormalEquations({ ...comparison, ...changes });
