/** Every family takes numbers and nested numbers where it takes a tensor, and answers a value that does not fit with an error of its own. */
import * as tf from '@tensorflow/tfjs';
import { normal, RandomStream, ShapeError } from 'pyro-ts';
import { Independent } from 'pyro-ts/distributions';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';
import { oneOfEach } from './families.js';

describe.each(Object.entries(oneOfEach))('%s', (_, make) => {
  test('nested numbers are a tensor of them', () => {
    tf.tidy(() => {
      const x = make().sample(new RandomStream('numbers'), [2]);
      // Nested lists without a number in them have no shape.
      const numbers = x.size > 0 ? x.arraySync() : x;
      expectClose(make().logProb(numbers), make().logProb(x), 0, 0);
      expectClose(make().toEvent(1).logProb(numbers), make().toEvent(1).logProb(x), 0, 0);
      expectClose(make().mask(true).logProb(numbers), make().mask(true).logProb(x), 0, 0);
      expect(() => make().validateValue(numbers)).not.toThrow();
    });
  });

  test('one number is a scalar, and no vector', () => {
    tf.tidy(() => {
      const d = make();
      if (d.eventShape.length > 0) {
        expect(() => d.validateValue(0.5)).toThrow(ShapeError);
        // The dimensions of toEvent broadcast.
        if (d instanceof Independent) expect(d.logProb(0.5).shape).toEqual([2]);
        else expect(() => d.logProb(0.5)).toThrow(ShapeError);
      } else {
        expectClose(d.logProb(1), d.logProb(tf.scalar(1)), 0, 0);
        expect(d.logProb(1).shape).toEqual([2]);
      }
    });
  });

  test('what is no number, and shapes that do not fit, are errors that say so', () => {
    tf.tidy(() => {
      for (const value of ['a', undefined, null, { x: 1 }]) {
        expect(() => make().logProb(value as never)).toThrow(/Expected a number, nested lists of numbers or a tensor/);
      }
      const d = make();
      const message = /a value of shape \[7, 5(, \d)*\] does not fit/;
      expect(() => d.logProb(tf.zeros([7, 5, ...d.eventShape]))).toThrow(message);
    });
  });
});

test('a number as Normal takes it, by its closed form', () => {
  expectClose(normal(0, 2).logProb(1), [-0.125 - Math.log(2) - 0.5 * Math.log(2 * Math.PI)], 1e-6);
});
