/**
 * Sum and sample: the likeliest values of a discrete variable exactly, and one of the rest, drawn. An unbiased stand-in for the whole sum, in
 * value and in gradient. Source: Liu, Regier, Tripuraneni, Jordan, McAuliffe 2019, "Rao-Blackwellized stochastic gradients for discrete
 * distributions", section 3, with the cost of the likeliest value as the baseline of the score function.
 */
import { greater, logSumExp, sizeOf, stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { Distribution } from '../../distributions/distribution.js';
import type { RandomStream } from '../../random.js';
import { drawIndex } from './drawIndex.js';

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
  const logQ = tf.reshape(fn.logProb(support), [k, b]);
  const chosen = choose(logQ.dataSync() as Float32Array, k, b, exact, rng);

  const rows = tf.tensor1d(
    chosen.flatMap((classes) => classes.map((c, i) => c * b + i)),
    'int32',
  );
  const values = tf.gather(tf.reshape(support, [k * b, ...fn.eventShape]), rows);
  return {
    values: tf.reshape(values, [exact + 1, ...batch, ...fn.eventShape]),
    logWeight: tf.reshape(logWeights(logQ, chosen), [exact + 1, ...batch]),
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
 * With q the probabilities, r the mass of the rest and j the drawn class: log weights log q of the likeliest and log r of the drawn one. The
 * drawn one's gradient gains the score d log(q_j / r), and the likeliest one's loses r times the same, which makes its cost the baseline.
 */
function logWeights(logQ: tf.Tensor, chosen: readonly number[][]): tf.Tensor {
  const [k, b] = logQ.shape;
  const exact = chosen.length - 1;
  const isExact = (c: number, i: number): boolean => chosen.slice(0, exact).some((classes) => classes[i] === c);
  const mask = (has: (c: number, i: number) => boolean): tf.Tensor =>
    tf.tensor(
      Uint8Array.from({ length: k * b }, (_, at) => (has(Math.floor(at / b), at % b) ? 1 : 0)),
      [k, b],
      'bool',
    );
  const zero = tf.zeros([k, b]);
  const picked = chosen.map((classes) =>
    tf.sum(
      tf.where(
        mask((c, i) => classes[i] === c),
        logQ,
        zero,
      ),
      0,
    ),
  );
  const logRest = logSumExp(
    tf.where(
      mask((c, i) => !isExact(c, i)),
      logQ,
      tf.fill([k, b], Number.NEGATIVE_INFINITY),
    ),
    0,
  );
  const alive = greater(logRest, Number.NEGATIVE_INFINITY);
  const safe = (x: tf.Tensor): tf.Tensor => tf.where(alive, x, tf.zerosLike(x));
  const logConditional = tf.sub(safe(picked[exact]), safe(logRest));
  const score = tf.sub(logConditional, stopGradient(logConditional));
  const odds = stopGradient(tf.exp(tf.sub(logRest, picked[0])));
  return tf.stack([tf.sub(picked[0], tf.mul(odds, score)), ...picked.slice(1, exact), tf.add(logRest, score)]);
}
