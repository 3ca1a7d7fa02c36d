/** Student's t distribution. */
import { type Shape, select } from '@pyro-ts/engine';
import { elementwise, host } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { positive, real } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextLogGamma } from '../draws.js';
import { HUGE, implicitDraws, NumberFamily } from '../family.js';

const { digamma, gammaQuantileSlope, lbeta, trigamma } = host;

/** (psi((df + 1) / 2) - psi(df / 2)) / 2. */
const halfPsiGap = (df: number): number => 0.5 * (digamma((df + 1) / 2) - digamma(df / 2));

/** A draw of sqrt(df / chi-squared), at most the largest float32. From logarithms: a gamma draw of a small shape is 0 in any precision. */
const nextWidening = (rng: RandomStream, df: number): number =>
  Math.min(HUGE, Math.exp(0.5 * (Math.log(df / 2) - nextLogGamma(rng, df / 2))));

/** How a draw of it moves with df at its quantile. */
function wideningSlope(w: number, df: number): number {
  if (w >= HUGE) return 0;
  const g = df / 2 / w ** 2;
  return (w / 2) * (1 / df - gammaQuantileSlope(df / 2, g) / (2 * g));
}

/** Heavier tails than the normal's: density proportional to (1 + z^2 / df)^(-(df + 1) / 2). Source: torch.distributions.StudentT. */
export class StudentT extends NumberFamily<'df' | 'loc' | 'scale'> {
  override readonly support = real;

  constructor(df: TensorLike, loc: TensorLike = 0, scale: TensorLike = 1, batchShape?: Shape) {
    super('StudentT', { df, loc, scale }, batchShape);
  }
  get df(): tf.Tensor {
    return this.p.df;
  }
  get loc(): tf.Tensor {
    return this.p.loc;
  }
  get scale(): tf.Tensor {
    return this.p.scale;
  }
  override get argConstraints() {
    return { df: positive, loc: real, scale: positive };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const slope = (x: number, df: number, m: number, s: number) => (-(df + 1) * (x - m)) / (df * s * s + (x - m) ** 2);
    return elementwise(
      [value, this.df, this.loc, this.scale],
      (x, df, m, s) =>
        -0.5 * (df + 1) * Math.log1p(((x - m) / s) ** 2 / df) - Math.log(s) - 0.5 * Math.log(df) - lbeta(0.5, df / 2),
      [
        slope,
        (x, df, m, s) => {
          const q = ((x - m) / s) ** 2 / df;
          return 0.5 * (((df + 1) / df) * (q / (1 + q)) - Math.log1p(q) - 1 / df) + halfPsiGap(df);
        },
        (x, df, m, s) => -slope(x, df, m, s),
        (x, df, m, s) => (-1 - (x - m) * slope(x, df, m, s)) / s,
      ],
    );
  }
  expand(batchShape: Shape): StudentT {
    return new StudentT(this.df, this.loc, this.scale, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const shape = this.shape(sampleShape);
    const widening = implicitDraws([this.df], shape, (df) => nextWidening(rng, df), [wideningSlope]);
    // With a fraction of a degree of freedom most draws are beyond float32.
    return tf.clipByValue(rng.normal(shape).mul(widening).mul(this.scale).add(this.loc), -HUGE, HUGE);
  }
  /** NaN where df <= 1. */
  override mean(): tf.Tensor {
    return this.full(select(tf.greater(this.df, 1), this.loc, tf.scalar(Number.NaN)));
  }
  /** Infinite where df <= 2 and NaN where df <= 1. */
  override variance(): tf.Tensor {
    const excess = select(tf.greater(this.df, 2), this.df.sub(2), tf.scalar(0));
    const defined = select(tf.greater(this.df, 1), this.scale.square(), tf.scalar(Number.NaN));
    return this.full(defined.mul(this.df).div(excess));
  }
  override entropy(): tf.Tensor {
    const ofDf = elementwise([this.df], (df) => (df + 1) * halfPsiGap(df) + 0.5 * Math.log(df) + lbeta(0.5, df / 2), [
      (df) => 0.25 * (df + 1) * (trigamma((df + 1) / 2) - trigamma(df / 2)) + 0.5 / df,
    ]);
    return this.full(ofDf.add(this.scale.log()));
  }
}

/**
 * `df` degrees of freedom, `loc` (0) and `scale` (1), broadcast against each other.
 * @example studentT(4, 0, 2).sample(rng, [100]);
 */
export const studentT = (df: TensorLike, loc: TensorLike = 0, scale: TensorLike = 1): StudentT =>
  new StudentT(df, loc, scale);
