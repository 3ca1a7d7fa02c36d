/** Gradients that leave nothing behind where something fails on the way. */
import * as tf from '@tensorflow/tfjs';
import { correctGradients } from '../gradients/index.js';

interface TapeNode {
  readonly saved?: readonly tf.Tensor[];
}
/** What TensorFlow.js keeps of a computation whose gradient is to be taken. */
interface TapeState {
  readonly gradientDepth: number;
  activeTape: TapeNode[] | null;
}

/**
 * Runs `body`, which takes gradients. Where it throws, the tensors that were saved for the gradient are freed: `tf.tidy` leaves them, and
 * TensorFlow.js frees them only after a gradient that succeeds.
 * @example freeingTape(() => tf.grad((x) => x.square())(tf.scalar(3))) // 6
 */
export function freeingTape<R>(body: () => R): R {
  correctGradients();
  try {
    return body();
  } catch (error) {
    const { state }: { state: TapeState } = tf.engine();
    // Inside another gradient its tape is still needed; whoever takes that one frees it.
    if (state.gradientDepth === 0 && state.activeTape) {
      for (const { saved = [] } of state.activeTape) for (const tensor of saved) tensor.dispose();
      state.activeTape = null;
    }
    throw error;
  }
}
