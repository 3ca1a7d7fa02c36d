/** A hidden Markov model of discrete states as one distribution over sequences. */
import { logSoftmax, logSumExp, type Shape } from '@pyro-ts/engine';
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, rejectUnknownKeys, ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, independent, logWeights } from '../constraints.js';
import { Categorical } from '../discrete/categorical.js';
import { Distribution, expandedShape, type TensorLike, toTensor } from '../distribution.js';
import { sequentialLogMatmulExp } from './logMatmulExp.js';

export interface DiscreteHMMOptions {
  /** Number of observations T. @default the size of the time dimension of the transitions or the observations */
  duration?: number;
}

/**
 * Sequences of T observations of a hidden chain of S states. As in Pyro, the initial state is that before the first observation: a transition comes before
 * each one. The states are summed over exactly, all times at once, in log2(T) rounds of products of S by S matrices. Source: pyro.distributions.DiscreteHMM.
 */
export class DiscreteHMM extends Distribution {
  /** Normalised log-probabilities of the initial state, [..., S]. */
  readonly initialLogits: tf.Tensor;
  /** Normalised log-probabilities [..., T or 1, S, S] of a state (last dimension) after a state. */
  readonly transitionLogits: tf.Tensor;

  constructor(
    private readonly initial: TensorLike,
    private readonly transition: TensorLike,
    readonly observation: Distribution,
    private readonly options: DiscreteHMMOptions = {},
    batchShape?: Shape,
  ) {
    rejectUnknownKeys('DiscreteHMM', options, ['duration']);
    const start = toTensor(initial);
    const given = toTensor(transition);
    const steps = given.rank === 2 ? tf.expandDims(given, 0) : given;
    const [seen, numStates] = [observation.batchShape, start.shape[start.rank - 1]];
    const shapes =
      `initialLogits [..., S], transitionLogits [..., T, S, S] or [S, S] and observation of batchShape [..., T, S] or [S]; they have shapes ` +
      `${formatShape(start.shape)}, ${formatShape(given.shape)} and ${formatShape(seen)}.`;
    const fits =
      start.rank >= 1 &&
      given.rank >= 2 &&
      seen.length >= 1 &&
      formatShape(steps.shape.slice(-2)) === formatShape([numStates, numStates]) &&
      seen[seen.length - 1] === numStates;
    if (!fits) throw new ShapeError(`DiscreteHMM takes ${shapes}`);
    const times = [steps.shape[steps.rank - 3], seen.length > 1 ? seen[seen.length - 2] : 1];
    const duration = options.duration ?? Math.max(...times);
    if (!Number.isInteger(duration) || duration < 1 || times.some((t) => t !== 1 && t !== duration))
      throw new ShapeError(`DiscreteHMM of duration ${duration} takes ${shapes} T must be that duration, or 1.`);
    const batch = broadcastShapes(start.shape.slice(0, -1), steps.shape.slice(0, -3), seen.slice(0, -2));
    if (!batch) throw new ShapeError(`DiscreteHMM: the batch dimensions do not broadcast. It takes ${shapes}`);
    super(batchShape ?? batch, [duration, ...observation.eventShape]);
    this.initialLogits = logSoftmax(start);
    this.transitionLogits = logSoftmax(steps);
  }

  override get support(): Constraint {
    return independent(this.observation.support, 1);
  }
  override get parameters(): Record<string, tf.Tensor> {
    return { initialLogits: toTensor(this.initial), transitionLogits: toTensor(this.transition) };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { initialLogits: logWeights, transitionLogits: logWeights };
  }
  override validateParameters(site?: string, mask?: tf.Tensor | boolean): void {
    super.validateParameters(site, mask);
    if (mask !== false) this.observation.validateParameters(site);
  }
  get duration(): number {
    return this.eventShape[0];
  }
  get numStates(): number {
    return this.initialLogits.shape[this.initialLogits.rank - 1];
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return logSumExp(this.lastStates(value), -1);
  }

  /**
   * The last state given a sequence of observations [..., T, event].
   * @returns of batchShape [...]
   * @example new DiscreteHMM([0, 0], [[2, 0], [0, 2]], normal([-1, 1], 0.5)).filter([-1]).probs // [0.9997, 0.0003]
   */
  filter(value: TensorLike): Categorical {
    return new Categorical({ logits: this.lastStates(toTensor(value)) });
  }

  /** log p(observations, last state), [..., S]. */
  private lastStates(value: tf.Tensor): tf.Tensor {
    const perState = tf.expandDims(value, value.rank - this.observation.eventShape.length);
    const seen = this.observation.logProb(perState);
    const steps = tf.add(this.transitionLogits, tf.expandDims(seen, -2));
    const shape = steps.shape.slice(0, -3);
    const all = expandTo(steps, [...shape, this.duration, this.numStates, this.numStates]);
    return logSumExp(tf.add(tf.expandDims(this.initialLogits, -1), sequentialLogMatmulExp(all)), -2);
  }

  expand(batchShape: Shape): DiscreteHMM {
    const options = { ...this.options, duration: this.duration };
    return new DiscreteHMM(this.initial, this.transition, this.observation, options, expandedShape(this, batchShape));
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return tf.tidy(() => {
      const { duration, numStates } = this;
      const shape = [...sampleShape, ...this.batchShape];
      const transition = expandTo(tf.exp(this.transitionLogits), [
        ...this.transitionLogits.shape.slice(0, -3),
        duration,
        numStates,
        numStates,
      ]);
      const oneHot = (states: tf.Tensor) => tf.cast(tf.oneHot(tf.cast(states, 'int32'), numStates), 'float32');
      let state = new Categorical({ logits: this.initialLogits }).expand(shape).sample(rng);
      const states: tf.Tensor[] = [];
      for (const matrix of tf.unstack(transition, transition.rank - 3)) {
        const probs = tf.sum(tf.mul(tf.expandDims(oneHot(state), -1), matrix), -2);
        state = new Categorical({ probs }).sample(rng);
        states.push(state);
      }
      // Observations of every state, of which that of the state counts.
      const draws = this.observation.expand([...shape, duration, numStates]).sample(rng);
      const chosen = tf.reshape(oneHot(tf.stack(states, -1)), [
        ...shape,
        duration,
        numStates,
        ...this.observation.eventShape.map(() => 1),
      ]);
      return tf.sum(tf.mul(chosen, draws), shape.length + 1);
    });
  }
}

/**
 * A hidden Markov model with log-weights of the initial state [..., S] and of the transitions [..., T, S, S] (or [S, S]), and a distribution of an observation
 * in each state, of batchShape [..., T, S] (or [S]). A draw is a sequence [T, ...event].
 * @throws {ShapeError} for shapes that do not fit together
 * @example
 * const hmm = discreteHMM(tf.zeros([2]), tf.tensor2d([[2, 0], [0, 2]]), normal([-1, 1], 0.5), { duration: 4 });
 * sample('x', hmm, { obs: [-1.1, -0.8, 0.9, 1.2] });
 */
export const discreteHMM = (
  initialLogits: TensorLike,
  transitionLogits: TensorLike,
  observation: Distribution,
  options: DiscreteHMMOptions = {},
): DiscreteHMM => new DiscreteHMM(initialLogits, transitionLogits, observation, options);
