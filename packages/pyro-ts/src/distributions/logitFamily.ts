/** What families with one probability share, which is given as `probs` or, for the sake of exactness near 0 and 1, as `logits`. */
import type { Shape } from '@pyro-ts/engine';
import { expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { type Constraint, probability, real } from './constraints.js';
import { batchShapeOf, Distribution, expandedShape } from './distribution.js';
import { LEAST, logitOf, oneOf, type ProbsOrLogits } from './probs.js';

/** The logarithms of p and of 1 - p in float64, and their derivatives, of a probability or of log odds. */
interface Logs {
  readonly logP: (x: number) => number;
  readonly logQ: (x: number) => number;
  readonly slopeP: (x: number) => number;
  readonly slopeQ: (x: number) => number;
}

const isInside = (p: number): boolean => p > 0 && p < 1;
const logsOf: Record<'probs' | 'logits', Logs> = {
  // Finite at the edges, and without a gradient there, as in probs.ts.
  probs: {
    logP: (p) => Math.log(Math.max(p, LEAST)),
    logQ: (p) => (p < 1 ? Math.log1p(-Math.max(p, 0)) : Math.log(LEAST)),
    slopeP: (p) => (isInside(p) ? 1 / p : 0),
    slopeQ: (p) => (isInside(p) ? -1 / (1 - p) : 0),
  },
  logits: {
    logP: (l) => -softplus(-l),
    logQ: (l) => -softplus(l),
    slopeP: (l) => sigmoid(-l),
    slopeQ: (l) => -sigmoid(l),
  },
};

/** `O` are the options of the family: the probability and whatever else it needs. */
export abstract class LogitFamily<O extends ProbsOrLogits> extends Distribution {
  /** Log odds, log(p / (1 - p)), of the parameter's shape. */
  readonly logits: tf.Tensor;
  protected readonly given: { name: 'probs' | 'logits'; value: tf.Tensor };

  /** `others` are further tensors that take part in the batch shape, and are parameters. */
  constructor(
    family: string,
    protected readonly options: O,
    optionNames: readonly string[] = [],
    private readonly others: Record<string, tf.Tensor> = {},
    batchShape?: Shape,
  ) {
    const given = oneOf(family, options, ['probs', 'logits'], optionNames);
    super(batchShape ?? batchShapeOf(family, { ...others, [given.name]: given.value }), []);
    this.given = given;
    this.logits = given.name === 'logits' ? given.value : logitOf(given.value);
  }

  override get parameters(): Record<string, tf.Tensor> {
    return { ...this.others, [this.given.name]: this.given.value };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { probs: probability, logits: real };
  }
  /** The probability, of the parameter's shape. */
  get probs(): tf.Tensor {
    return this.given.name === 'probs' ? this.given.value : tf.sigmoid(this.logits);
  }

  /** For densities on the host, of the parameter as it was given: its float32 log odds would have lost digits. */
  protected get logs(): Logs {
    return logsOf[this.given.name];
  }

  expand(batchShape: Shape): Distribution {
    return this.withBatchShape(
      { ...this.options, [this.given.name]: this.given.value },
      expandedShape(this, batchShape),
    );
  }
  /** The same family with these options and batch shape. */
  protected abstract withBatchShape(options: O, batchShape: Shape): Distribution;

  /** A moment or an entropy, made of parameters, of the full batch shape. */
  protected full(x: tf.Tensor): tf.Tensor {
    return expandTo(x, this.batchShape);
  }
}

/** log(1 + exp(l)) of a number. */
export function softplus(l: number): number {
  return Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l)));
}
/** 1 / (1 + exp(-l)) of a number. */
export function sigmoid(l: number): number {
  return 1 / (1 + Math.exp(-l));
}
/** Whether x is 0, 1, 2, ... */
export const isCount = (x: number): boolean => x >= 0 && Number.isInteger(x);
