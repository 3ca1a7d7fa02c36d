/**
 * Sum and sample: the likeliest values of a discrete variable exactly, and one of the rest, drawn. An unbiased stand-in for the whole sum, in
 * value and in gradient. Source: Liu, Regier, Tripuraneni, Jordan, McAuliffe 2019, "Rao-Blackwellized stochastic gradients for discrete
 * distributions", section 3, with the cost of the likeliest value as the baseline of the score function.
 */
import { customGrad } from '@pyro-ts/engine';
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { Distribution } from '../../distributions/distribution.js';
import type { RandomStream } from '../../random.js';
import { drawIndex } from './drawIndex.js';
import { logTotal } from './logTotal.js';

export interface ChosenValues {
  /** [exact + 1, batch, event]: the likeliest values in order, then the drawn one, for each element of the batch. */
  values: tf.Tensor;
  /** [exact + 1, batch]: log weights, with the gradient that makes weighted sums of costs unbiased. */
  logWeight: tf.Tensor;
}

/** Chooses `exact` + 1 values of `fn` for each element of its batch. `exact` must be less than the number of values minus one. */
export function sumAndSample(fn: Distribution, exact: number, rng: RandomStream): ChosenValues {
  const support = fn.enumerateSupport(true);
  const k = support.shape[0];
  const batch = support.shape.slice(1, 1 + fn.batchShape.length);
  const b = sizeOf(batch);
  const logProb = tf.reshape(fn.logProb(support), [k, b]);
  const logQ = logProb.dataSync() as Float32Array;
  const chosen = choose(logQ, k, b, exact, rng);

  const rows = tf.tensor1d(
    chosen.flatMap((classes) => classes.map((c, i) => c * b + i)),
    'int32',
  );
  const values = tf.gather(tf.reshape(support, [k * b, ...fn.eventShape]), rows);
  return {
    values: tf.reshape(values, [exact + 1, ...batch, ...fn.eventShape]),
    logWeight: tf.reshape(logWeights(logProb, logQ, chosen), [exact + 1, ...batch]),
  };
}

/** For each element of the batch: the likeliest classes in order, then one of the others. [exact + 1][b] */
function choose(logQ: Float32Array, k: number, b: number, exact: number, rng: RandomStream): number[][] {
  const chosen = Array.from({ length: exact + 1 }, () => new Array<number>(b));
  for (let i = 0; i < b; i++) {
    const classes = Array.from({ length: k }, (_, c) => c).sort((x, y) => logQ[y * b + i] - logQ[x * b + i] || x - y);
    for (let e = 0; e < exact; e++) chosen[e][i] = classes[e];
    const rest = classes.slice(exact);
    const logs = rest.map((c) => logQ[c * b + i]);
    chosen[exact][i] = rest[drawIndex(logs, rng)];
  }
  return chosen;
}

/**
 * With q the probabilities, r the mass of the rest and j the drawn class: log q of the likeliest and log r of the drawn one. The drawn one's
 * gradient is that of log q_j, a score function; the likeliest one's loses r / q times the score d log(q_j / r), which makes its cost the
 * baseline of the drawn one's.
 */
function logWeights(logProb: tf.Tensor, logQ: Float32Array, chosen: readonly number[][]): tf.Tensor {
  const [k, b] = logProb.shape;
  const exact = chosen.length - 1;
  const rest = Array.from({ length: b }, (_, i) =>
    Array.from({ length: k }, (_, c) => c).filter((c) => !chosen.some((classes, e) => e < exact && classes[i] === c)),
  );
  const logRest = rest.map((classes, i) => logTotal(classes.map((c) => logQ[c * b + i])));
  const logs = chosen.map((classes, e) => classes.map((c, i) => (e === exact ? logRest[i] : logQ[c * b + i])));
  return customGrad([logProb], () => ({
    value: tf.tensor2d(logs),
    grad: (dy) => {
      const upstream = dy.dataSync();
      const gradient = new Float32Array(k * b);
      for (let i = 0; i < b; i++) {
        chosen.forEach((classes, e) => {
          gradient[classes[i] * b + i] += upstream[e * b + i];
        });
        if (logRest[i] === Number.NEGATIVE_INFINITY) continue;
        const baseline = upstream[i] * Math.exp(logRest[i] - logs[0][i]);
        gradient[chosen[exact][i] * b + i] -= baseline;
        for (const c of rest[i]) gradient[c * b + i] += baseline * Math.exp(logQ[c * b + i] - logRest[i]);
      }
      return [tf.tensor2d(gradient, [k, b])];
    },
  }));
}
