/**
 * A small encoder through a kernel and through plain loops in float64, before a run relies on the kernel: outputs against outputs, and all gradients at
 * once against the slope of the loss along one direction.
 */
import type { EncoderGradients, EncoderKernel, EncoderOperands, EncoderProblem } from './problem.js';
import { EPSILON, mapLength, mapsOf } from './problem.js';

/** Sizes that are not multiples of vectors and tiles; more images than are processed together. */
const problem: EncoderProblem = {
  ...{ images: 10, height: 11, width: 8, channels: 1, features: 11 },
  blocks: [
    { side: 5, outputs: 18 },
    { side: 3, outputs: 9 },
  ],
};
const maps = mapsOf(problem);

/** Pseudo-random numbers, the same on every machine: a pattern could hide an error of layout. */
const numbers = (length: number, seed: number, centre = 0, scale = 0.8): Float32Array =>
  Float32Array.from({ length }, (_, i) => centre + scale * Math.sin(12.9898 * (i + 1) + 78.233 * seed));

const operands: EncoderOperands = {
  images: numbers(problem.images * mapLength(maps[0]), 1),
  filters: problem.blocks.map(({ side, outputs }, l) => numbers(side * side * maps[l].channels * outputs, 2 + l)),
  gains: problem.blocks.map(({ outputs }, l) => numbers(outputs, 4 + l, 1, 0.5)),
  biases: problem.blocks.map(({ outputs }, l) => numbers(outputs, 6 + l)),
  dense: numbers(mapLength(maps[2]) * problem.features, 8, 0, 0.2),
  denseBias: numbers(problem.features, 9),
};
const upstream = numbers(problem.images * problem.features, 10);

/** All differentiated operands in one list, and the direction of the directional derivative. */
const flat = (of: EncoderOperands | EncoderGradients): Float32Array[] => [
  ...(of.images ? [of.images] : []),
  ...[...of.filters, ...of.gains, ...of.biases, of.dense, of.denseBias],
];
const direction = flat(operands).map((values, i) => numbers(values.length, 11 + i));

const TOLERANCE = 1e-4;

/** What is wrong with the encoder of a kernel; undefined if it is correct. */
export function encoderSelfCheck(encoder: EncoderKernel): string | undefined {
  const expected = plain(0);
  // So small that few units cross the kink of ReLU.
  const step = 1e-6;
  const slope = (dot(plain(step), upstream) - dot(plain(-step), upstream)) / (2 * step);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  for (const keep of [true, false]) {
    const { output, saved } = encoder.forward(problem, operands, keep);
    const gradients = flat(encoder.backward(problem, operands, upstream, true, saved));
    saved?.release();
    const off = Math.max(...expected.map((value, i) => Math.abs(value - output[i])));
    if (!(off < TOLERANCE * largest)) return `its encoder failed the self-check (an output is off by ${off})`;
    const actual = gradients.reduce((sum, values, i) => sum + dot(values, direction[i]), 0);
    if (!(Math.abs(actual - slope) < TOLERANCE * Math.max(1, Math.abs(slope))))
      return `its encoder failed the self-check (a slope is ${actual} instead of ${slope})`;
  }
  return undefined;
}

/** The network by its definition, with all operands shifted by `step` along the direction. */
function plain(step: number): number[] {
  const all = flat(operands).map((values, i) => Array.from(values, (value, j) => value + step * direction[i][j]));
  const { blocks, features } = problem;
  const count = blocks.length;
  const [dense, denseBias] = all.slice(1 + 3 * count);
  const size = mapLength(maps[0]);
  const output: number[] = [];
  for (let n = 0; n < problem.images; n++) {
    let map = all[0].slice(n * size, (n + 1) * size);
    for (let l = 0; l < count; l++)
      map = activated(convolved(map, all[1 + l], l), all[1 + count + l], all[1 + 2 * count + l]);
    for (let f = 0; f < features; f++)
      output.push(
        Math.max(
          0,
          map.reduce((sum, x, i) => sum + x * dense[i * features + f], denseBias[f]),
        ),
      );
  }
  return output;
}

function convolved(map: readonly number[], filter: readonly number[], l: number): number[] {
  const { side, outputs } = problem.blocks[l];
  const [from, to, half] = [maps[l], maps[l + 1], (side - 1) / 2];
  const result: number[] = [];
  for (let i = 0; i < to.height; i++) {
    for (let j = 0; j < to.width; j++) {
      const sums = new Array<number>(outputs).fill(0);
      for (let u = 0; u < side; u++) {
        for (let v = 0; v < side; v++) {
          const [y, x] = [2 * i + u - half, 2 * j + v - half];
          if (y < 0 || y >= from.height || x < 0 || x >= from.width) continue;
          for (let c = 0; c < from.channels; c++) {
            const value = map[(y * from.width + x) * from.channels + c];
            const tap = ((u * side + v) * from.channels + c) * outputs;
            for (let o = 0; o < outputs; o++) sums[o] += value * filter[tap + o];
          }
        }
      }
      result.push(...sums);
    }
  }
  return result;
}

function activated(map: readonly number[], gain: readonly number[], bias: readonly number[]): number[] {
  const mean = map.reduce((sum, z) => sum + z, 0) / map.length;
  const variance = map.reduce((sum, z) => sum + (z - mean) ** 2, 0) / map.length;
  const rate = 1 / Math.sqrt(variance + EPSILON);
  return map.map((z, i) => Math.max(0, (z - mean) * rate * gain[i % gain.length] + bias[i % gain.length]));
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
