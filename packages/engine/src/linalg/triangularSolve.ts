/** Linear systems with lower triangular matrices, on the host in float64, with gradients. */

import type * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { customGrad } from '../ops/customGrad.js';
import { broadcastShapes, type Shape } from '../ops/shapes.js';
import { hostCall } from '../recording/hostCalls.js';
import { solveLower } from './host.js';

/**
 * The x with l x = b (with `transposed`: l' x = b) for lower triangular l [..., n, n] and b [..., n, m], whose batch dimensions broadcast
 * against each other; what l holds above its diagonal is not read. The result is [..., n, m].
 * @example triangularSolve(tf.tensor2d([[2, 0], [1, 2]]), tf.tensor2d([[4], [4]])) // [[2], [1]]
 */
export function triangularSolve(l: tf.Tensor, b: tf.Tensor, transposed = false): tf.Tensor {
  const n = l.shape[l.rank - 1];
  const m = b.shape[b.rank - 1];
  const batch = broadcastShapes(l.shape.slice(0, -2), b.shape.slice(0, -2));
  if (l.rank < 2 || b.rank < 2 || l.shape[l.rank - 2] !== n || b.shape[b.rank - 2] !== n || !batch) {
    throw new OperandError(
      `triangularSolve needs l [..., n, n] and b [..., n, m]; they are [${l.shape}] and [${b.shape}].`,
    );
  }
  const lAt = offsets(l.shape.slice(0, -2), batch, n * n);
  const bAt = offsets(b.shape.slice(0, -2), batch, n * m);
  return customGrad([l, b], (lower, right) => {
    let x = new Float64Array();
    const call = { name: 'triangularSolve', dtype: 'float32' } as const;
    const value = hostCall({
      ...call,
      inputs: [lower, right],
      shape: [...batch, n, m],
      run: ([ls, bs], out) => {
        x = solveAll(ls, bs, lAt, bAt, n, m, transposed);
        out.set(x);
      },
    });
    const each = Int32Array.from(lAt, (_, i) => i * n * m);
    const gradientAt = (ls: ArrayLike<number>, dy: ArrayLike<number>) => solveAll(ls, dy, lAt, each, n, m, !transposed);
    return {
      value,
      // The value is what fills `x`.
      saved: [lower, value],
      grad: (dy, saved) => {
        const inputs = [dy, ...saved];
        const dl = hostCall({
          ...call,
          inputs,
          shape: l.shape,
          run: ([upstream, ls], out) => {
            const db = gradientAt(ls, upstream);
            const sums = new Float64Array(out.length);
            for (let i = 0; i < lAt.length; i++) addOuter(sums, lAt[i], db, x, i * n * m, n, m, transposed);
            out.set(sums);
          },
        });
        const db = hostCall({
          ...call,
          inputs,
          shape: b.shape,
          run: ([upstream, ls], out) => {
            const each = gradientAt(ls, upstream);
            const sums = new Float64Array(out.length);
            for (let i = 0; i < lAt.length; i++)
              for (let k = 0; k < n * m; k++) sums[bAt[i] + k] += each[i * n * m + k];
            out.set(sums);
          },
        });
        return [dl, db];
      },
    };
  });
}

/** Where the matrix of each element of the joint batch starts. */
function offsets(own: Shape, joint: Shape, size: number): Int32Array {
  let starts = [0];
  let stride = size;
  const perDim = joint.map((_, i) => {
    const at = own.length - 1 - i;
    const n = own[at] ?? 1;
    const step = n === 1 ? 0 : stride;
    stride *= n;
    return { step, size: joint[joint.length - 1 - i] };
  });
  for (const { step, size: count } of perDim) {
    // From the right: the dimensions so far repeat for each index of this one, which lies to their left.
    starts = Array.from({ length: count }, (_, k) => starts.map((s) => s + k * step)).flat();
  }
  return Int32Array.from(starts);
}

function solveAll(
  l: ArrayLike<number>,
  b: ArrayLike<number>,
  lAt: Int32Array,
  bAt: Int32Array,
  n: number,
  m: number,
  transposed: boolean,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(lAt.length * n * m);
  const lower = new Float64Array(n * n);
  for (let i = 0; i < lAt.length; i++) {
    const x = out.subarray(i * n * m, (i + 1) * n * m);
    for (let k = 0; k < n * m; k++) x[k] = b[bAt[i] + k];
    if (i === 0 || lAt[i] !== lAt[i - 1]) for (let k = 0; k < n * n; k++) lower[k] = l[lAt[i] + k];
    solveLower(lower, x, n, m, transposed);
  }
  return out;
}

/** Adds the gradient of one matrix: the lower triangle of -db x', or with `transposed` of -x db'. */
function addOuter(
  dl: Float64Array,
  at: number,
  db: Float64Array,
  x: Float64Array,
  from: number,
  n: number,
  m: number,
  transposed: boolean,
): void {
  const [rows, columns] = transposed ? [x, db] : [db, x];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < m; k++) sum += rows[from + i * m + k] * columns[from + j * m + k];
      dl[at + i * n + j] -= sum;
    }
  }
}
