/** Typical mistakes end in typed errors that say where and what to do, and none in a raw error of TensorFlow.js. */

import * as tf from '@tensorflow/tfjs';
import { Adam, normal, OperationError, PyroError, param, SVI, sample, TraceELBO, trace } from 'pyro-ts';
import { expect, test } from 'vitest';
import { mistakes } from './mistakes.js';

const errorOf = (body: () => unknown): unknown => {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
};

test.each(mistakes)('%s', (_, body, words) => {
  const error = errorOf(body);
  expect(error).toBeInstanceOf(PyroError);
  expect((error as Error).message).toMatch(words);
});

test('there are sixty', () => void expect(mistakes.length).toBeGreaterThanOrEqual(60));

test('the error of TensorFlow.js is the cause, and names site and operation', () => {
  const model = () => {
    const z = sample('z', normal([0, 0], 1).toEvent(1));
    return tf.matMul(z.reshape([1, 2]), tf.ones([3, 1]));
  };
  const error = errorOf(() => trace.with(model)) as OperationError;
  expect(error).toBeInstanceOf(OperationError);
  expect(error.site).toBe('z');
  expect(error.message).toMatch(
    /operation matMul of TensorFlow\.js failed: Error in matMul: inner shapes \(2\) and \(3\)/,
  );
  expect(error.cause).toBeInstanceOf(Error);
});

test("a program's own errors stay what they are", () => {
  const own = new Error('my own');
  const model = () => {
    sample('z', normal(param('m', 0), 1));
    throw own;
  };
  expect(errorOf(() => new SVI(model, model, new Adam(), new TraceELBO()).step())).toBe(own);
  const missing = () => (undefined as unknown as { id: number }).id;
  expect(errorOf(() => new SVI(missing, missing, new Adam(), new TraceELBO()).step())).toBeInstanceOf(TypeError);
});
