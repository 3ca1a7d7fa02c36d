/** What the operation says about operands and options that do not fit. */

import { SpatialDecoderError, type SpatialDecoderInputs, selectKernel, spatialDecoder } from '@pyro-ts/spatial-decoder';
import { hostKernelOf } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

const inputs = (): SpatialDecoderInputs => ({
  grid: tf.zeros([5, 2]),
  pose: tf.zeros([3, 4, 2]),
  code: tf.zeros([3, 4]),
  hidden: [{ weight: tf.zeros([4, 6]), bias: tf.zeros([6]) }],
  output: { weight: tf.zeros([6, 1]), bias: tf.zeros([1]) },
});

function gone(): tf.Tensor3D {
  const pose = tf.zeros<tf.Rank.R3>([3, 4, 2]);
  pose.dispose();
  return pose;
}

it.each<[string, Partial<SpatialDecoderInputs>, string]>([
  ['a grid of no coordinates', { grid: tf.zeros([5, 0]) }, 'grid has shape [5,0], expected [P, 1] or more'],
  ['a grid that is an array', { grid: [[0, 0]] as never }, 'grid is no tensor; expected [P, d]'],
  ['a missing pose', { pose: undefined as never }, 'pose is no tensor; expected [R, H0, d]'],
  ['a flat grid', { grid: tf.zeros([10]) as never }, 'grid has shape [10], expected [P, d]'],
  [
    'a pose of another grid',
    { pose: tf.zeros([3, 4, 1]) },
    'pose has shape [3,4,1], expected [3, 4, 2]. It must agree with code [3,4]',
  ],
  ['a code of other rows', { code: tf.zeros([2, 4]) }, 'pose has shape [3,4,2], expected [2, 4, 2]'],
  [
    'a code of whole numbers',
    { code: tf.zeros([3, 4], 'int32') },
    "code is int32, expected float32. Cast it with tf.cast(x, 'float32')",
  ],
  [
    'a layer of another width',
    { hidden: [{ weight: tf.zeros([5, 6]), bias: tf.zeros([6]) }] },
    'hidden[0].weight has shape [5,6], expected [4, 6]. The layer before it has width 4',
  ],
  [
    'a bias of another width',
    { output: { weight: tf.zeros([6, 2]), bias: tf.zeros([1]) } },
    'output.bias has shape [1], expected [2]. Its weight is [6,2]',
  ],
  [
    'no channel',
    { output: { weight: tf.zeros([6, 0]), bias: tf.zeros([0]) } },
    'has width 0; every width must be 1 or more',
  ],
  ['no list of layers', { hidden: undefined as never }, 'hidden is undefined; give a list of layers { weight, bias }'],
  ['a layer that is none', { hidden: [null as never] }, 'hidden[0] is null; give a layer { weight [in, out], bias'],
  ['no output', { output: undefined as never }, 'output is undefined; give a layer { weight [in, out], bias [out] }'],
  ['a layer without a weight', { output: {} as never }, 'output.weight is no tensor; expected [in, out]'],
  [
    'an input that does not exist',
    { outputs: {} } as never,
    'input "outputs" does not exist. Did you mean "output"? Known: grid, pose, code, hidden, output.',
  ],
  ['a tensor that is gone', { pose: gone() }, 'pose was disposed of before the call. Create it again, or keep it with'],
])('%s', (_, changes, message) => {
  const run = () => spatialDecoder({ ...inputs(), ...changes });
  expect(run).toThrow(SpatialDecoderError);
  expect(run).toThrow(message);
});

it.each([
  [{ activation: 'relo' }, 'activation "relo" does not exist. Did you mean "relu"?'],
  [{ firstActivation: 'sin' }, 'firstActivation "sin" does not exist'],
  [{ pixel: [1] }, 'option "pixel" does not exist. Did you mean "pixels"?'],
  [{ pixels: [0, 5] }, 'pixels[1] is 5; the grid has 5 pixels, so give integers from 0 to 4'],
  [{ pixels: [0.5] }, 'pixels[0] is 0.5'],
  [{ pixels: ['1'] }, 'pixels[0] is "1"'],
  [{ pixels: 0 }, 'pixels is 0; give a list of integers or an Int32Array (of a tensor, its dataSync())'],
  [{ pixels: null }, 'pixels is null; give a list'],
  [{ activation: 'foo' }, 'activation "foo" does not exist. Known: tanh, relu, leakyRelu, softplus, gelu.'],
])('%j', (options, message) => {
  expect(() => spatialDecoder(inputs(), options as never)).toThrow(message);
});

it('pixels that are a tensor, pixels of an empty grid, and inputs that are none are rejected', () => {
  const run = (given: unknown, pixels?: unknown) => (): tf.Tensor =>
    spatialDecoder(given as SpatialDecoderInputs, { ...(pixels !== undefined && { pixels: pixels as number[] }) });
  expect(run(inputs(), tf.tensor1d([1, 2], 'int32'))).toThrow('pixels is an object; give a list of integers or an');
  const nowhere = { ...inputs(), grid: tf.zeros([0, 2]) };
  expect(run(nowhere, [0])).toThrow('pixels[0] is 0; the grid has no pixels, so give none.');
  expect(run(nowhere, [])().shape).toEqual([3, 0, 1]);
  expect(run(inputs(), [])().shape).toEqual([3, 0, 1]);
  expect(run(undefined)).toThrow('spatialDecoder takes an object of inputs, not undefined.');
});

it('leaves no tensor behind where it throws', () => {
  const given = inputs();
  const before = tf.memory().numTensors;
  expect(() => spatialDecoder(given, { pixels: [7] })).toThrow();
  tf.dispose(spatialDecoder(given));
  expect(tf.memory().numTensors).toBe(before);
});

const wanted = 'Pass what `await selectKernel()` returned';
it.each<[unknown, string]>([
  ['wasm', 'kernel is "wasm"'],
  [null, 'kernel is null'],
  [5, 'kernel is 5'],
  [{}, 'kernel is an object'],
  [{ kernel: 'wasm' }, 'kernel is an object'],
  [selectKernel, 'kernel is a function'],
])('the kernel %j is rejected', (kernel, message) => {
  const run = () => spatialDecoder(inputs(), { kernel } as never);
  expect(run).toThrow(SpatialDecoderError);
  expect(run).toThrow(`spatialDecoder: ${message}. ${wanted}`);
});

it('a forgotten await, and the kernel of the host in place of a kernel, are rejected', async () => {
  const promise = selectKernel({ kernel: 'wasm', threads: 1 });
  const run = (kernel: unknown) => () => spatialDecoder(inputs(), { kernel } as never);
  expect(run(promise)).toThrow(`kernel is a promise, so an await is missing. ${wanted}`);
  const selected = await promise;
  expect(run(hostKernelOf(selected))).toThrow(`kernel is a kernel of the host, which takes no tensors. ${wanted}`);
  expect(run(selected)().shape).toEqual([3, 5, 1]);
  selected.dispose();
  expect(run(await selectKernel({ kernel: 'reference' }))().shape).toEqual([3, 5, 1]);
});
