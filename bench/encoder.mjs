/**
 * The convolutional encoder's forward and backward pass on 384 views (default blocks, 128 features) by kernel, size and threads: 3 forward passes'
 * operations, less the gradient of the images. The time is the least, as the peak that it is set against is the best.
 */

import { availableParallelism } from 'node:os';
import { convEncoderShapes, selectKernel } from '@pyro-ts/spatial-decoder';
import { hostKernelOf } from '@pyro-ts/spatial-decoder/internal';

/** Each with the peak that it is quoted against. */
const against = { native: 'fp32', wasm: 'simd128' };

/** `encoder` of the benchmark's JSON. */
export async function benchEncoder({ repeats = 3, seconds = 1, threads, peak, views = 384, sides = [32, 48] } = {}) {
  const counts = threads ?? [...new Set([1, Math.min(2, availableParallelism())])];
  const settings = Object.keys(against).flatMap((kernel) =>
    sides.flatMap((side) =>
      counts.map((count) => ({ kernel, side, threads: count, seconds: Number.POSITIVE_INFINITY })),
    ),
  );
  const absent = new Set();
  for (let turn = 0; turn < repeats; turn++) {
    for (const setting of settings) {
      const { kernel, threads } = setting;
      const selected = await selectKernel({ kernel, threads }).catch((error) => error.message);
      if (typeof selected === 'string' || !hostKernelOf(selected)?.encoder) {
        absent.add(typeof selected === 'string' ? selected : `The kernel ${kernel} has no encoder.`);
        continue;
      }
      const problem = encoderProblem(views, setting.side);
      const data = drawOperands(problem);
      timePass(hostKernelOf(selected).encoder, problem, data);
      const end = performance.now() + 1000 * seconds;
      for (let pass = 0; pass < 3 || performance.now() < end; pass++)
        setting.seconds = Math.min(setting.seconds, timePass(hostKernelOf(selected).encoder, problem, data));
      selected.dispose();
    }
  }
  for (const reason of absent) console.error(reason);
  return settings
    .filter((setting) => Number.isFinite(setting.seconds))
    .map((setting) => {
      const gflops = passOperations(encoderProblem(views, setting.side)) / setting.seconds / 1e9;
      const best = peak?.[against[setting.kernel]];
      return { ...setting, views, gflops, ofPeak: best && gflops / (best * setting.threads) };
    });
}

const blocks = [
  { side: 5, outputs: 16 },
  { side: 3, outputs: 32 },
  { side: 3, outputs: 64 },
];

const encoderProblem = (images, side) => ({ images, height: side, width: side, channels: 1, blocks, features: 128 });

function drawOperands({ images, height, width, channels, features }) {
  let state = 1;
  const draw = (shape, scale) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => {
      state = (state * 48271) % 2147483647;
      return scale * (state / 1073741823.5 - 1);
    });
  const shapes = convEncoderShapes({ shape: [height, width], channels, blocks, features });
  const operands = {
    images: draw([images, height, width, channels], 1),
    filters: shapes.blocks.map(({ filter }) => draw(filter, 1.7 / Math.sqrt(filter[0] ** 2 * filter[2]))),
    gains: shapes.blocks.map(({ gain }) => draw(gain, 0.1).map((x) => 1 + x)),
    biases: shapes.blocks.map(({ bias }) => draw(bias, 0.1)),
    dense: draw(shapes.dense.weight, 1.7 / Math.sqrt(shapes.dense.weight[0])),
    denseBias: draw(shapes.dense.bias, 0.1),
  };
  return { operands, upstream: draw([images, features], 1) };
}

/** Seconds of one forward and backward pass. */
function timePass(encoder, problem, { operands, upstream }) {
  const start = performance.now();
  const { saved } = encoder.forward(problem, operands, true);
  encoder.backward(problem, operands, upstream, false, saved);
  saved?.release();
  return (performance.now() - start) / 1000;
}

/** Floating-point operations of the products of a forward and backward pass. */
function passOperations({ images, height, width, channels, features }) {
  const shapes = convEncoderShapes({ shape: [height, width], channels, blocks, features });
  let [rows, columns] = [height, width];
  const forward = shapes.blocks.map(({ filter }) => {
    [rows, columns] = [Math.ceil(rows / 2), Math.ceil(columns / 2)];
    return 2 * rows * columns * filter.reduce((a, b) => a * b);
  });
  forward.push(2 * shapes.dense.weight[0] * features);
  return images * (3 * forward.reduce((a, b) => a + b) - forward[0]);
}
