/** The decoder and its gradients by their definition: float64, one number at a time, nothing shared with any kernel. */
import type { Activation, Gradients, Operands, Problem } from '@pyro-ts/spatial-decoder';
import { erf } from 'mathjs';
import seedrandom from 'seedrandom';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const phi = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));
const bell = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Value and derivative of each activation at a pre-activation. */
const functions: Record<Activation, readonly [(x: number) => number, (x: number) => number]> = {
  tanh: [Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
  relu: [(x) => (x > 0 ? x : 0), (x) => (x > 0 ? 1 : 0)],
  leakyRelu: [(x) => (x > 0 ? x : 0.01 * x), (x) => (x > 0 ? 1 : 0.01)],
  softplus: [(x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), sigmoid],
  gelu: [(x) => x * phi(x), (x) => phi(x) + x * bell(x)],
};

export interface Decoded {
  readonly output: Float64Array;
  readonly pose: Float64Array;
  readonly code: Float64Array;
  readonly weights: readonly Float64Array[];
  readonly biases: readonly Float64Array[];
}

/** The nearest number with eight significant bits, ties to even; what bfloat16 makes of it. */
export function toBfloat16(value: number): number {
  bits.setFloat32(0, value);
  const nearest = bits.getUint32(0) + 0x7fff + (bits.getUint16(0) & 1);
  bits.setUint32(0, (nearest >>> 16) << 16);
  return bits.getFloat32(0);
}
const bits = new DataView(new ArrayBuffer(4));

/** `operand` is what a matrix product makes of each number that goes into it. */
export function plainDecoder(
  problem: Problem,
  operands: Operands,
  upstream: Float32Array,
  operand: (value: number) => number = (value) => value,
): Decoded {
  const { rows, pixels, dims, channels, widths } = problem;
  const sizes = [...widths, channels];
  const like = (values: Float32Array) => new Float64Array(values.length);
  const result = {
    output: new Float64Array(rows * pixels * channels),
    pose: like(operands.pose),
    code: like(operands.code),
    weights: operands.weights.map(like),
    biases: operands.biases.map(like),
  };
  const weights = operands.weights.map((matrix) => Array.from(matrix, operand));
  const kindOf = (layer: number) => functions[layer === 0 ? problem.firstActivation : problem.activation];
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < pixels; p++) {
      const before: number[][] = [];
      const after: number[][] = [];
      for (let l = 0; l < widths.length; l++) {
        before.push(
          Array.from({ length: widths[l] }, (_, j) => {
            let x = l === 0 ? operands.code[r * widths[0] + j] : operands.biases[l - 1][j];
            if (l === 0) {
              for (let d = 0; d < dims; d++)
                x += operands.pose[(r * widths[0] + j) * dims + d] * operands.grid[p * dims + d];
            } else
              for (let k = 0; k < widths[l - 1]; k++) x += operand(after[l - 1][k]) * weights[l - 1][k * widths[l] + j];
            return x;
          }),
        );
        after.push(before[l].map(kindOf(l)[0]));
      }
      const top = widths.length - 1;
      const at = (r * pixels + p) * channels;
      for (let c = 0; c < channels; c++) {
        let x = operands.biases[top][c];
        for (let k = 0; k < widths[top]; k++) x += operand(after[top][k]) * weights[top][k * channels + c];
        result.output[at + c] = x;
      }
      let gradient = Array.from(upstream.subarray(at, at + channels));
      for (let l = top; l >= 0; l--) {
        const outputs = sizes[l + 1];
        gradient.forEach((g, j) => {
          result.biases[l][j] += g;
        });
        const rounded = gradient.map(operand);
        gradient = after[l].map((x, k) => {
          let sum = 0;
          for (let j = 0; j < outputs; j++) {
            result.weights[l][k * outputs + j] += operand(x) * rounded[j];
            sum += rounded[j] * weights[l][k * outputs + j];
          }
          return sum * kindOf(l)[1](before[l][k]);
        });
      }
      gradient.forEach((g, j) => {
        result.code[r * widths[0] + j] += g;
        for (let d = 0; d < dims; d++) result.pose[(r * widths[0] + j) * dims + d] += g * operands.grid[p * dims + d];
      });
    }
  }
  return result;
}

/** Operands of order 1, with weights that keep the layers' values of order 1. */
export function drawOperands(problem: Problem, seed: string): { operands: Operands; upstream: Float32Array } {
  const random = seedrandom(seed);
  const draw = (length: number, scale = 1) => Float32Array.from({ length }, () => scale * (2 * random() - 1));
  const { rows, pixels, dims, channels, widths } = problem;
  const sizes = [...widths, channels];
  const operands = {
    grid: draw(pixels * dims),
    pose: draw(rows * widths[0] * dims),
    code: draw(rows * widths[0]),
    weights: widths.map((width, l) => draw(width * sizes[l + 1], 1.7 / Math.sqrt(width))),
    biases: widths.map((_, l) => draw(sizes[l + 1])),
  };
  return { operands, upstream: draw(rows * pixels * channels) };
}

/** The worst difference of a list of arrays, each against the largest expected number in it. */
export function worstError(actual: readonly ArrayLike<number>[], expected: readonly Float64Array[]): number {
  let worst = 0;
  expected.forEach((values, i) => {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    values.forEach((value, j) => {
      const error = Math.abs(actual[i][j] - value) / scale;
      // Where a number is not one, no bound holds.
      worst = error <= worst ? worst : error;
    });
  });
  return worst;
}

export const listed = (g: Gradients | Decoded): readonly (Float32Array | Float64Array)[] => [
  g.pose,
  g.code,
  ...g.weights,
  ...g.biases,
];
