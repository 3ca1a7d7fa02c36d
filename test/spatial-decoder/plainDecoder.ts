/** The decoder and its gradients by their definition: float64, one number at a time, nothing shared with any kernel. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import type { Gradients, Operands, Problem } from '@pyro-ts/spatial-decoder/internal';
import { erf } from 'mathjs';
import seedrandom from 'seedrandom';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const phi = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));
const bell = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** NaN at NaN. */
const step = (x: number, below: number) => (x > 0 ? 1 : x <= 0 ? below : x);

/** Value and derivative of each activation at a pre-activation: its definition in IEEE arithmetic, at NaN and infinity too. */
const functions: Record<Activation, readonly [(x: number) => number, (x: number) => number]> = {
  tanh: [Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
  relu: [(x) => Math.max(x, 0), (x) => step(x, 0)],
  leakyRelu: [(x) => x * step(x, 0.01), (x) => step(x, 0.01)],
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

const asItIs = (value: number) => value;

/** `operand` is what a matrix product makes of each number that goes into it, `stored` what is left of one that a kernel stores. */
export function plainDecoder(
  problem: Problem,
  operands: Operands,
  upstream: Float32Array,
  operand: (value: number) => number = asItIs,
  stored: (value: number) => number = asItIs,
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
            return stored(x);
          }),
        );
        after.push(before[l].map((x) => stored(kindOf(l)[0](x))));
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
          return stored(stored(sum) * stored(kindOf(l)[1](before[l][k])));
        });
      }
      gradient.forEach((g, j) => {
        result.code[r * widths[0] + j] += g;
        for (let d = 0; d < dims; d++) result.pose[(r * widths[0] + j) * dims + d] += g * operands.grid[p * dims + d];
      });
    }
  }
  for (const values of [result.output, ...listed(result)]) values.set(values.map(stored));
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

export function listed(g: Decoded): readonly Float64Array[];
export function listed(g: Gradients): readonly Float32Array[];
export function listed(g: Gradients | Decoded): readonly (Float32Array | Float64Array)[] {
  return [g.pose, g.code, ...g.weights, ...g.biases];
}
