/** A network of one unit without weights, so that each number is an activation's value or slope at an input. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import type { HostKernel, Operands, Problem } from '@pyro-ts/spatial-decoder/internal';
import { expect } from 'vitest';
import { plainDecoder } from './plainDecoder.js';

const inputs = [100, 3e38, -100, -3e38, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0, 8.5, -30];

export const classOf = (x: number): string => (Number.isFinite(x) ? 'a number' : String(x));

/** Holds value and slope at large, infinite and undefined inputs to the definition, `bound` relative to 1 or the number. */
export function checkOneUnit(kernel: HostKernel, activation: Activation, bound: number): void {
  const problem: Problem = {
    ...{ rows: inputs.length, pixels: 1, dims: 1, channels: 1, widths: [1] },
    ...{ firstActivation: activation, activation },
  };
  const operands: Operands = {
    ...{ grid: Float32Array.of(0), pose: new Float32Array(inputs.length), code: Float32Array.from(inputs) },
    ...{ weights: [Float32Array.of(1)], biases: [Float32Array.of(0)] },
  };
  const ones = Float32Array.from(inputs, () => 1);
  const { output, code } = plainDecoder(problem, operands, ones, undefined, Math.fround);
  const values = kernel.forward(problem, operands, false).output;
  const slopes = kernel.backward(problem, operands, ones).code;
  for (const [got, wanted] of [
    [values, output],
    [slopes, code],
  ]) {
    for (const [i, number] of wanted.entries()) {
      expect([inputs[i], classOf(got[i])]).toEqual([inputs[i], classOf(number)]);
      if (!Number.isFinite(number)) continue;
      expect(Math.abs(got[i] - number)).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(number)));
    }
  }
}
