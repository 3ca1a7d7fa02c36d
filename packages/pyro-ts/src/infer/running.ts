/** What every run of a user's program has around it: warnings of its own, a running engine, and errors of TensorFlow.js that say what to do. */
import { EngineError } from '@pyro-ts/engine';
import { engineState } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { explained } from '../runtime/explain.js';
import { warn, warningsOf } from '../runtime/warn.js';

/** Runs `body`, which runs `program`. */
export function running<R>(program: object, body: () => R): R {
  return warningsOf(program, () => {
    checkEngine();
    try {
      return body();
    } catch (error) {
      throw explained(error);
    }
  });
}

let hasWarned = false;

function checkEngine(): void {
  const state = engineState();
  if (state === 'starting') {
    throw new EngineError(
      'selectEngine() has not finished: the program would begin on one engine and end on another. Write "await selectEngine();" before it.',
    );
  }
  if (state === 'none' && !hasWarned) {
    hasWarned = true;
    // Starts the backend, so that it has a name.
    tf.backend();
    warn(
      `No engine was selected, so everything runs on TensorFlow.js's backend "${tf.getBackend()}", which may be many times slower than necessary. Write ` +
        '"await selectEngine();" (from @pyro-ts/engine) once, at the start of the program.',
    );
  }
}
