/** Operations through which nothing flows back: comparisons, logic, places. TensorFlow.js has no gradient for most, so a mask that was computed from a parameter fails. */
import * as tf from '@tensorflow/tfjs';
import { registerGradientOf } from '../wasm/kernels.js';

const operands: Readonly<Record<string, readonly string[]>> = {
  Greater: ['a', 'b'],
  GreaterEqual: ['a', 'b'],
  Less: ['a', 'b'],
  LessEqual: ['a', 'b'],
  Equal: ['a', 'b'],
  NotEqual: ['a', 'b'],
  LogicalAnd: ['a', 'b'],
  LogicalOr: ['a', 'b'],
  LogicalNot: ['x'],
  Any: ['x'],
  All: ['x'],
  SearchSorted: ['sortedSequence', 'values'],
  // TensorFlow.js takes it for a division.
  FloorDiv: ['a', 'b'],
};

export function registerConstants(): void {
  for (const [kernelName, names] of Object.entries(operands)) {
    registerGradientOf({
      kernelName,
      inputsToSave: [...names],
      gradFunc: (_, saved) => Object.fromEntries(names.map((name, i) => [name, () => tf.zeros(saved[i].shape)])),
    });
  }
}
