/** Products and dense layers: the values of tfjs's own operations, and gradients against closed forms written as sums. */
import { dense, matMul } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { expectClose, numericGradient } from '../numbers.js';

const draw = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);

/** sum_k a[i, k] b[k, j], one number at a time. */
function plainProduct(a: tf.Tensor2D, b: tf.Tensor2D): number[] {
  const [n, k] = a.shape;
  const m = b.shape[1];
  const [x, y] = [a.dataSync(), b.dataSync()];
  return Array.from({ length: n * m }, (_, at) => {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += x[Math.floor(at / m) * k + i] * y[i * m + (at % m)];
    return sum;
  });
}

const transposed = (x: tf.Tensor2D): tf.Tensor2D =>
  tf.tensor2d(
    (x.arraySync()[0] ?? []).map((_, j) => x.arraySync().map((row) => row[j])),
    [x.shape[1], x.shape[0]],
  );

describe('matMul', () => {
  // Sizes that make each gradient turn its first operand, and sizes that make it turn the second and the result.
  it.each([
    [3, 4, 5],
    [40, 3, 2],
    [2, 50, 3],
    [3, 2, 60],
    [1, 1, 1],
    [17, 130, 9],
  ])('[%i, %i] times a matrix of %i columns: value and both gradients', (n, k, m) => {
    tf.tidy(() => {
      const [a, b, up] = [draw([n, k], 1), draw([k, m], 2), draw([n, m], 3)] as tf.Tensor2D[];
      const { value, grads } = tf.valueAndGrads((x, y) =>
        tf.sum(tf.mul(up, matMul(x as tf.Tensor2D, y as tf.Tensor2D))),
      )([a, b]);
      expectClose(matMul(a, b), plainProduct(a, b));
      expectClose(value, [plainProduct(a, b).reduce((sum, x, i) => sum + x * up.dataSync()[i], 0)], 1e-4, 1e-4);
      expectClose(grads[0], plainProduct(up, transposed(b)));
      expectClose(grads[1], plainProduct(transposed(a), up));
    });
  });

  it.each([
    [0, 3, 2],
    [3, 0, 2],
    [3, 2, 0],
  ])('[%i, %i] times %i columns, without elements: zeros, and zero gradients', (n, k, m) => {
    tf.tidy(() => {
      // What lay in memory must not show through.
      tf.fill([n + 1, k + m + 1], Number.NaN).dispose();
      const f = (a: tf.Tensor, b: tf.Tensor) => tf.sum(matMul(a as tf.Tensor2D, b as tf.Tensor2D));
      const grads = tf.grads(f)([tf.ones([n, k]), tf.ones([k, m])]);
      expect(matMul(tf.ones([n, k]), tf.ones([k, m])).dataSync()).toEqual(new Float32Array(n * m));
      expect(grads.map((g) => [g.shape, [...g.dataSync()]])).toEqual([
        [[n, k], Array(n * k).fill(0)],
        [[k, m], Array(k * m).fill(0)],
      ]);
    });
  });

  it('rejects inner sizes that differ', () => {
    expect(() => matMul(tf.ones([2, 3]), tf.ones([4, 5]))).toThrow('[2,3] cannot be multiplied by [4,5]');
  });
});

describe('dense', () => {
  it.each([[[3]], [[4, 3]], [[2, 5, 3]], [[2, 1, 2, 3]], [[2, 1, 2, 2, 3]]])(
    'x %j: value and all gradients',
    (shape) => {
      tf.tidy(() => {
        const [x, w, b] = [draw(shape, 1), draw([3, 4], 2) as tf.Tensor2D, draw([4], 3) as tf.Tensor1D];
        const up = draw([...shape.slice(0, -1), 4], 4);
        const rows = tf.reshape(x, [-1, 3]) as tf.Tensor2D;
        const wanted = plainProduct(rows, w).map((v, i) => v + b.dataSync()[i % 4]);
        expect(dense(x, w, b).shape).toEqual(up.shape);
        expectClose(dense(x, w, b), wanted);
        const loss = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
          tf.mul(up, dense(x, w as tf.Tensor2D, b as tf.Tensor1D));
        const grads = tf.grads((...args: tf.Tensor[]) => tf.sum(loss(args[0], args[1], args[2])))([x, w, b]);
        expectClose(
          grads[0],
          numericGradient((t) => loss(t, w, b), x),
          1e-3,
          1e-4,
        );
        expectClose(
          grads[1],
          numericGradient((t) => loss(x, t, b), w),
          1e-3,
          1e-4,
        );
        expectClose(
          grads[2],
          numericGradient((t) => loss(x, w, t), b),
          1e-3,
          1e-4,
        );
      });
    },
  );

  it('multiplies no gradient for an operand that is data', () => {
    tf.tidy(() => {
      const [x, w] = [draw([6, 30], 1), draw([30, 4], 2)];
      const products = (count: () => unknown) => {
        const { kernelNames } = profile(count);
        return kernelNames.filter((name) => name === 'PyroMatMul' || name === 'PyroDense').length;
      };
      const both = products(() => tf.grads((a, b) => tf.sum(dense(a, b as tf.Tensor2D)))([x, w]));
      const weightOnly = products(() => tf.grads((b) => tf.sum(dense(x, b as tf.Tensor2D)))([w]));
      expect([both, weightOnly]).toEqual([3, 2]);
    });
  });

  it('takes an empty batch', () => {
    tf.tidy(() => {
      const f = (w: tf.Tensor) => tf.sum(dense(tf.zeros([2, 0, 3]), w as tf.Tensor2D));
      expect(dense(tf.zeros([2, 0, 3]), tf.ones([3, 4])).shape).toEqual([2, 0, 4]);
      expect([
        ...tf
          .grad(f)(tf.ones([3, 4]))
          .dataSync(),
      ]).toEqual(Array(12).fill(0));
    });
  });

  it('rejects an x of another width', () => {
    expect(() => dense(tf.ones([2, 3]), tf.ones([4, 5]))).toThrow(
      'x [2,3] must end in the 4 inputs of the weight [4,5]',
    );
    expect(() => dense(tf.scalar(1), tf.ones([4, 5]))).toThrow('must end in the 4 inputs');
  });

  it('leaks no tensor', () => {
    const [x, w, b] = [draw([5, 3], 1), draw([3, 4], 2) as tf.Tensor2D, draw([4], 3) as tf.Tensor1D];
    const before = tf.memory().numTensors;
    const grads = tf.grads((...args: tf.Tensor[]) =>
      tf.sum(dense(args[0], args[1] as tf.Tensor2D, args[2] as tf.Tensor1D)),
    )([x, w, b]);
    tf.dispose(grads);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([x, w, b]);
  });
});

/** The kernels that `f` runs, in order. */
function profile(f: () => unknown): { kernelNames: string[] } {
  const kernelNames: string[] = [];
  const engine = tf.engine();
  const runKernel = engine.runKernel;
  engine.runKernel = function (this: typeof engine, name, ...rest) {
    kernelNames.push(name);
    return runKernel.call(this, name, ...rest);
  } as typeof runKernel;
  try {
    f();
  } finally {
    engine.runKernel = runKernel;
  }
  return { kernelNames };
}
