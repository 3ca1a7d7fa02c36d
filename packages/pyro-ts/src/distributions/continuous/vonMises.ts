/** The von Mises distribution of angles. */
import type { Shape } from '@pyro-ts/engine';
import { elementwise, host } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { positive, real } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextVonMises } from '../draws.js';
import { implicitDraws, NumberFamily } from '../family.js';

const LOG_2PI = Math.log(2 * Math.PI);
const { besselRatio, i0e, vonMisesQuantileSlope } = host;

/** 1 - cos d, without cancellation. */
const versine = (d: number): number => 2 * Math.sin(d / 2) ** 2;
/** Derivative of `besselRatio`. */
const ratioSlope = (k: number): number => (k < 1e-8 ? 0.5 : 1 - besselRatio(k) / k - besselRatio(k) ** 2);

/**
 * Angles in radians with density proportional to exp(concentration cos(x - loc)). Draws lie in [-pi, pi); any angle may be observed.
 * Source: torch.distributions.VonMises; gradients through draws after Figurnov, Mohamed and Mnih 2018.
 */
export class VonMises extends NumberFamily<'loc' | 'concentration'> {
  override readonly support = real;

  constructor(loc: TensorLike, concentration: TensorLike, batchShape?: Shape) {
    super('VonMises', { loc, concentration }, batchShape);
  }
  get loc(): tf.Tensor {
    return this.p.loc;
  }
  get concentration(): tf.Tensor {
    return this.p.concentration;
  }
  override get argConstraints() {
    return { loc: real, concentration: positive };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const slope = (x: number, m: number, k: number) => -k * Math.sin(x - m);
    return elementwise(
      [value, this.loc, this.concentration],
      (x, m, k) => -k * versine(x - m) - LOG_2PI - Math.log(i0e(k)),
      [slope, (x, m, k) => -slope(x, m, k), (x, m, k) => 1 - besselRatio(k) - versine(x - m)],
    );
  }
  expand(batchShape: Shape): VonMises {
    return new VonMises(this.loc, this.concentration, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const around = implicitDraws([this.concentration], this.shape(sampleShape), (k) => nextVonMises(rng, k), [
      (x, k) => vonMisesQuantileSlope(k, x),
    ]);
    return elementwise([around.add(this.loc)], wrap, [() => 1]);
  }
  /** The circular mean. */
  override mean(): tf.Tensor {
    return this.full(this.loc);
  }
  /** The circular variance, 1 - I_1(concentration) / I_0(concentration). */
  override variance(): tf.Tensor {
    return this.full(elementwise([this.concentration], (k) => 1 - besselRatio(k), [(k) => -ratioSlope(k)]));
  }
  override entropy(): tf.Tensor {
    const ofConcentration = (k: number) => LOG_2PI + Math.log(i0e(k)) + k * (1 - besselRatio(k));
    return this.full(elementwise([this.concentration], ofConcentration, [(k) => -k * ratioSlope(k)]));
  }
}

/** The same angle in [-pi, pi). */
const wrap = (x: number): number => x - 2 * Math.PI * Math.floor((x + Math.PI) / (2 * Math.PI));

/**
 * Angles around `loc` (radians); the larger `concentration`, the closer. A unit vector, `projectedNormal`, is the better latent: it has no seam.
 * @example vonMises(0, 4).logProb(tf.scalar(0.3));
 */
export const vonMises = (loc: TensorLike, concentration: TensorLike): VonMises => new VonMises(loc, concentration);
