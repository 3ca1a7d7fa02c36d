/** The messages that primitives send through the stack of handlers, after Pyro's `poutine.runtime`. */
import type * as tf from '@tensorflow/tfjs';
import type { Constraint } from '../distributions/constraints.js';
import type { Distribution, TensorLike } from '../distributions/distribution.js';
import type { RandomStream } from '../random.js';

/** One plate around a site. */
export interface PlateFrame {
  readonly name: string;
  /** Negative batch dimension of a vectorised plate, counted from the right; undefined for a sequential one. */
  readonly dim: number | undefined;
  /** Number of elements that the body sees: the subsample's size. */
  readonly size: number;
  /** Number of elements that there are. */
  readonly fullSize: number;
  /** Which element a sequential plate is at; 0 for a vectorised one. */
  readonly counter: number;
}

export type Enumerate = 'parallel' | 'sequential' | 'sum-and-sample';

/** What a program or a handler tells inference about one sample site. */
export interface InferConfig {
  /** How a discrete site is summed out. Leave out to sample it. */
  readonly enumerate?: Enumerate;
  /** Give enumerated values the full batch shape instead of size-1 dimensions. */
  readonly expand?: boolean;
  /** Sample a parallel site this many times instead of listing its support. */
  readonly numSamples?: number;
  /** With 'sum-and-sample': how many of the likeliest values are summed exactly; the rest is one weighted draw. */
  readonly exactClasses?: number;
  /** A site of the guide that the model does not have on purpose. */
  readonly isAuxiliary?: boolean;
  /** Set by `deterministic`. */
  readonly isDeterministic?: boolean;
  /** Variance reduction for a site whose gradient is a score function. */
  readonly baseline?: Baseline;
}

/** A control variate for the score-function gradient of one site; source: Pyro's `infer={"baseline": ...}`. */
export interface Baseline {
  /** Subtract a running mean of the cost with this decay (0 to 1). */
  readonly decayingAverage?: number;
  /** Subtract this value, for instance a learned prediction of the cost. */
  readonly value?: tf.Tensor;
}

/** What a site knows of enumeration: set by `enumerate`, copied by `replay`. */
export interface EnumerationTag {
  /** The variable behind each enumeration dimension that the site can see. Dimensions are recycled, variables are not. */
  readonly variables: ReadonlyMap<number, EnumeratedVariable>;
  /** The values of the site itself; undefined where it has a single one. */
  readonly own: EnumeratedValues | undefined;
  /** Whether the value is a draw from the site's own distribution, made in this run, rather than listed, replayed or observed. */
  readonly isDrawn: boolean;
}

/** A variable with a dimension of its own: the site, and its number of values there. */
export interface EnumeratedVariable {
  readonly site: string;
  readonly total: number;
}

/** The several values of one enumerated site. */
export interface EnumeratedValues {
  /** Negative batch dimension along which the values lie; undefined where they are visited in turn. */
  readonly dim: number | undefined;
  /** Number of values. */
  readonly total: number;
  /** Log weight of each value in an expectation, from its log-probability under the site's distribution. */
  readonly logWeight: (logProb: tf.Tensor) => tf.Tensor;
  /** The mask of the site's distribution: where it is false, each value counts with weight 1 in the model. */
  readonly ownMask?: tf.Tensor | boolean | undefined;
}

/** The names that a site can depend on through the markov contexts around it. */
export interface MarkovScope {
  /** Number of markov contexts around the site. */
  readonly depth: number;
  /** For each visible name, how many of those contexts show it. */
  readonly visible: ReadonlyMap<string, number>;
}

interface MessageBase {
  name: string;
  readonly frames: PlateFrame[];
  /** Set once the value is final: the default behaviour is skipped. */
  done: boolean;
  /** Set to hide the message from handlers further out. */
  stop: boolean;
  rng: RandomStream | undefined;
}

export interface SampleMessage extends MessageBase {
  readonly type: 'sample';
  fn: Distribution;
  value: tf.Tensor | undefined;
  isObserved: boolean;
  /** The choice of a subsample by a plate; it has no log-probability. */
  readonly isSubsample: boolean;
  infer: InferConfig;
  scale: number | tf.Tensor;
  mask: tf.Tensor | boolean | undefined;
  /** True where `condition`, `do` or the like has changed the site. */
  intervened: boolean;
  enumeration: EnumerationTag | undefined;
  /** Set by `markov`, so that enumeration dimensions can be recycled. */
  markovScope: MarkovScope | undefined;
  /** Makes the value, where a handler replaces the distribution's own draw. */
  draw: ((rng: RandomStream) => tf.Tensor) | undefined;
}

/** The initial value of a parameter: a value, or a function that makes one (from a stream, so that it can be random). */
export type ParamInit = TensorLike | ((rng: RandomStream) => TensorLike);

export interface ParamMessage extends MessageBase {
  readonly type: 'param';
  readonly init: ParamInit | undefined;
  readonly constraint: Constraint;
  /** Number of rightmost dimensions that plates do not index; undefined for a parameter that no plate indexes. */
  readonly eventDim: number | undefined;
  /** The constrained value, on the gradient tape. */
  value: tf.Tensor | undefined;
  scale: number | tf.Tensor;
  mask: tf.Tensor | boolean | undefined;
}

export type Message = SampleMessage | ParamMessage;
