/** Models in two ways: the parameters that they share, and the comparison under a scale. */
import * as tf from '@tensorflow/tfjs';
import { categorical, param, scale } from 'pyro-ts';
import { describe, test } from 'vitest';
import { at, enumerated, expectSame } from './helpers.js';

const parameters = {
  w_a: [0.3, -0.4],
  w_b: [
    [0.2, 0.7, -0.5],
    [-0.6, 0.1, 0.4],
  ],
  w_b0: [0.2, -0.3, 0.6],
  w_c: [
    [0.5, -0.1],
    [-0.2, 0.3],
    [0.9, 0.4],
  ],
  locs: [-1, 0.3, 1.7],
  table: [
    [-1, 0.2, 0.8],
    [1.5, -0.4, 0.1],
  ],
  deviations: [0.8, 1.3],
};
export const logits = (name: string, ...index: tf.Tensor[]) =>
  categorical({ logits: index.length > 0 ? at(param(name), ...index) : param(name) });
export const data = [0.4, -1.2, 2.1];
export const x = (): tf.Tensor => tf.tensor1d(data);

/** Both ways under a scale, which belongs outside of every sum. */
export function pair(
  name: string,
  vectorised: () => void,
  sequential: () => void,
  [nesting, other]: [number, number] = [1, 0],
): void {
  describe.each([1, 10])(`${name}, scale %d`, (factorOf) => {
    test('agree', () => {
      expectSame(
        enumerated(parameters, nesting, scale(vectorised, factorOf)),
        enumerated(parameters, other, scale(sequential, factorOf)),
      );
    });
  });
}
