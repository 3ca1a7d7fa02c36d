/** Our own loops on the wasm engine's memory: that they run, what becomes of the memory, and that nothing is missed where they are not there. */
import { matMul } from '@pyro-ts/engine';
import {
  bernoulliLogProb,
  biasTanh,
  denseParts,
  firstNonFinite,
  firstOutside,
  peek,
  tensorFrom,
} from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../numbers.js';
import { processTest } from '../slow.js';
import { inChild } from './child.js';

const draw = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);

/** The names of the engine's kernels that `body` ran. */
function kernelsOf(body: () => unknown): string[] {
  const { state } = tf.engine();
  const from = state.activeProfile.kernels.length;
  state.profiling = true;
  tf.tidy(() => void body());
  state.profiling = false;
  return state.activeProfile.kernels.splice(from).map((kernel) => kernel.name);
}

describe('memory', () => {
  it('finds the first number out of range, wherever it stands', () => {
    tf.tidy(() => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        for (const at of [0, 3, 4, 9, 10]) {
          const values = Array.from({ length: 11 }, (_, i) => (i >= at ? bad : 3e38));
          expect(firstNonFinite(tf.tensor1d(values))).toBe(at);
        }
      }
      expect(firstNonFinite(tf.tensor1d([1, 2, 3]))).toBe(-1);
      expect(firstOutside(tf.tensor1d([0, 1, 0.1, 1.0001]), 0, 1)).toBe(3);
      expect(firstOutside(tf.tensor1d([0.1, 0.3]), 0.1, 0.3)).toBe(-1);
      expect(firstNonFinite(tf.zeros([0]))).toBe(-1);
    });
  });

  it('is written and read in place', () => {
    tf.tidy(() => {
      const made = tensorFrom([2, 3], (values) => values.set([1, 2, 3, 4, 5, 6]));
      expect(made.arraySync()).toEqual([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      expect([...peek(tf.add(made, 1))]).toEqual([2, 3, 4, 5, 6, 7]);
      expect(tensorFrom([0, 2], () => {}).shape).toEqual([0, 2]);
      expect(peek(tf.zeros([0])).length).toBe(0);
    });
  });

  it('leaves nothing behind where what fills a tensor throws', () => {
    const before = tf.memory();
    const fail = () => {
      throw new Error('no');
    };
    expect(() => tf.tidy(() => tensorFrom([4], fail))).toThrow('no');
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });

  it('of a clone outlives the original, and a variable that moves on takes no clone along', () => {
    const original = tf.tensor1d([1, 2, 3]);
    const clone = original.clone();
    original.dispose();
    tf.tidy(() => tf.fill([3], 7).dispose());
    expect([...clone.dataSync()]).toEqual([1, 2, 3]);
    const variable = tf.variable(clone);
    const before = variable.clone();
    tf.tidy(() => variable.assign(tf.mul(variable, 2)));
    expect([[...variable.dataSync()], [...before.dataSync()]]).toEqual([
      [2, 4, 6],
      [1, 2, 3],
    ]);
    const count = tf.memory();
    tf.dispose([clone, before, variable]);
    expect(tf.memory().numTensors).toBe(count.numTensors - 3);
  });

  it('does not grow by steps forward and back', () => {
    const [x, w, b] = [draw([4, 6], 1), draw([6, 3], 2) as tf.Tensor2D, draw([3], 3) as tf.Tensor1D];
    const step = () =>
      tf.tidy(() => {
        const f = (w: tf.Tensor, b: tf.Tensor) => {
          const parts = [tf.slice(x, [0, 0], [4, 2]), tf.slice(x, [0, 2], [4, 4])];
          const sum = denseParts(parts, w as tf.Tensor2D).reduce((p, q) => tf.add(p, q));
          return tf.sum(bernoulliLogProb(tf.scalar(1), biasTanh(sum, b as tf.Tensor1D), 1));
        };
        tf.grads(f)([w, b]);
      });
    step();
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 20; i++) step();
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });
});

describe.runIf(tf.getBackend() === 'wasm')('the loops', () => {
  it('are what the wasm engine runs', () => {
    const [a, b] = [draw([3, 4], 1) as tf.Tensor2D, draw([4, 2], 2) as tf.Tensor2D];
    expect(kernelsOf(() => bernoulliLogProb(tf.ones([3, 2]), matMul(a, b), 1))).toContain('PyroBernoulli');
    expect(kernelsOf(() => denseParts([a, a], draw([8, 2], 3) as tf.Tensor2D))).toContain('PyroDenseParts');
  });

  it('reject second derivatives in place of wrong ones', () => {
    const twice = (f: (x: tf.Tensor) => tf.Tensor) =>
      tf.grad((x) => tf.sum(tf.square(tf.grad((y) => tf.sum(f(y)))(x))))(draw([2, 3], 1));
    expect(() => twice((x) => biasTanh(x, tf.zeros([3])))).toThrow('Cannot compute gradient');
    expect(() => twice((x) => bernoulliLogProb(tf.ones([2, 3]), x))).toThrow('Cannot compute gradient');
  });

  const losses = `
    const { matMul } = await import('@pyro-ts/engine');
    const { bernoulliLogProb, biasTanh, denseParts } = await import('@pyro-ts/engine/internal');
    const draw = (shape, seed) => tf.randomUniform(shape, -1, 1, 'float32', seed);
    const loss = (x, w, b) => tf.sum(bernoulliLogProb(tf.fill([3, 6], 0.5),
      denseParts([x, draw([3, 2], 9)], w).map((t) => biasTanh(matMul(t, draw([5, 6], 7)), b)).reduce((p, q) => tf.add(p, q)), 1));
    const grads = tf.grads(loss)([draw([3, 4], 1), draw([6, 5], 2), draw([6], 3)]);
    answer({ fast: tf.getKernel('PyroBernoulli', 'wasm') !== undefined, grads: grads.map((g) => [...g.dataSync()]).flat() });`;
  interface Answer {
    fast: boolean;
    grads: number[];
  }
  const withLoops = `await selectEngine({ engine: 'wasm' });${losses}`;
  const plain = `await import('@tensorflow/tfjs-backend-wasm'); await tf.setBackend('wasm');${losses}`;
  const noSimd = `
    const validate = WebAssembly.validate;
    WebAssembly.validate = (bytes) => bytes.length < 2000 && validate(bytes);
    const compile = WebAssembly.compile;
    WebAssembly.compile = (bytes) => (bytes.length < 100000 ? Promise.reject(new Error('no SIMD')) : compile(bytes));
    ${withLoops}`;

  processTest.each([
    ['the engine is started without us', plain],
    ['they do not compile', noSimd],
  ])('are not missed where %s', (_, code) => {
    const [found, wanted] = [inChild(code).answer as Answer, inChild(withLoops).answer as Answer];
    expect([found.fast, wanted.fast]).toEqual([false, true]);
    expectClose(found.grads, wanted.grads, 1e-4, 1e-6);
  });

  processTest('leave the V8 flag that Node 20 needs as it was', () => {
    const relaxed = `const { relaxedSimd } = await import(new URL('wasm/binary.js', import.meta.resolve('@pyro-ts/engine')));
      const bytes = Uint8Array.from(atob(relaxedSimd), (c) => c.charCodeAt(0));`;
    const code = `${relaxed} const before = WebAssembly.validate(bytes); await selectEngine({ engine: 'wasm' });
      answer(before === WebAssembly.validate(bytes));`;
    expect(inChild(code).answer).toBe(true);
  });
});
