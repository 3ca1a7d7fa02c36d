/**
 * A small network through a kernel and through plain loops in float64, before a run relies on the kernel: outputs against outputs, and all gradients
 * at once against the slope of the loss along one direction.
 */
import type { Gradients, Kernel, Operands, Problem } from './kernel.js';

const problem: Problem = {
  ...{ rows: 3, pixels: 37, dims: 2, channels: 2, widths: [11, 18], firstActivation: 'tanh', activation: 'softplus' },
};

/** Numbers without a pattern that an error of layout could keep, the same on every machine. */
const numbers = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => 0.8 * Math.sin(12.9898 * (i + 1) + 78.233 * seed));

const [first, second] = problem.widths;
const operands: Operands = {
  grid: numbers(problem.pixels * problem.dims, 1),
  pose: numbers(problem.rows * first * problem.dims, 2),
  code: numbers(problem.rows * first, 3),
  weights: [numbers(first * second, 4), numbers(second * problem.channels, 5)],
  biases: [numbers(second, 6), numbers(problem.channels, 7)],
};
const upstream = numbers(problem.rows * problem.pixels * problem.channels, 8);

/** All that is differentiated, in one list, and the direction along which the slope is taken. */
const flat = (of: Operands | Gradients): Float32Array[] => [of.pose, of.code, ...of.weights, ...of.biases];
const direction = flat(operands).map((values, i) => numbers(values.length, 9 + i));

/** How far a result may be off, against the size of the numbers. */
const tolerances = { float32: 1e-4, bfloat16: 2e-2 };

/** What is wrong with the kernel, or undefined where nothing is. */
export function selfCheck(kernel: Kernel): string | undefined {
  const expected = plain(0);
  const tolerance = tolerances[kernel.precision ?? 'float32'];
  const step = 1e-4;
  const slope = (dot(plain(step), upstream) - dot(plain(-step), upstream)) / (2 * step);
  for (const keep of [true, false]) {
    const { output, saved } = kernel.forward(problem, operands, keep);
    const gradients = flat(kernel.backward(problem, operands, upstream, saved));
    saved?.release();
    const off = Math.max(...expected.map((value, i) => Math.abs(value - output[i])));
    if (!(off < tolerance)) return `it failed its self-check (an output is off by ${off})`;
    const actual = gradients.reduce((sum, values, i) => sum + dot(values, direction[i]), 0);
    if (!(Math.abs(actual - slope) < tolerance * Math.max(1, Math.abs(slope)))) {
      return `it failed its self-check (a slope is ${actual} instead of ${slope})`;
    }
  }
  return undefined;
}

/** The network by its definition, with the differentiated operands moved by `step` along the direction. */
function plain(step: number): number[] {
  const [pose, code, w1, w2, b1, b2] = flat(operands).map((values, i) =>
    Array.from(values, (value, j) => value + step * direction[i][j]),
  );
  const dense = (x: number[], weight: number[], bias: number[]) =>
    bias.map((b, j) => x.reduce((sum, value, i) => sum + value * weight[i * bias.length + j], b));
  const { rows, pixels, dims } = problem;
  const output: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let p = 0; p < pixels; p++) {
      const coordinate = Array.from({ length: first }, (_, h) => {
        const unit = row * first + h;
        let x = code[unit];
        for (let d = 0; d < dims; d++) x += pose[unit * dims + d] * operands.grid[p * dims + d];
        return Math.tanh(x);
      });
      const hidden = dense(coordinate, w1, b1).map((x) => Math.log1p(Math.exp(x)));
      output.push(...dense(hidden, w2, b2));
    }
  }
  return output;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
