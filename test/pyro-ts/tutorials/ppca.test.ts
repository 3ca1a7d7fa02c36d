/** Probabilistic principal component analysis: maximum likelihood and posterior in closed form (Tipping & Bishop 1999). */
import * as tf from '@tensorflow/tfjs';
import { constraints, multivariateNormal, normal, param, plate, RandomStream, sample, TraceELBO } from 'pyro-ts';
import { expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';
import { train, valuesOf } from '../autoguide/train.js';

const [N, D, K] = [100, 5, 2];

// program
function model(x: tf.Tensor2D) {
  const W = param('W', (rng) => rng.normal([K, D]));
  const mu = param('mu', tf.zeros([D]));
  const sigma = param('sigma', 1, { constraint: constraints.positive });
  plate('data', x.shape[0], () => {
    const z = sample('z', normal(tf.zeros([K]), 1).toEvent(1));
    sample('x', normal(tf.matMul(z, W).add(mu), sigma).toEvent(1), { obs: x });
  });
}

function guide(x: tf.Tensor2D) {
  const V = param('V', (rng) => rng.normal([D, K]).mul(0.1));
  const v = param('v', tf.zeros([K]));
  const scaleTril = param('scale_tril', tf.eye(K), { constraint: constraints.lowerCholesky });
  plate('data', x.shape[0], () => sample('z', multivariateNormal(tf.matMul(x, V).add(v), { scaleTril })));
}
// end

/** The eigenvalues of a symmetric matrix, largest first, by Jacobi rotations. */
function eigenvalues(matrix: number[][]): number[] {
  const a = matrix.map((row) => [...row]);
  for (let sweep = 0; sweep < 20; sweep++) {
    for (let p = 0; p < D; p++) {
      for (let q = p + 1; q < D; q++) {
        const angle = 0.5 * Math.atan2(2 * a[p][q], a[p][p] - a[q][q]);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const row of a) [row[p], row[q]] = [c * row[p] + s * row[q], c * row[q] - s * row[p]];
        [a[p], a[q]] = [a[p].map((x, k) => c * x + s * a[q][k]), a[q].map((x, k) => c * x - s * a[p][k])];
      }
    }
  }
  return a.map((row, i) => row[i]).sort((x, y) => y - x);
}

test('noise, subspace and likelihood are those of the eigenvalues', () => {
  const rng = new RandomStream('ppca');
  const basis = [
    [1, 0.5, -1, 0.2, 0.8],
    [0.3, -1, 0.4, 0.9, 0.1],
  ];
  const rows = Array.from({ length: N }, () => {
    const z = [1.5 * rng.nextNormal(), rng.nextNormal()];
    return Array.from({ length: D }, (_, d) => 1 + z[0] * basis[0][d] + z[1] * basis[1][d] + 0.4 * rng.nextNormal());
  });
  const means = rows[0].map((_, d) => rows.reduce((sum, row) => sum + row[d], 0) / N);
  const covariance = means.map((_, i) =>
    means.map((__, j) => rows.reduce((sum, row) => sum + (row[i] - means[i]) * (row[j] - means[j]), 0) / N),
  );
  const values = eigenvalues(covariance);
  const noise = values.slice(K).reduce((a, b) => a + b, 0) / (D - K);
  const logDet = values.slice(0, K).reduce((sum, v) => sum + Math.log(v), (D - K) * Math.log(noise));
  const logLikelihood = -0.5 * N * (D * Math.log(2 * Math.PI) + logDet + D);

  const x = tf.tensor2d(rows);
  const elbo = new TraceELBO({ numParticles: 4 });
  const svi = train(model, guide, { steps: 2000, lr: 0.03, elbo, args: [x] });
  expectClose(valuesOf(svi.params, 'sigma'), Math.sqrt(noise), 0.01);
  expectClose(valuesOf(svi.params, 'mu'), means, 0, 0.03);
  // The guide's family holds the posterior, so that the bound meets the likelihood.
  const losses = Array.from({ length: 20 }, () => {
    svi.steps++;
    return svi.evaluateLoss(x);
  });
  expect(Math.abs(losses.reduce((a, b) => a + b, 0) / 20 + logLikelihood)).toBeLessThan(0.5);
  x.dispose();
});
