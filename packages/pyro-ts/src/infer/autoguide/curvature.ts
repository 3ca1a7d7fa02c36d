/** Second derivatives from gradients, on the host, for engines that have no second derivatives to trust. */
import * as tf from '@tensorflow/tfjs';
import { MultivariateNormal } from '../../distributions/line/multivariateNormal.js';
import { NonFiniteError, SupportError } from '../../errors.js';

/** Weights of the gradients at x + 2h, x + h, x - h and x - 2h in the fourth-order central difference. */
const stencil = [
  [2, -1 / 12],
  [1, 8 / 12],
  [-1, -8 / 12],
  [-2, 1 / 12],
] as const;

/**
 * The symmetric matrix of second derivatives at `x`, row major, by central differences of float32 gradients. Each entry moves by a quarter of
 * the width that its curvature gives it (found by a first, coarse difference), so that neither rounding nor higher derivatives matter.
 */
export function hessian(gradientAt: (x: Float64Array) => Float32Array, x: Float64Array): Float64Array {
  const n = x.length;
  const moved = (i: number, step: number): Float32Array => {
    const at = x.slice();
    // Float32 holds neither x nor x + step exactly; what counts is that the points are those that the step says.
    at[i] = Math.fround(x[i]) + step;
    return gradientAt(at);
  };
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const coarse = exactStep(x[i], 1e-2 * Math.max(1, Math.abs(x[i])));
    const curvature = (moved(i, coarse)[i] - moved(i, -coarse)[i]) / (2 * coarse);
    const width = curvature > 0 ? 1 / Math.sqrt(curvature) : 1;
    const step = exactStep(x[i], width / 4);
    for (const [count, weight] of stencil) {
      const gradient = moved(i, count * step);
      for (let j = 0; j < n; j++) result[i * n + j] += (weight * gradient[j]) / step;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (result[i * n + j] + result[j * n + i]) / 2;
      result[i * n + j] = result[j * n + i] = mean;
    }
  }
  return result;
}

/** A step near `wanted` that is a power of 2, so that float32 holds x + step to the last digit of x. */
const exactStep = (x: number, wanted: number): number =>
  2 ** Math.round(Math.log2(Math.max(wanted, Math.abs(x) * 2 ** -16)));

/**
 * The lower triangular factor of the inverse of `matrix`, row major. `siteOf` names the entry to blame where the matrix is not positive
 * definite.
 */
export function inverseFactor(matrix: Float64Array, n: number, siteOf: (entry: number) => string): Float64Array {
  const scale = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const curvature = matrix[i * n + i];
    if (!Number.isFinite(curvature)) {
      throw new NonFiniteError(
        `The curvature of the log density at site "${siteOf(i)}" is not finite. Check that the point was trained on the same data.`,
        siteOf(i),
      );
    }
    if (curvature <= 0)
      throw notAPeak(`its curvature along site "${siteOf(i)}" is ${-curvature}, not below 0`, siteOf(i));
    scale[i] = 1 / Math.sqrt(curvature);
  }
  const correlation = matrix.map((v, i) => v * scale[Math.floor(i / n)] * scale[i % n]);
  try {
    const factor = tf.tidy(() =>
      new MultivariateNormal(tf.zeros([n]), {
        precision: tf.tensor2d(Float32Array.from(correlation), [n, n]),
      }).scaleTril.dataSync(),
    ) as Float32Array;
    return Float64Array.from(factor, (v, i) => v * scale[Math.floor(i / n)]);
  } catch (error) {
    if (error instanceof SupportError) throw notAPeak('its curvature is not negative in every direction');
    throw error;
  }
}

const notAPeak = (why: string, site?: string): SupportError =>
  new SupportError(
    `The Laplace approximation needs a peak of the log density, and the point that was learned is none: ${why}. Train longer, with more careful ` +
      'steps at the end; or the posterior is flat there: use AutoMultivariateNormal.',
    site,
  );
