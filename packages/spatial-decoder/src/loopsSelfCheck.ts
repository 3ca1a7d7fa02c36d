/** Checks a product and an Adam step against plain loops, before a run relies on a kernel's loops. */
import type { HostLoops } from '@pyro-ts/engine/internal';

/** Sizes that are not multiples of vectors, tiles and panels. */
const [rows, inner, columns] = [29, 37, 71];
const TOLERANCE = 1e-4;

/** Pseudo-random numbers, the same on every machine: a pattern could hide an error of layout. */
const numbers = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => 0.8 * Math.sin(12.9898 * (i + 1) + 78.233 * seed));

/** What is wrong with the loops; undefined if they are correct. */
export function loopsSelfCheck(loops: HostLoops): string | undefined {
  return wrongProduct(loops) ?? wrongStep(loops);
}

/** Of a matrix and a transposed one. */
function wrongProduct(loops: HostLoops): string | undefined {
  const [a, b] = [numbers(rows * inner, 1), numbers(columns * inner, 2)];
  const output = new Float32Array(rows * columns);
  loops.multiply(
    { values: a, offset: 0, rows, columns: inner, rowStep: inner, columnStep: 1 },
    { values: b, offset: 0, rows: inner, columns, rowStep: 1, columnStep: inner },
    output,
  );
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a[i * inner + k] * b[j * inner + k];
      if (!(Math.abs(output[i * columns + j] - sum) <= TOLERANCE))
        return `its self-check failed: an entry of a product is ${output[i * columns + j]} instead of ${sum}`;
    }
  }
  return undefined;
}

function wrongStep(loops: HostLoops): string | undefined {
  const [values, gradient, mean] = [numbers(columns, 3), numbers(columns, 4), numbers(columns, 5)];
  const square = numbers(columns, 6).map(Math.abs);
  const before = [values, mean, square].map((x) => x.slice());
  const rates = { betas: [0.9, 0.99], stepSize: 0.1, unbias: 1.5, eps: 1e-3, weightDecay: 0.01 } as const;
  loops.adam(values, gradient, { mean, square }, rates);
  for (let i = 0; i < columns; i++) {
    const g = gradient[i] + rates.weightDecay * before[0][i];
    const m = rates.betas[0] * before[1][i] + (1 - rates.betas[0]) * g;
    const s = rates.betas[1] * before[2][i] + (1 - rates.betas[1]) * g * g;
    const moved = before[0][i] - (rates.stepSize * m) / (Math.sqrt(s) * rates.unbias + rates.eps);
    const found = [values[i], mean[i], square[i]];
    const wrong = [moved, m, s].findIndex((x, k) => !(Math.abs(x - found[k]) <= TOLERANCE));
    if (wrong >= 0)
      return `its self-check failed: a step of Adam comes to ${found[wrong]} instead of ${[moved, m, s][wrong]}`;
  }
  return undefined;
}
