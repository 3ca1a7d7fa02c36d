/** Large matrix products in plans: by loops of machine code while they are provided, and without them. */
import { adamInPlace, type HostLoops, multiplyArrays, provideLoops } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectPlanned, planOf } from './planned.js';

let withdraw: (() => void) | undefined;
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  withdraw?.();
  withdraw = undefined;
});

/** Loops that count their calls. */
function counting(): HostLoops & { calls: number } {
  const loops = {
    calls: 0,
    multiply: (...call: Parameters<HostLoops['multiply']>) => {
      loops.calls++;
      multiplyArrays(...call);
    },
    adam: () => {
      loops.calls++;
    },
  };
  return loops;
}

describe('a large product', () => {
  const program = (x: tf.Tensor, w: tf.Tensor) => tf.tanh(tf.matMul(tf.slice(x, [2, 0], [64, 64]), w, false, true));
  const inputs = [{ shape: [70, 64] }, { shape: [48, 64] }];

  it('is one call of the provided loops, forward and for each gradient', () => {
    const loops = counting();
    withdraw = provideLoops(loops);
    expectPlanned(program, inputs);
    expect(loops.calls).toBe(3);
  });

  it('is computed without them once they are withdrawn', () => {
    const loops = counting();
    withdraw = provideLoops(loops);
    const [x, w] = [tf.randomNormal([70, 64]), tf.randomNormal([48, 64])];
    const plan = planOf(program, [x, w], false);
    plan.inputs[0]?.set(x.dataSync());
    plan.inputs[1]?.set(w.dataSync());
    plan.run();
    const before = [...(plan.outputs.get('value') ?? [])];
    withdraw();
    plan.run();
    expect(loops.calls).toBe(1);
    expect([...(plan.outputs.get('value') ?? [])]).toEqual(before);
  });

  it('is part of the generated code where it is small', () => {
    const loops = counting();
    withdraw = provideLoops(loops);
    expectPlanned((x, w) => tf.matMul(x, w), [{ shape: [8, 8] }, { shape: [8, 8] }]);
    expect(loops.calls).toBe(0);
  });

  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('is recorded with its operands transposed or not: %s, %s', (a, b) => {
    expectPlanned((x, w) => tf.matMul(x, w, a, b), [{ shape: [40, 40] }, { shape: [1, 40, 40] }]);
  });
});

it('Adam moves large parameters by the provided loops', () => {
  const loops = counting();
  withdraw = provideLoops(loops);
  const rates = { betas: [0.9, 0.999], stepSize: 0.1, unbias: 1, eps: 1e-8, weightDecay: 0 } as const;
  const move = (n: number) => {
    const [values, gradient, mean, square] = [0, 1, 0, 0].map((x) => new Float32Array(n).fill(x));
    adamInPlace(values, gradient, { mean, square }, rates);
    return values[0];
  };
  expect(move(100)).toBeLessThan(0);
  expect(loops.calls).toBe(0);
  expect(move(10_000)).toBe(0);
  expect(loops.calls).toBe(1);
});
