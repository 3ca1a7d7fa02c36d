/**
 * Gradients that TensorFlow.js lacks or gets wrong, put into its registry: a user's own line of it inside a program has to work as in Pyro. What cannot be
 * put right there throws, and the errors of a program say so.
 */
import { registerArithmetic } from './arithmetic.js';
import { registerConstants } from './constants.js';
import { registerEinsum } from './einsum.js';
import { registerMoves } from './moves.js';
import { registerScans } from './scans.js';

let isDone = false;

/**
 * Registers them, once; they hold for every engine.
 * @example tf.grad((x) => tf.cumprod(x).sum())(tf.tensor1d([2, 3])) // [4, 2]
 */
export function correctGradients(): void {
  if (isDone) return;
  isDone = true;
  registerConstants();
  registerArithmetic();
  registerScans();
  registerMoves();
  registerEinsum();
}
