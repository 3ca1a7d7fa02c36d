/** What the decoder's benchmarks share: a problem with operands of order 1, a timed training pass, and how many operations it is. */

/** The paper's decoder on `images` images of `side` x `side` pixels with `classes` classes. */
export function decoderProblem({ images = 64, classes = 4, pixels = 48 * 48, width = 128, hidden = 2 } = {}) {
  return {
    ...{ rows: images * classes, pixels, dims: 2, channels: 1, widths: Array(hidden + 1).fill(width) },
    ...{ firstActivation: 'tanh', activation: 'tanh' },
  };
}

export function drawOperands({ rows, pixels, dims, channels, widths }) {
  let state = 1;
  const draw = (length, scale) =>
    Float32Array.from({ length }, () => {
      state = (state * 48271) % 2147483647;
      return scale * (state / 1073741823.5 - 1);
    });
  const sizes = [...widths, channels];
  const operands = {
    grid: draw(pixels * dims, 1),
    pose: draw(rows * widths[0] * dims, 1),
    code: draw(rows * widths[0], 1),
    weights: widths.map((width, l) => draw(width * sizes[l + 1], 1.7 / Math.sqrt(width))),
    biases: widths.map((_, l) => draw(sizes[l + 1], 0.1)),
  };
  return { operands, upstream: draw(rows * pixels * channels, 1) };
}

/** Seconds of one forward and backward pass. */
export function timePass(kernel, problem, { operands, upstream }, keep) {
  const start = performance.now();
  const { saved } = kernel.forward(problem, operands, keep);
  kernel.backward(problem, operands, upstream, saved);
  saved?.release();
  return (performance.now() - start) / 1000;
}

/** Floating-point operations of the matrix products of one forward pass. */
export function forwardOperations({ rows, pixels, dims, channels, widths }) {
  const sizes = [dims, ...widths, channels];
  const products = sizes.slice(1).reduce((sum, size, l) => sum + 2 * sizes[l] * size, 0);
  return rows * pixels * products;
}
