/** Closed forms between families of vectors. */
import { triangularSolve } from '@pyro-ts/engine';
import { host, rowwise } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { Normal } from '../continuous/normal.js';
import { Independent } from '../distribution.js';
import { Dirichlet } from '../multivariate/dirichlet.js';
import { MultivariateNormal } from '../multivariate/multivariateNormal.js';
import { type KlRule, rule } from './rule.js';

const { digamma, lgamma, trigamma } = host;
const sumOf = (row: Float64Array): number => row.reduce((sum, x) => sum + x, 0);

function betweenDirichlets(p: Dirichlet, q: Dirichlet): tf.Tensor {
  return rowwise(
    [p.concentration, q.concentration],
    (a, b) => {
      const total = sumOf(a);
      const psi = digamma(total);
      const start = lgamma(total) - lgamma(sumOf(b));
      return a.reduce((sum, x, i) => sum - lgamma(x) + lgamma(b[i]) + (x - b[i]) * (digamma(x) - psi), start);
    },
    [
      (a, b) => {
        const total = sumOf(a);
        const shared = (total - sumOf(b)) * trigamma(total);
        return a.map((x, i) => (x - b[i]) * trigamma(x) - shared);
      },
      (a, b) => {
        const shift = digamma(sumOf(a)) - digamma(sumOf(b));
        return b.map((x, i) => digamma(x) - digamma(a[i]) + shift);
      },
    ],
  );
}

interface Correlated {
  loc: tf.Tensor;
  scaleTril: tf.Tensor;
}

/** With L the factor of q: (|L^-1 L_p|^2 + |L^-1 (m_p - m_q)|^2 - D) / 2 + log det L - log det L_p. */
function betweenMultivariateNormals(p: Correlated, q: Correlated): tf.Tensor {
  const dim = q.scaleTril.shape[q.scaleTril.rank - 1];
  const logDet = (l: tf.Tensor) => l.mul(tf.eye(dim)).sum(-1).log().sum(-1);
  const spread = triangularSolve(q.scaleTril, p.scaleTril).square().sum([-2, -1]);
  const shift = triangularSolve(q.scaleTril, p.loc.sub(q.loc).expandDims(-1)).square().sum([-2, -1]);
  return spread.add(shift).sub(dim).mul(0.5).add(logDet(q.scaleTril)).sub(logDet(p.scaleTril));
}

const isNormalVector = (d: Independent): boolean => d.base instanceof Normal && d.n === 1;

/** Independent normals as correlated ones. */
function asCorrelated(d: Independent): Correlated {
  const { loc, scale } = d.base as Normal;
  const dim = d.eventShape[0];
  const full = tf.add(scale, tf.zeros([dim]));
  return { loc: tf.add(loc, tf.zeros([dim])), scaleTril: full.expandDims(-1).mul(tf.eye(dim)) };
}

export const vectorRules: KlRule[] = [
  rule(Dirichlet, Dirichlet, betweenDirichlets),
  rule(MultivariateNormal, MultivariateNormal, betweenMultivariateNormals),
  rule(Independent, MultivariateNormal, (p, q) => betweenMultivariateNormals(asCorrelated(p), q), isNormalVector),
  rule(
    MultivariateNormal,
    Independent,
    (p, q) => betweenMultivariateNormals(p, asCorrelated(q)),
    (_, q) => isNormalVector(q),
  ),
];
