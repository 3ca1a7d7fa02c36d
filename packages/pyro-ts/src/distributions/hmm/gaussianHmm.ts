/** A linear dynamical system with Gaussian noise as one distribution over sequences of observations. */
import { type Shape, triangularSolve } from '@pyro-ts/engine';
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, rejectUnknownKeys, ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, independent, realVector } from '../constraints.js';
import { Distribution, expandedShape, type TensorLike, toTensor } from '../distribution.js';
import type { MultivariateNormal } from '../multivariate/multivariateNormal.js';
import {
  integrateAll,
  integrateShared,
  joined,
  logDeterminant,
  logIntegral,
  type PairGaussian,
  transposed,
} from './gaussian.js';

/** What a GaussianHMM is made of, for D hidden and O observed numbers and T observations. */
export interface GaussianHMMParts {
  /** The hidden state before the first observation: of batchShape [...] and eventShape [D]. */
  initial: MultivariateNormal;
  /** x_t = x_{t-1} transitionMatrix + noise: [..., T or 1, D, D], or [D, D]. */
  transitionMatrix: TensorLike;
  /** The noise: of batchShape [..., T or 1] or [], and eventShape [D]. */
  transition: MultivariateNormal;
  /** y_t = x_t observationMatrix + noise: [..., T or 1, D, O], or [D, O]. */
  observationMatrix: TensorLike;
  /** The noise: of batchShape [..., T or 1] or [], and eventShape [O]. */
  observation: MultivariateNormal;
  /** Number of observations. @default the size of the time dimension of the four that have one */
  duration?: number;
}

/**
 * Sequences [T, O] of observations y of a hidden x that moves linearly. As in Pyro the initial state is that before the first observation. The hidden states are
 * integrated out exactly, all times at once, in log2(T) rounds. Source: pyro.distributions.GaussianHMM.
 */
export class GaussianHMM extends Distribution {
  override readonly support: Constraint = independent(realVector, 1);
  private readonly matrices: { readonly transition: tf.Tensor; readonly observation: tf.Tensor };

  constructor(
    readonly parts: GaussianHMMParts,
    batchShape?: Shape,
  ) {
    const names = ['initial', 'transitionMatrix', 'transition', 'observationMatrix', 'observation', 'duration'];
    rejectUnknownKeys('GaussianHMM', parts, names);
    const [transition, observation] = [parts.transitionMatrix, parts.observationMatrix].map(toTensor).map(inTime);
    const [dim] = parts.initial.eventShape;
    const observed = observation.shape[observation.rank - 1];
    const sizes = [
      [...transition.shape.slice(-2), ...parts.transition.eventShape, observation.shape[observation.rank - 2]],
      parts.observation.eventShape,
    ];
    const times = [
      transition.shape[transition.rank - 3],
      observation.shape[observation.rank - 3],
      parts.transition.batchShape.at(-1) ?? 1,
      parts.observation.batchShape.at(-1) ?? 1,
    ];
    const duration = parts.duration ?? Math.max(...times);
    const batch = broadcastShapes(
      parts.initial.batchShape,
      transition.shape.slice(0, -3),
      observation.shape.slice(0, -3),
      parts.transition.batchShape.slice(0, -1),
      parts.observation.batchShape.slice(0, -1),
    );
    const fits =
      sizes[0].every((n) => n === dim) &&
      sizes[1][0] === observed &&
      Number.isInteger(duration) &&
      duration >= 1 &&
      times.every((t) => t === 1 || t === duration);
    if (!fits || !batch) {
      throw new ShapeError(
        `GaussianHMM takes a transitionMatrix [..., T, D, D] and an observationMatrix [..., T, D, O] that fit initial [D], transition [D] and observation [O], T ` +
          `being ${duration} or 1; their shapes are ${formatShape(transition.shape)}, ${formatShape(observation.shape)}, ${formatShape(parts.initial.shape())}, ` +
          `${formatShape(parts.transition.shape())} and ${formatShape(parts.observation.shape())}.`,
      );
    }
    super(batchShape ?? batch, [duration, observed]);
    this.matrices = { transition, observation };
  }

  override get parameters(): Record<string, tf.Tensor> {
    return { transitionMatrix: this.matrices.transition, observationMatrix: this.matrices.observation };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { transitionMatrix: independent(realVector, 1), observationMatrix: independent(realVector, 1) };
  }
  override validateParameters(site?: string, mask?: tf.Tensor | boolean): void {
    super.validateParameters(site, mask);
    if (mask === false) return;
    for (const part of [this.parts.initial, this.parts.transition, this.parts.observation])
      part.validateParameters(site);
  }
  override get hasRsample(): boolean {
    return true;
  }
  get duration(): number {
    return this.eventShape[0];
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const { initial } = this.parts;
    const [dim] = initial.eventShape;
    const { precision, info, logScale } = integrateAll(this.steps(value), dim);
    // The initial state as a function of it twice, of which the first half is empty.
    const start = densityOf(initial);
    const nothing = tf.zerosLike(start.precision);
    const before: PairGaussian = {
      // A unit Gaussian in what stands before it, integrated out below.
      precision: joined(
        [joined([tf.add(nothing, tf.eye(dim)), nothing], -1), joined([nothing, start.precision], -1)],
        -2,
      ),
      info: joined([tf.zerosLike(start.info), start.info], -1),
      logScale: tf.sub(start.logScale, 0.5 * dim * Math.log(2 * Math.PI)),
    };
    const whole = integrateShared(before, { precision, info, logScale }, dim);
    return tf.add(whole.logScale, logIntegral(whole.precision, whole.info));
  }

  /** p(x_t, y_t | x_{t-1}) as a function of x_{t-1} and x_t, for each t. */
  private steps(value: tf.Tensor): PairGaussian {
    const { transition, observation } = this.parts;
    const { transition: a, observation: h } = this.matrices;
    const moved = densityOf(transition);
    const seen = densityOf(observation);
    // The noise of the step, n = x_t - x_{t-1} a, in terms of both.
    const p = moved.precision;
    const ap = tf.matMul(a, p);
    const hq = tf.matMul(h, seen.precision);
    const info = tf.expandDims(moved.info, -1);
    // The noise of the observation, y_t - x_t h.
    const y = tf.expandDims(value, -1);
    const fromValue = tf.matMul(h, tf.sub(tf.matMul(seen.precision, y), tf.expandDims(seen.info, -1)));
    const precision = joined(
      [
        joined([tf.matMul(ap, transposed(a)), tf.neg(ap)], -1),
        joined([tf.neg(transposed(ap)), tf.add(p, tf.matMul(hq, transposed(h)))], -1),
      ],
      -2,
    );
    const infos = tf.squeeze(joined([tf.neg(tf.matMul(a, info)), tf.add(info, fromValue)], -2), [-1]);
    const ofValue = tf.sub(
      tf.sum(tf.mul(seen.info, value), -1),
      tf.mul(tf.sum(tf.mul(y, tf.matMul(seen.precision, y)), [-2, -1]), 0.5),
    );
    const logScale = tf.add(tf.add(moved.logScale, seen.logScale), ofValue);
    const batch = broadcastShapes(precision.shape.slice(0, -2), infos.shape.slice(0, -1), logScale.shape, [
      this.duration,
    ]) as number[];
    return {
      precision: expandTo(precision, [...batch, ...precision.shape.slice(-2)]),
      info: expandTo(infos, [...batch, infos.shape[infos.rank - 1]]),
      logScale: expandTo(logScale, batch),
    };
  }

  expand(batchShape: Shape): GaussianHMM {
    return new GaussianHMM({ ...this.parts, duration: this.duration }, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const { initial, transition, observation } = this.parts;
    const shape = [...sampleShape, ...this.batchShape];
    const inSteps = [...shape, this.duration];
    const moves = tf.unstack(transition.expand(inSteps).rsample(rng), shape.length);
    const noises = tf.unstack(observation.expand(inSteps).rsample(rng), shape.length);
    const at = (x: tf.Tensor, t: number) => {
      const time = x.rank - 3;
      const all = tf.unstack(x, time);
      return all[all.length === 1 ? 0 : t];
    };
    const apply = (x: tf.Tensor, matrix: tf.Tensor) => tf.squeeze(tf.matMul(tf.expandDims(x, -2), matrix), [-2]);
    let state = initial.expand(shape).rsample(rng);
    const out = moves.map((move, t) => {
      state = tf.add(apply(state, at(this.matrices.transition, t)), move);
      return tf.add(apply(state, at(this.matrices.observation, t)), noises[t]);
    });
    return tf.stack(out, shape.length);
  }
}

/** A matrix with a time dimension. */
const inTime = (x: tf.Tensor): tf.Tensor => (x.rank === 2 ? tf.expandDims(x, 0) : x);

/** The density of a normal vector v as logScale + info' v - v' precision v / 2. */
function densityOf(d: MultivariateNormal): PairGaussian {
  const [dim] = d.eventShape;
  // The inverse of the factor, from which precision and determinant follow.
  const inverse = d.precisionTril ? transposed(d.precisionTril) : triangularSolve(d.scaleTril, tf.eye(dim));
  const precision = tf.matMul(transposed(inverse), inverse);
  const loc = tf.expandDims(d.loc, -1);
  const white = tf.matMul(inverse, loc);
  const half = tf.mul(tf.sum(tf.square(white), [-2, -1]), 0.5);
  const logVolume = d.precisionTril ? tf.neg(logDeterminant(d.precisionTril)) : logDeterminant(d.scaleTril);
  return {
    precision,
    info: tf.squeeze(tf.matMul(transposed(inverse), white), [-1]),
    logScale: tf.sub(tf.neg(half), tf.add(logVolume, 0.5 * dim * Math.log(2 * Math.PI))),
  };
}

/**
 * A linear dynamical system: a hidden x_t = x_{t-1} A + noise is observed as y_t = x_t B + noise, all noise normal. A draw is the sequence of y, [T, O].
 * @throws {ShapeError} for shapes that do not fit together
 * @example
 * const noise = multivariateNormal([0], { covariance: [[1]] });
 * const walk = gaussianHMM({ initial: noise, transitionMatrix: [[1]], transition: noise, observationMatrix: [[1]], observation: noise, duration: 3 });
 * walk.logProb([[0.1], [0.5], [0.4]]); // -4.3167
 */
export const gaussianHMM = (parts: GaussianHMMParts): GaussianHMM => new GaussianHMM(parts);
