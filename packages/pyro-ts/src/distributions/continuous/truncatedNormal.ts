/** The normal distribution between bounds. */
import { greaterEqual, lessEqual, type Shape } from '@pyro-ts/engine';
import { elementwise, expandTo, host } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { DrawError, OptionError, rejectUnknownKeys } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, greaterThan, interval, lessThan, positive, real } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { implicitDraws, NumberFamily } from '../family.js';

/** The bounds of a truncated normal; at least one. */
export interface TruncatedNormalBounds {
  /** @default no lower bound */
  readonly low?: TensorLike;
  /** @default no upper bound */
  readonly high?: TensorLike;
}

type Parameter = 'loc' | 'scale' | 'low' | 'high';

/** Draws of N(loc, scale^2) that lie between the bounds. Source: numpyro.distributions.TruncatedNormal. */
export class TruncatedNormal extends NumberFamily<Parameter> {
  private readonly bounds: TruncatedNormalBounds;

  constructor(loc: TensorLike, scale: TensorLike, bounds: TruncatedNormalBounds, batchShape?: Shape) {
    const given = finiteBounds(bounds);
    // Parameters that are not given are not there: what reads them asks first.
    super('TruncatedNormal', { loc, scale, ...given } as Record<Parameter, TensorLike>, batchShape);
    this.bounds = given;
  }
  get loc(): tf.Tensor {
    return this.p.loc;
  }
  get scale(): tf.Tensor {
    return this.p.scale;
  }
  get low(): tf.Tensor | undefined {
    return this.p.low;
  }
  get high(): tf.Tensor | undefined {
    return this.p.high;
  }
  override get support(): Constraint {
    const { low, high } = this;
    if (low && high) return interval(low, high);
    return low ? greaterThan(low) : lessThan(high as tf.Tensor);
  }
  override get argConstraints(): Record<string, Constraint> {
    const { low } = this;
    return { loc: real, scale: positive, low: real, high: low ? greaterThan(low) : real };
  }
  override get hasRsample(): boolean {
    return true;
  }

  /** The bounds in standard deviations from the mean. */
  private get standardised(): { low: tf.Tensor | undefined; high: tf.Tensor | undefined } {
    const of = (bound: tf.Tensor | undefined) => bound?.sub(this.loc).div(this.scale);
    return { low: of(this.low), high: of(this.high) };
  }

  /** A function of the standardised bounds (a, b), with its derivatives; a missing bound is infinite. */
  private ofBounds(f: Two, slopeLow: Two, slopeHigh: Two): tf.Tensor {
    const { low, high } = this.standardised;
    if (low && high) return elementwise([low, high], f, [slopeLow, slopeHigh]);
    if (low) return elementwise([low], (a) => f(a, Infinity), [(a) => slopeLow(a, Infinity)]);
    return elementwise([high as tf.Tensor], (b) => f(-Infinity, b), [(b) => slopeHigh(-Infinity, b)]);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const { low, high } = this;
    const logInside = [...(low ? [greaterEqual(value, low)] : []), ...(high ? [lessEqual(value, high)] : [])].map(
      (inside) => tf.log(tf.cast(inside, 'float32')),
    );
    const bounds = [low, high].filter((bound) => bound !== undefined);
    // The bounds follow value, loc and scale.
    const lowOf = (rest: number[]) => (low ? rest[0] : -Infinity);
    const highOf = (rest: number[]) => (high ? rest[rest.length - 1] : Infinity);
    const of =
      (f: (x: number, m: number, s: number, low: number, high: number) => number) =>
      (x: number, m: number, s: number, ...rest: number[]) =>
        f(x, m, s, lowOf(rest), highOf(rest));
    const slopes = [...(low ? [slopeInLow] : []), ...(high ? [slopeInHigh] : [])];
    const whole = elementwise([value, this.loc, this.scale, ...bounds], of(logDensityInside), [
      (x, m, s) => (m - x) / s / s,
      of(slopeInLoc),
      of(slopeInScale),
      ...slopes.map(of),
    ]);
    return logInside.reduce((sum, log) => tf.add(sum, log), whole);
  }
  expand(batchShape: Shape): TruncatedNormal {
    return new TruncatedNormal(this.loc, this.scale, this.bounds, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const shape = this.shape(sampleShape);
    const { low, high } = this.standardised;
    const bounds = [low, high].filter((bound) => bound !== undefined);
    const both: (f: Two) => (...x: number[]) => number = (f) =>
      low && high ? f : low ? (a) => f(a, Infinity) : (b) => f(-Infinity, b);
    // At a fixed quantile u, phi(z) dz = (1 - u) phi(a) da + u phi(b) db.
    const slopeLow = (z: number, a: number, b: number) => densityRatio(a, z) * share(z, b, a, b);
    const slopeHigh = (z: number, a: number, b: number) => densityRatio(b, z) * share(a, z, a, b);
    const slopes = [...(low ? [slopeLow] : []), ...(high ? [slopeHigh] : [])].map(
      (slope) =>
        (z: number, ...x: number[]) =>
          both((a, b) => slope(z, a, b))(...x),
    );
    const z = implicitDraws(
      bounds,
      shape,
      both((a, b) => draw(rng, a, b)),
      slopes,
    );
    const drawn = expandTo(this.loc, shape).add(z.mul(this.scale));
    const atLeast = this.low ? tf.maximum(drawn, expandTo(this.low, shape)) : drawn;
    return this.high ? tf.minimum(atLeast, expandTo(this.high, shape)) : atLeast;
  }
  override mean(): tf.Tensor {
    return this.full(this.loc.add(this.scale.mul(this.ofBounds(tilt, tiltByLow, tiltByHigh))));
  }
  override variance(): tf.Tensor {
    const spread: Two = (a, b) => 1 + edge(a, a, b) - edge(b, a, b) - tilt(a, b) ** 2;
    const byLow: Two = (a, b) => {
      const [h, k] = [hazard(a, a, b), edge(b, a, b)];
      return h - a * edge(a, a, b) + edge(a, a, b) * h - k * h - 2 * tilt(a, b) * tiltByLow(a, b);
    };
    const byHigh: Two = (a, b) => {
      const [h, k] = [hazard(b, a, b), edge(a, a, b)];
      return -h + b * edge(b, a, b) + edge(b, a, b) * h - k * h - 2 * tilt(a, b) * tiltByHigh(a, b);
    };
    return this.full(this.scale.square().mul(this.ofBounds(spread, byLow, byHigh)));
  }
}

type Two = (a: number, b: number) => number;

/** The point of [a, b] where the standard normal density is largest. */
const mode: Two = (a, b) => (a > 0 ? a : b < 0 ? b : 0);

/** The standard normal's probability of (a, b), over its density at the mode: neither vanishes far out, where both parts do. */
const scaledMass: Two = (a, b) => {
  if (a > 0) return scaledMass(-b, -a);
  if (b > 0) return Math.sqrt(Math.PI / 2) * (host.erf(b * Math.SQRT1_2) - host.erf(a * Math.SQRT1_2));
  const below = a === -Infinity ? 0 : Math.exp(0.5 * (b - a) * (b + a)) / host.inverseMills(a);
  return 1 / host.inverseMills(b) - below;
};

/** The standard normal density at x, which may be infinite, over that at z. */
const densityRatio: Two = (x, z) => Math.exp(0.5 * (z - x) * (z + x));

/** The standard normal density at x over the probability of (a, b); 0 at infinity. */
const hazard = (x: number, a: number, b: number): number =>
  Number.isFinite(x) ? densityRatio(x, mode(a, b)) / scaledMass(a, b) : 0;

/** The log density in terms of the distance from the mode, so that large squares do not have to cancel. */
const logDensityInside = (x: number, m: number, s: number, low: number, high: number): number => {
  const [a, b, z] = [(low - m) / s, (high - m) / s, (x - m) / s];
  const distance = (x - (a > 0 ? low : b < 0 ? high : m)) / s;
  return -0.5 * distance * (z + mode(a, b)) - Math.log(s) - Math.log(scaledMass(a, b));
};
const slopeInLoc = (x: number, m: number, s: number, low: number, high: number): number =>
  ((x - m) / s - tilt((low - m) / s, (high - m) / s)) / s;
const slopeInScale = (x: number, m: number, s: number, low: number, high: number): number => {
  const [a, b, z] = [(low - m) / s, (high - m) / s, (x - m) / s];
  return (z * z - 1 + edge(b, a, b) - edge(a, a, b)) / s;
};
const slopeInLow = (_: number, m: number, s: number, low: number, high: number): number =>
  hazard((low - m) / s, (low - m) / s, (high - m) / s) / s;
const slopeInHigh = (_: number, m: number, s: number, low: number, high: number): number =>
  -hazard((high - m) / s, (low - m) / s, (high - m) / s) / s;

/** x times it. */
const edge = (x: number, a: number, b: number): number => (Number.isFinite(x) ? x * hazard(x, a, b) : 0);

/** The mean in standard deviations, and its derivatives. */
const tilt: Two = (a, b) => hazard(a, a, b) - hazard(b, a, b);
const tiltByLow: Two = (a, b) => hazard(a, a, b) * tilt(a, b) - edge(a, a, b);
const tiltByHigh: Two = (a, b) => edge(b, a, b) - hazard(b, a, b) * tilt(a, b);

/** The probability of (c, d) over that of (a, b), which contains it. */
const share = (c: number, d: number, a: number, b: number): number =>
  c < d ? (densityRatio(mode(c, d), mode(a, b)) * scaledMass(c, d)) / scaledMass(a, b) : 0;

/** Beyond this many standard deviations quantiles are drawn by rejection (Robert 1995), which accepts nearly all there. */
const FAR = 30;
const TRIES = 1000;

/** A standard normal draw between a and b. */
function draw(rng: RandomStream, a: number, b: number): number {
  if (a > 0) return -draw(rng, -b, -a);
  if (!(b < -FAR)) {
    const [from, to] = [host.ndtr(a), host.ndtr(b)];
    return Math.min(Math.max(host.ndtri(from + (to - from) * rng.next()), a), b);
  }
  for (let i = 0; i < TRIES; i++) {
    // An exponential below b, cut at a.
    const step = -Math.log1p(rng.next() * Math.expm1(b * (b - a))) / -b;
    if (Math.log(rng.next()) < -0.5 * step * step) return b - step;
  }
  throw new DrawError(`TruncatedNormal: no draw was found between ${a} and ${b} standard deviations from the mean.`);
}

/** The bounds without those that are infinite. @throws {OptionError} where none is left */
function finiteBounds(bounds: TruncatedNormalBounds): TruncatedNormalBounds {
  rejectUnknownKeys('TruncatedNormal', bounds, ['low', 'high']);
  const { low, high } = bounds;
  const given = {
    ...(low !== undefined && low !== -Infinity && { low }),
    ...(high !== undefined && high !== Infinity && { high }),
  };
  if (Object.keys(given).length === 0) {
    throw new OptionError(
      'TruncatedNormal: give a bound, { low } or { high }, or both; without one it is normal(loc, scale).',
    );
  }
  return given;
}

/**
 * A normal distribution cut off at bounds.
 * @example truncatedNormal(0, 1, { low: 0 }).mean(); // 0.798, as of a half-normal
 * @throws {OptionError} without a bound
 */
export const truncatedNormal = (loc: TensorLike, scale: TensorLike, bounds: TruncatedNormalBounds): TruncatedNormal =>
  new TruncatedNormal(loc, scale, bounds);
