/** The beta distribution. */
import { customGrad, type Shape } from '@pyro-ts/engine';
import { elementwise, host, hostMap, sizeOf, sumTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { positive, unitInterval } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextBeta } from '../draws.js';
import { BELOW_ONE, hostDensity, NumberFamily, TINY, xlogy } from '../family.js';

/** x log(1 + y), 0 where x is 0. */
const xlog1py = (x: number, y: number): number => (x === 0 ? 0 : x * Math.log1p(y));

/** Density proportional to x^(concentration1 - 1) (1 - x)^(concentration0 - 1) on [0, 1]. Source: torch.distributions.Beta. */
export class Beta extends NumberFamily<'concentration1' | 'concentration0'> {
  override readonly support = unitInterval;

  constructor(concentration1: TensorLike, concentration0: TensorLike, batchShape?: Shape) {
    super('Beta', { concentration1, concentration0 }, batchShape);
  }
  get concentration1(): tf.Tensor {
    return this.p.concentration1;
  }
  get concentration0(): tf.Tensor {
    return this.p.concentration0;
  }
  override get argConstraints() {
    return { concentration1: positive, concentration0: positive };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const { digamma: psi } = host;
    return hostDensity(
      [value, this.concentration1, this.concentration0],
      (x) => x >= 0 && x <= 1,
      (x, a, b) => xlogy(a - 1, x) + xlog1py(b - 1, -x) - host.lbeta(a, b),
      [
        (x, a, b) => (a === 1 ? 0 : (a - 1) / x) - (b === 1 ? 0 : (b - 1) / (1 - x)),
        (x, a, b) => Math.log(x) - psi(a) + psi(a + b),
        (x, a, b) => Math.log1p(-x) - psi(b) + psi(a + b),
      ],
    );
  }
  expand(batchShape: Shape): Beta {
    return new Beta(this.concentration1, this.concentration0, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const shape = this.shape(sampleShape);
    return customGrad([this.concentration1, this.concentration0], (...parameters) => {
      const x = new Float64Array(sizeOf(shape));
      const y = new Float64Array(x.length);
      let i = 0;
      const draw = (a: number, b: number) => {
        const at = i;
        // From the start again where a compiled step draws again.
        i = (i + 1) % x.length;
        [x[at], y[at]] = nextBeta(rng, a, b);
        return Math.min(Math.max(x[at], TINY), BELOW_ONE);
      };
      return {
        value: hostMap(parameters, draw, shape),
        saved: parameters,
        grad: (dy, saved) =>
          saved.map((parameter, which) => {
            let j = 0;
            const slope = (a: number, b: number) => {
              const at = j;
              j = (j + 1) % x.length;
              return host.betaQuantileSlopes(a, b, Math.max(x[at], 1e-300), Math.max(y[at], 1e-300))[which];
            };
            return sumTo(tf.mul(dy, hostMap(saved, slope, shape)), parameter.shape);
          }),
      };
    });
  }
  override mean(): tf.Tensor {
    return this.full(this.concentration1.div(this.concentration1.add(this.concentration0)));
  }
  override variance(): tf.Tensor {
    const [a, b] = [this.concentration1, this.concentration0];
    const total = a.add(b);
    return this.full(a.div(total).mul(b.div(total)).div(total.add(1)));
  }
  override entropy(): tf.Tensor {
    // On the host: the terms nearly cancel for large concentrations.
    const { digamma: psi, trigamma } = host;
    const slope = (a: number, b: number) => (a + b - 2) * trigamma(a + b) - (a - 1) * trigamma(a);
    const entropy = elementwise(
      [this.concentration1, this.concentration0],
      (a, b) => host.lbeta(a, b) - (a - 1) * psi(a) - (b - 1) * psi(b) + (a + b - 2) * psi(a + b),
      [slope, (a, b) => slope(b, a)],
    );
    return this.full(entropy);
  }
}

/**
 * A prior for probabilities: `concentration1` counts ones, `concentration0` zeros; both positive.
 * @example const fairness = sample('fairness', beta(10, 10));
 */
export const beta = (concentration1: TensorLike, concentration0: TensorLike): Beta =>
  new Beta(concentration1, concentration0);
