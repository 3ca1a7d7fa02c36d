/** Checks of a call of the encoder, shared by all kernels: a kernel reads and writes as many numbers as the problem states. */
import { callChecks } from '../callChecks.js';
import type { HostKernel } from '../hostKernel.js';
import { type EncoderOperands, type EncoderProblem, mapLength, mapsOf } from './problem.js';

const MOST_IMAGES = 2 ** 30;
const MOST_SIZE = 2 ** 16;
/** The sides of filters, kMaxBlocks of native/encoder/plan.h. */
const MOST_SIDE = 255;
const MOST_BLOCKS = 16;

/** @throws {SpatialDecoderError} when a size is not valid, or the length of an array does not match the sizes. */
export function checkEncoderCall(
  kernel: HostKernel['name'],
  problem: EncoderProblem,
  operands: EncoderOperands,
  outside: { readonly output?: Float32Array } | { readonly upstream: Float32Array },
): void {
  const { fail, integer, floats } = callChecks(kernel);

  const { images, height, width, channels, blocks, features } = problem;
  integer('images', images, 0, MOST_IMAGES);
  for (const [name, value] of Object.entries({ height, width, channels, features })) integer(name, value, 1, MOST_SIZE);
  integer('the number of blocks', blocks.length, 1, MOST_BLOCKS);
  for (const { side, outputs } of blocks) {
    integer('the side of a filter', side, 1, MOST_SIDE);
    if (side % 2 === 0) fail(`the side of a filter must be odd; got ${side}`);
    integer('the outputs of a block', outputs, 1, MOST_SIZE);
  }
  const maps = mapsOf(problem);
  floats('the images', operands.images, images * mapLength(maps[0]));
  for (const name of ['filters', 'gains', 'biases'] as const) {
    const { length } = operands[name];
    if (length !== blocks.length)
      fail(`${name} must have one array for each of ${blocks.length} blocks; got ${length}`);
  }
  blocks.forEach(({ side, outputs }, l) => {
    floats('a filter', operands.filters[l], side * side * maps[l].channels * outputs);
    floats('a gain', operands.gains[l], outputs);
    floats('a bias', operands.biases[l], outputs);
  });
  floats('the dense weight', operands.dense, mapLength(maps[blocks.length]) * features);
  floats('the dense bias', operands.denseBias, features);
  if ('upstream' in outside) floats('the upstream gradient', outside.upstream, images * features);
  else if (outside.output !== undefined) floats('the output', outside.output, images * features);
}

/** Zero arrays for the gradients of a call. */
export function zeroEncoderGradients(
  { images, filters, gains, biases, dense, denseBias }: EncoderOperands,
  withImages: boolean,
) {
  const like = (values: Float32Array) => new Float32Array(values.length);
  return {
    ...(withImages && { images: like(images) }),
    ...{ filters: filters.map(like), gains: gains.map(like), biases: biases.map(like) },
    ...{ dense: like(dense), denseBias: like(denseBias) },
  };
}
