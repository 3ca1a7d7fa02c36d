/** The gradients of TensorFlow.js's operations against finite differences, on every engine that loads: the ones it lacks, gets wrong, or has on some engines only. */
import { type EngineName, engineNames, selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectClose, gradOf, numericGradient } from '../numbers.js';
import { cases, operand } from './gradientCases.js';

const running = tf.getBackend() as EngineName;
afterAll(async () => void (await selectEngine({ engine: running })));

describe.each(engineNames)('%s', (engine) => {
  let isThere = true;
  beforeAll(async () => {
    isThere = await selectEngine({ engine }).then(
      () => true,
      () => false,
    );
  });

  test.each(cases)('%s', (_, f, shapes) => {
    if (!isThere) return;
    tf.tidy(() => {
      const operands = shapes.map(operand);
      operands.forEach((x, i) => {
        const of = (moved: tf.Tensor) => f(...operands.map((other, k) => (k === i ? moved : other)));
        expectClose(gradOf(of, x), numericGradient(of, x, 3e-3), 5e-3, 4e-3);
      });
    });
  });

  test('leaves no tensor behind', () => {
    if (!isThere) return;
    const before = tf.memory().numTensors;
    for (const [, f, shapes] of cases) {
      tf.tidy(() => {
        const operands = shapes.map(operand);
        for (const i of shapes.keys())
          gradOf((x) => f(...operands.map((other, k) => (k === i ? x : other))), operands[i]);
      });
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});
