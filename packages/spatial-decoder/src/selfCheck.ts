/**
 * Small networks with every activation through a kernel and through plain loops in float64, before a run relies on the kernel: outputs against outputs,
 * and all gradients at once against the slope of the loss along one direction.
 */
import type { Activation, Gradients, HostKernel, Operands, Problem } from './hostKernel.js';

const sizes = { rows: 3, pixels: 23, dims: 2, channels: 2, widths: [11, 18] };

/** Activations whose slopes are stored come second, where slopes are kept too. */
const problems: readonly Problem[] = [
  { ...sizes, firstActivation: 'tanh', activation: 'softplus' },
  { ...sizes, firstActivation: 'relu', activation: 'gelu' },
  { ...sizes, firstActivation: 'leakyRelu', activation: 'tanh' },
];

const functions: Readonly<Record<Activation, (x: number) => number>> = {
  tanh: Math.tanh,
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x),
  softplus: (x) => Math.log1p(Math.exp(x)),
  gelu: (x) => x * normalCdf(x),
};

/** 1/2 + phi(x) (x + x^3 / 3 + x^5 / (3 5) + ...), for the moderate x that occur here. Source: Marsaglia 2004, Evaluating the normal distribution. */
function normalCdf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 3; Math.abs(term) > 1e-16; n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Pseudo-random numbers, the same on every machine: a pattern could hide an error of layout. */
const numbers = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => 0.8 * Math.sin(12.9898 * (i + 1) + 78.233 * seed));

const [first, second] = sizes.widths;
const operands: Operands = {
  grid: numbers(sizes.pixels * sizes.dims, 1),
  pose: numbers(sizes.rows * first * sizes.dims, 2),
  code: numbers(sizes.rows * first, 3),
  weights: [numbers(first * second, 4), numbers(second * sizes.channels, 5)],
  biases: [numbers(second, 6), numbers(sizes.channels, 7)],
};
const upstream = numbers(sizes.rows * sizes.pixels * sizes.channels, 8);

/** All differentiated operands in one list, and the direction of the directional derivative. */
const flat = (of: Operands | Gradients): Float32Array[] => [of.pose, of.code, ...of.weights, ...of.biases];
const direction = flat(operands).map((values, i) => numbers(values.length, 9 + i));

/** Tolerance, relative to the size of the numbers. */
const tolerances = { float32: 1e-4, bfloat16: 2e-2 };

/** What is wrong with the kernel; undefined if it is correct. */
export function selfCheck(kernel: HostKernel): string | undefined {
  const tolerance = tolerances[kernel.precision ?? 'float32'];
  for (const problem of problems) {
    const expected = plain(problem, 0);
    // So small that no unit crosses the kink of its activation.
    const step = 1e-6;
    const slope = (dot(plain(problem, step), upstream) - dot(plain(problem, -step), upstream)) / (2 * step);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const where = `with ${problem.firstActivation} and ${problem.activation}`;
    for (const keep of [true, false]) {
      const { output, saved } = kernel.forward(problem, operands, keep);
      const gradients = flat(kernel.backward(problem, operands, upstream, saved));
      saved?.release();
      const off = Math.max(...expected.map((value, i) => Math.abs(value - output[i])));
      if (!(off < tolerance * largest)) return `it failed its self-check (${where} an output is off by ${off})`;
      const actual = gradients.reduce((sum, values, i) => sum + dot(values, direction[i]), 0);
      if (!(Math.abs(actual - slope) < tolerance * Math.max(1, Math.abs(slope)))) {
        return `it failed its self-check (${where} a slope is ${actual} instead of ${slope})`;
      }
    }
  }
  return undefined;
}

/** The network by its definition, with the differentiated operands shifted by `step` along the direction. */
function plain({ rows, pixels, dims, firstActivation, activation }: Problem, step: number): number[] {
  const [pose, code, w1, w2, b1, b2] = flat(operands).map((values, i) =>
    Array.from(values, (value, j) => value + step * direction[i][j]),
  );
  const dense = (x: number[], weight: number[], bias: number[]) =>
    bias.map((b, j) => x.reduce((sum, value, i) => sum + value * weight[i * bias.length + j], b));
  const output: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let p = 0; p < pixels; p++) {
      const coordinate = Array.from({ length: first }, (_, h) => {
        const unit = row * first + h;
        let x = code[unit];
        for (let d = 0; d < dims; d++) x += pose[unit * dims + d] * operands.grid[p * dims + d];
        return functions[firstActivation](x);
      });
      const hidden = dense(coordinate, w1, b1).map(functions[activation]);
      output.push(...dense(hidden, w2, b2));
    }
  }
  return output;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
