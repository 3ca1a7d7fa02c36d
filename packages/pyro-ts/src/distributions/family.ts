/** What families of independent numbers share: parameters that broadcast together, densities and draws that are evaluated on the host. */
import { customGrad, type Shape } from '@pyro-ts/engine';
import { elementwise, expandTo, type HostFunction, hostMap, sizeOf, sumTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { positive, real } from './constraints.js';
import { batchShapeOf, Distribution, type TensorLike, toTensor } from './distribution.js';

/** A family whose draws are numbers and whose parameters `p` broadcast against each other. */
export abstract class NumberFamily<K extends string> extends Distribution {
  protected readonly p: Record<K, tf.Tensor>;

  constructor(family: string, parameters: Record<K, TensorLike>, batchShape?: Shape) {
    const entries = Object.entries<TensorLike>(parameters).map(([key, value]) => [key, toTensor(value)] as const);
    const p = Object.fromEntries(entries) as Record<K, tf.Tensor>;
    super(batchShape ?? batchShapeOf(family, p), []);
    this.p = p;
  }

  override get parameters(): Record<K, tf.Tensor> {
    return this.p;
  }

  /** A moment or an entropy, made of parameters, of the full batch shape. */
  protected full(x: tf.Tensor): tf.Tensor {
    return expandTo(x, this.batchShape);
  }
}

/** A family of numbers with a location and a scale, whose draws have gradients. */
export abstract class LocScaleFamily extends NumberFamily<'loc' | 'scale'> {
  constructor(family: string, loc: TensorLike, scale: TensorLike, batchShape?: Shape) {
    super(family, { loc, scale }, batchShape);
  }
  get loc(): tf.Tensor {
    return this.p.loc;
  }
  get scale(): tf.Tensor {
    return this.p.scale;
  }
  override get argConstraints() {
    return { loc: real, scale: positive };
  }
  override get hasRsample(): boolean {
    return true;
  }
}

/**
 * A log density on the host in float64: `f(x, ...parameters)` where `inside(x, ...parameters)`, else minus infinity with no gradient. `partials`
 * are the derivatives of f in x and in each parameter.
 */
export function hostDensity(
  inputs: tf.Tensor[],
  inside: (...x: number[]) => boolean,
  f: HostFunction,
  partials: readonly (HostFunction | undefined)[],
): tf.Tensor {
  const within =
    (g: HostFunction, outside: number): HostFunction =>
    (a, b, c, d) =>
      inside(a, b, c, d) ? g(a, b, c, d) : outside;
  return elementwise(
    inputs,
    within(f, Number.NEGATIVE_INFINITY),
    partials.map((partial) => partial && within(partial, 0)),
  );
}

/**
 * Draws on the host with the gradient that keeps each at its quantile: `draw` makes one from its parameters, `slopes[i]` is its derivative in
 * the i-th parameter, given the draw and the parameters (Figurnov, Mohamed and Mnih 2018).
 */
export function implicitDraws(
  parameters: tf.Tensor[],
  shape: Shape,
  draw: HostFunction,
  slopes: readonly HostFunction[],
): tf.Tensor {
  return customGrad(parameters, (...ps) => {
    const exact = new Float64Array(sizeOf(shape));
    let i = 0;
    const value = hostMap(
      ps,
      (...p) => {
        const at = i;
        // From the start again where a compiled step draws again.
        i = (i + 1) % exact.length;
        exact[at] = draw(...p);
        return exact[at];
      },
      shape,
    );
    return {
      value,
      saved: ps,
      grad: (dy, saved) =>
        saved.map((p, k) => {
          let j = 0;
          const slopeOf: HostFunction = (...x) => {
            const at = j;
            j = (j + 1) % exact.length;
            return slopes[k](exact[at], ...x);
          };
          const slope = hostMap(saved, slopeOf, shape);
          return sumTo(tf.mul(dy, slope), p.shape);
        }),
    };
  });
}

/** x log y, 0 where x is 0. */
export const xlogy = (x: number, y: number): number => (x === 0 ? 0 : x * Math.log(y));

/** The smallest normal float32. */
export const TINY = 2 ** -126;
/** The largest float32. */
export const HUGE = (2 - 2 ** -23) * 2 ** 127;
/** Euler's constant. */
export const EULER = 0.5772156649015329;
/** The largest float32 below 1. */
export const BELOW_ONE = 1 - 2 ** -24;

/** |x| with derivative 0 at 0. */
export const magnitude = (x: tf.Tensor): tf.Tensor => x.mul(tf.sign(x));
