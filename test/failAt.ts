/** Makes the engine fail at one of its operations, to see what is left behind. */
import * as tf from '@tensorflow/tfjs';

export class InjectedError extends Error {}

interface Engine {
  runKernel: (...args: unknown[]) => unknown;
}

/**
 * Runs `body` with an engine whose operation number `at` (counted from 0) throws an InjectedError in place of its result. Clones do not count: they
 * only share memory, which cannot fail. Returns the number of operations that ran, and whether the error came out; any other error is thrown on.
 */
export function failAt(at: number, body: () => unknown): { operations: number; failed: boolean } {
  const engine = tf.engine() as unknown as Engine;
  const own = engine.runKernel;
  let operations = 0;
  engine.runKernel = (...args) => {
    if (args[0] !== 'Identity' && operations++ === at) throw new InjectedError(`operation ${at}`);
    return own.apply(engine, args);
  };
  try {
    body();
    return { operations, failed: false };
  } catch (error) {
    if (!(error instanceof InjectedError)) throw error;
    return { operations, failed: true };
  } finally {
    engine.runKernel = own;
  }
}

/** Fails at each `stride`-th operation of `body` in turn, and reports the first that leaves tensors behind. */
export function leaks(body: () => unknown, stride = 1): string[] {
  const found: string[] = [];
  for (let at = 0; ; at += stride) {
    const before = tf.memory();
    const { failed, operations } = failAt(at, body);
    const after = tf.memory();
    if (after.numTensors !== before.numTensors || after.numDataBuffers !== before.numDataBuffers) {
      found.push(`operation ${at} of ${operations}: ${after.numTensors - before.numTensors} tensors`);
    }
    if (!failed || found.length > 3) return found;
  }
}
