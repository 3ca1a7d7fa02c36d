/** The posterior's covariance from second derivatives of the log density, on the host. */
import * as tf from '@tensorflow/tfjs';
import { MultivariateNormal } from '../../distributions/multivariate/multivariateNormal.js';
import { NonFiniteError, SupportError } from '../../errors.js';

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
