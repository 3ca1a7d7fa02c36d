/**
 * Deformable templates by kernel: the normal equations of one E-step in training (48 images x 4 classes x 2 bins on 144
 * pixels, 3 evaluations) and of inference (1,000 images x 4 classes x 6 bins on 576 pixels, 4 evaluations), the squared
 * errors that choose the bins, and a drawing with its gradient. Pictures of 48 x 48, 4 content latents, a field of 4 x
 * 4. Times are the least of several runs, as the peak is the best; operations are counted from the formulas, so the
 * rate is of useful arithmetic.
 */
import { availableParallelism } from 'node:os';
import { drawTemplates, selectKernel, templateNormalEquations, templateSquaredErrors } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';

const against = { native: 'fp32', wasm: 'simd128' };

const side = 48;
const classes = 4;
const contents = 4;
const grid = 4;

/** Rows, pixels and evaluations of each job. */
const jobs = {
  'training E-step': { images: 48, bins: 2, pixels: 144, times: 3, run: normalEquations },
  'training scores': { images: 48, bins: 8, pixels: 96, times: 1, run: squaredErrors },
  'training update': { images: 48, bins: 2, pixels: 144, times: 1, run: drawing },
  inference: { images: 1000, bins: 6, pixels: 576, times: 4, run: normalEquations },
  'inference scores': { images: 1000, bins: 8, pixels: 96, times: 1, run: squaredErrors },
};

/** Multiplications and additions per (row, pixel) by the formulas. */
const size = 3 + contents;
/** Rotation and shift 8, place in the field 6, its displacement 20, place in the picture 6. */
const position = 40;
const operations = {
  squaredErrors: position + 9 + 3,
  // Slopes of the field, the picture with its slopes, the residual, the Jacobian, its products.
  normalEquations: position + 12 + 27 + 1 + 15 + 21 * contents + (size + 1) * (size + 2),
  // Forward, then backward: slopes of field and picture, and what is spread to entries of both.
  drawing: position + 9 + position + 24 + 22 + 36,
};

/** `template` of the benchmark's JSON. */
export async function benchTemplate({ repeats = 3, seconds = 0.5, threads, peak, images } = {}) {
  const counts = threads ?? [...new Set([1, Math.min(2, availableParallelism())])];
  const kernels = [
    ['reference', 1],
    ...Object.keys(against).flatMap((kernel) => counts.map((count) => [kernel, count])),
  ];
  const figures = [];
  for (const [kernel, count] of kernels) {
    const selected = await selectKernel({ kernel, threads: count }).catch((error) => error.message);
    if (typeof selected === 'string') {
      console.error(selected);
      continue;
    }
    for (const [job, { run, ...sizes }] of Object.entries(jobs)) {
      if (kernel === 'reference' && job.startsWith('inference')) continue;
      const setting = { ...sizes, ...(images && { images }) };
      const data = drawInputs(setting);
      const once = () => tf.tidy(() => run(data, selected, setting.times));
      let best = Number.POSITIVE_INFINITY;
      once();
      const end = performance.now() + 1000 * seconds;
      for (let pass = 0; pass < repeats || performance.now() < end; pass++) {
        const start = performance.now();
        once();
        best = Math.min(best, (performance.now() - start) / 1000);
      }
      tf.dispose(Object.values(data).filter((value) => value instanceof tf.Tensor));
      const points = setting.images * classes * setting.bins * setting.pixels * setting.times;
      const gflops = (points * operations[run.name]) / best / 1e9;
      const reached = peak?.[against[kernel]];
      figures.push({
        ...{ kernel, job, threads: count, seconds: best, nsPerPixel: (best / points) * 1e9, gflops },
        ofPeak: reached && gflops / (reached * count),
      });
    }
    selected.dispose();
  }
  return figures;
}

function normalEquations(data, kernel, times) {
  for (let i = 0; i < times; i++) tf.dispose(templateNormalEquations(data, { pixels: data.chosen, kernel }));
}

function squaredErrors(data, kernel, times) {
  for (let i = 0; i < times; i++) templateSquaredErrors(data, { pixels: data.chosen, kernel }).dispose();
}

/** The squared error of drawn pixels, with its gradient to pictures and field. */
function drawing({ pictures, field, theta, picture, chosen }, kernel) {
  const loss = (a, b) =>
    tf.sum(tf.square(drawTemplates({ pictures: a, field: b, theta, picture }, { pixels: chosen, kernel })));
  tf.grads(loss)([pictures, field]);
}

/** Inputs whose rows are ordered class by class, as an E-step has them. */
function drawInputs({ images, bins, pixels }) {
  let state = 1;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const floats = (length, scale) => Float32Array.from({ length }, () => scale * (2 * next() - 1));
  const rows = classes * images * bins;
  const theta = floats(rows * size, 0.5);
  for (let r = 0; r < rows; r++) theta[r * size] *= 2 * Math.PI;
  const data = {
    pictures: tf.tensor3d(floats(classes * side * side, 1), [classes, side, side]),
    field: tf.tensor4d(floats(contents * 2 * grid * grid, 0.1), [contents, 2, grid, grid]),
    theta: tf.tensor2d(theta, [rows, size]),
    picture: Int32Array.from({ length: rows }, (_, r) => Math.floor(r / (images * bins))),
    images: tf.tensor2d(floats(images * side * side, 1), [images, side * side]),
    image: Int32Array.from({ length: rows }, (_, r) => Math.floor(r / bins) % images),
  };
  // Not among the operation's inputs.
  Object.defineProperty(data, 'chosen', {
    value: Int32Array.from({ length: pixels }, () => Math.floor(next() * side * side)),
  });
  return data;
}
