/** The Dirichlet distribution. */
import { customGrad, type Shape } from '@pyro-ts/engine';
import { expandTo, host, hostCall, rowwise, sumTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { independent, positive, simplex } from '../constraints.js';
import { Distribution, expandedShape, type TensorLike, toTensor } from '../distribution.js';
import { nextLogGamma } from '../draws.js';
import { TINY, xlogy } from '../family.js';

const { digamma, lgamma, trigamma } = host;
const sumOf = (row: Float64Array): number => row.reduce((sum, x) => sum + x, 0);
/** log of the product of Gamma(a_i) over Gamma of their sum. */
const logNormalizer = (a: Float64Array): number => a.reduce((sum, x) => sum + lgamma(x), -lgamma(sumOf(a)));

/** Density proportional to the product of x_i^(concentration_i - 1) on vectors that add to 1. Source: torch.distributions.Dirichlet. */
export class Dirichlet extends Distribution {
  override readonly support = simplex;
  /** [..., K]. */
  readonly concentration: tf.Tensor;

  constructor(concentration: TensorLike, batchShape?: Shape) {
    const a = toTensor(concentration);
    if (a.rank === 0) {
      throw new ShapeError(`Dirichlet: concentration must be a vector [..., K]; its shape is ${formatShape(a.shape)}.`);
    }
    super(batchShape ?? a.shape.slice(0, -1), a.shape.slice(-1));
    this.concentration = a;
  }

  override get parameters() {
    return { concentration: this.concentration };
  }
  override get argConstraints() {
    return { concentration: independent(positive, 1) };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return rowwise(
      [value, this.concentration],
      (x, a) => x.reduce((sum, xi, i) => sum + xlogy(a[i] - 1, xi), -logNormalizer(a)),
      [
        (x, a) => x.map((xi, i) => (a[i] === 1 ? 0 : (a[i] - 1) / xi)),
        (x, a) => {
          const psi = digamma(sumOf(a));
          return x.map((xi, i) => Math.log(xi) + psi - digamma(a[i]));
        },
      ],
    );
  }
  expand(batchShape: Shape): Dirichlet {
    return new Dirichlet(this.concentration, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const shape = this.shape(sampleShape);
    const k = this.eventShape[0];
    return customGrad([this.concentration], (concentration) => {
      const full = expandTo(concentration, shape);
      let draws = new Float64Array();
      const call = { name: 'dirichlet draws', shape, dtype: 'float32' } as const;
      const value = hostCall({
        ...call,
        inputs: [full],
        run: ([alpha], out) => {
          draws = drawRows(rng, alpha, k);
          for (let i = 0; i < out.length; i++) out[i] = Math.max(draws[i], TINY);
        },
      });
      const slopes = ([dy, alpha]: readonly ArrayLike<number>[], out: Float32Array | Int32Array) =>
        out.set(gradient(draws, alpha, dy, k));
      return {
        value,
        // The value is what fills `draws`.
        saved: [full, value],
        grad: (dy, saved) => [sumTo(hostCall({ ...call, inputs: [dy, ...saved], run: slopes }), concentration.shape)],
      };
    });
  }
  override mean(): tf.Tensor {
    return expandTo(this.concentration.div(this.concentration.sum(-1, true)), this.shape());
  }
  override variance(): tf.Tensor {
    const total = this.concentration.sum(-1, true);
    const mean = this.concentration.div(total);
    return expandTo(mean.mul(tf.sub(1, mean)).div(total.add(1)), this.shape());
  }
  override entropy(): tf.Tensor {
    const entropy = rowwise(
      [this.concentration],
      (a) => {
        const total = sumOf(a);
        return a.reduce((sum, x) => sum - (x - 1) * digamma(x), logNormalizer(a) + (total - a.length) * digamma(total));
      },
      [
        (a) => {
          const total = sumOf(a);
          return a.map((x) => (total - a.length) * trigamma(total) - (x - 1) * trigamma(x));
        },
      ],
    );
    return expandTo(entropy, this.batchShape);
  }
}

/** Normalised gamma draws, through their logarithms so that small concentrations do not all vanish. */
function drawRows(rng: RandomStream, alpha: ArrayLike<number>, k: number): Float64Array<ArrayBuffer> {
  const logs = Float64Array.from(alpha, (a) => nextLogGamma(rng, a));
  for (let from = 0; from < logs.length; from += k) {
    const row = logs.subarray(from, from + k);
    const max = row.reduce((m, x) => Math.max(m, x), Number.NEGATIVE_INFINITY);
    const total = row.reduce((sum, x) => sum + Math.exp(x - max), 0);
    for (let i = 0; i < k; i++) row[i] = Math.exp(row[i] - max) / total;
  }
  return logs;
}

/**
 * Each concentration moves its own entry along the quantile of its marginal, a beta, and the others in proportion (Jankowiak and Obermeyer
 * 2018): dx_j / da_i = s_i (1[i = j] - x_j) with s_i = (dx_i / da_i) / (1 - x_i).
 */
function gradient(x: Float64Array, alpha: ArrayLike<number>, dy: ArrayLike<number>, k: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let from = 0; from < x.length; from += k) {
    let total = 0;
    let upstream = 0;
    for (let i = from; i < from + k; i++) {
      total += alpha[i];
      upstream += x[i] * dy[i];
    }
    for (let i = from; i < from + k && k > 1; i++) {
      let rest = 0;
      for (let j = from; j < from + k; j++) if (j !== i) rest += x[j];
      const own = Math.max(x[i], 1e-300);
      const others = Math.max(rest, 1e-300);
      const [slope] = host.betaQuantileSlopes(alpha[i], total - alpha[i], own, others);
      out[i] = (slope / others) * (dy[i] - upstream);
    }
  }
  return out;
}

/**
 * A prior for vectors of probabilities [..., K].
 * @example const weights = sample('weights', dirichlet([0.5, 0.5, 0.5]));
 */
export const dirichlet = (concentration: TensorLike): Dirichlet => new Dirichlet(concentration);
