/**
 * What a distribution is, and the three wrappers that work for all of them: Independent, Expanded (through `expand`) and Masked. They share a
 * file because the base class makes them (`toEvent`, `mask`).
 */
import { type Shape, stopGradient } from '@pyro-ts/engine';
import { broadcastShapes, describeValue, expandTo, sameShape, sizeOf, uncountedReads } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { ContextError, formatShape, NonFiniteError, PyroError, ShapeError, SupportError } from '../errors.js';
import { RandomStream } from '../random.js';
import { firstViolation } from './checks.js';
import { type Constraint, independent } from './constraints.js';
import { applyMask, sumRightmost, type TensorLike, toTensor } from './tensors.js';

export * from './tensors.js';

/**
 * A probability distribution over tensors, after Pyro's `TorchDistribution`. A draw has shape sampleShape + batchShape + eventShape; `logProb`
 * drops the event dimensions. Parameters are tensors on the gradient tape; draws come from an explicit stream.
 */
export abstract class Distribution {
  abstract readonly support: Constraint;

  constructor(
    /** Shape of independent, not necessarily identical draws. */
    readonly batchShape: Shape,
    /** Shape of one draw. */
    readonly eventShape: Shape,
  ) {}

  /** The parameters by name, for messages and for finding which one is not finite. */
  get parameters(): Record<string, tf.Tensor> {
    return {};
  }
  /** Where each parameter must lie, by the names of `parameters`. */
  get argConstraints(): Record<string, Constraint> {
    return {};
  }
  /** Whether `rsample` exists: draws through which gradients reach the parameters. */
  get hasRsample(): boolean {
    return false;
  }
  /** Whether `enumerateSupport` exists. */
  get hasEnumerateSupport(): boolean {
    return false;
  }

  /**
   * Log density or mass of `value` (a tensor, a number or nested numbers), which broadcasts against batchShape + eventShape; the result has at least
   * shape batchShape.
   * @throws {ShapeError} where `value` is no tensor and no numbers, or its shape does not fit
   * @example normal(0, 1).logProb(0.5) // -1.0439
   */
  logProb(value: TensorLike): tf.Tensor {
    const x = toTensor(value);
    if (!this.hasLogProbOf(x.shape)) throw this.valueError(x);
    const result = this.logDensity(x);
    const full = broadcastShapes(result.shape, this.batchShape);
    return full ? expandTo(result, full) : result;
  }

  /** `logProb` with the `n` rightmost batch dimensions summed away; a family that can add up on the way does. */
  logProbSum(value: TensorLike, n: number): tf.Tensor {
    return sumRightmost(this.logProb(value), n);
  }

  /** What a family implements: as `logProb`, but the result may still lack batch dimensions that the value and parameters lack. */
  protected abstract logDensity(value: tf.Tensor): tf.Tensor;

  /** The same distribution with `batchShape` broadcast to the given one. */
  abstract expand(batchShape: Shape): Distribution;

  /**
   * Draws of shape sampleShape + batchShape + eventShape; no gradient passes.
   * @throws {ContextError} without a stream
   * @example normal(0, 1).sample(new RandomStream(0), [3]) // three numbers
   */
  sample(rng: RandomStream, sampleShape: Shape = []): tf.Tensor {
    this.checkStream(rng, 'sample');
    return this.drawSample(rng, sampleShape);
  }

  /**
   * As `sample`, with a gradient to the parameters (the reparameterisation trick).
   * @throws {ContextError} without a stream
   * @throws {PyroError} where `hasRsample` is false
   */
  rsample(rng: RandomStream, sampleShape: Shape = []): tf.Tensor {
    this.checkStream(rng, 'rsample');
    return this.drawRsample(rng, sampleShape);
  }

  /** What a family without `rsample` implements. */
  protected drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return stopGradient(this.drawRsample(rng, sampleShape));
  }
  /** What a family with `rsample` implements. */
  protected drawRsample(_rng: RandomStream, _sampleShape: Shape): tf.Tensor {
    throw new PyroError(`${this.name} has no reparameterised draws (rsample); use sample.`);
  }

  private checkStream(rng: unknown, method: 'sample' | 'rsample'): void {
    if (rng instanceof RandomStream) return;
    throw new ContextError(
      `${this.name}.${method}: the first argument is a stream of random numbers, e.g. ${method}(new RandomStream(0)), and it is ${describeValue(rng)}. ` +
        'Inside a program, sample("name", distribution) draws from the seed around it.',
    );
  }

  /** All values of a discrete support: [K, 1, ..., 1, event], or [K, batch, event] with `expand`. */
  enumerateSupport(_expand = true): tf.Tensor {
    throw new PyroError(`${this.name} has no finite support to enumerate.`);
  }

  /**
   * The same family with these probabilities [..., K] of the values that `enumerateSupport` lists; batchShape is what is left of K. Undefined
   * for a family that cannot have any probabilities.
   */
  withProbs(_probs: tf.Tensor): Distribution | undefined {
    return undefined;
  }

  /** Shape batchShape + eventShape. */
  mean(): tf.Tensor {
    throw new PyroError(`${this.name} has no closed-form mean.`);
  }
  /** Shape batchShape + eventShape. */
  variance(): tf.Tensor {
    throw new PyroError(`${this.name} has no closed-form variance.`);
  }
  /** Shape batchShape. */
  entropy(): tf.Tensor {
    throw new PyroError(`${this.name} has no closed-form entropy.`);
  }

  get name(): string {
    return this.constructor.name;
  }

  /** Shape of a draw. */
  shape(sampleShape: Shape = []): number[] {
    return [...sampleShape, ...this.batchShape, ...this.eventShape];
  }

  /** The `n` rightmost batch dimensions (by default all) become event dimensions: their log-probabilities are added. */
  toEvent(n = this.batchShape.length): Distribution {
    return n === 0 ? this : new Independent(this, n);
  }

  /** Log-probabilities become 0 where `mask` (bool, broadcast against batchShape) is false. */
  mask(mask: tf.Tensor | boolean): Distribution {
    return new MaskedDistribution(this, mask);
  }

  /**
   * Throws where a parameter lies outside its constraint, a NonFiniteError where it is NaN or infinite there. Entries where `mask` (bool, broadcast
   * against the batch shape) is false may be anything.
   */
  validateParameters(site?: string, mask?: tf.Tensor | boolean): void {
    if (mask === false) return;
    const parameters = this.parameters;
    for (const [key, constraint] of Object.entries(this.argConstraints)) {
      const value = parameters[key];
      if (value === undefined) continue;
      const first = firstViolation(constraint, value);
      if (first < 0 || (mask instanceof tf.Tensor && isMasked(constraint, value, mask))) continue;
      throw this.parameterError(key, value, constraint, first, site);
    }
  }

  private parameterError(
    key: string,
    value: tf.Tensor,
    constraint: Constraint,
    first: number,
    site: string | undefined,
  ): Error {
    const at = site === undefined ? '' : `At site "${site}": `;
    const size = sizeOf(value.shape.slice(value.rank - entryDim(constraint)));
    const entries = Array.from(uncountedReads(() => value.dataSync()).slice(first * size, first * size + size));
    const shown =
      entries.length === 1 ? `${entries[0]}` : `[${entries.slice(0, 6).join(', ')}${size > 6 ? ', ...' : ''}]`;
    const where = value.size === size ? '' : ` (entry ${first} of shape ${formatShape(value.shape)})`;
    const what = entries.some(Number.isNaN) ? 'NaN' : entries.every(Number.isFinite) ? undefined : 'infinite';
    if (what) {
      return new NonFiniteError(
        `${at}parameter ${key} of ${this.name} is ${what}${where}. Look for a step before it that divides by 0, takes the log of a number below 0 or ` +
          'overflows; a lower learning rate or clipped gradients may help.',
        site,
      );
    }
    return new SupportError(
      `${at}parameter ${key} of ${this.name} must be ${constraint.name}, and it is ${shown}${where}. Constrain it, e.g. with a param of that ` +
        'constraint, softplus or exp.',
      site,
    );
  }

  /** Throws where `value` lies outside the support or does not broadcast against the distribution. */
  validateValue(given: TensorLike, site?: string): void {
    const value = toTensor(given);
    if (!this.isShapeOfDraws(value.shape)) throw this.valueError(value, site);
    if (value.size === 0) return;
    if (firstViolation(this.support, value) >= 0) {
      const at = site === undefined ? '' : `At site "${site}": `;
      throw new SupportError(
        `${at}a value lies outside the support of ${this.name}, which is: ${this.support.name}. Check the data, or choose a distribution whose support holds it.`,
        site,
      );
    }
  }

  /** Whether `shape` is that of draws, up to batch dimensions that broadcast. */
  private isShapeOfDraws(shape: Shape): boolean {
    const split = shape.length - this.eventShape.length;
    return (
      split >= 0 &&
      sameShape(shape.slice(split), this.eventShape) &&
      broadcastShapes(shape.slice(0, split), this.batchShape) !== undefined
    );
  }
  /** Whether `logProb` takes a value of this shape. */
  protected hasLogProbOf(shape: Shape): boolean {
    return this.isShapeOfDraws(shape);
  }

  private valueError(value: tf.Tensor, site?: string): ShapeError {
    return new ShapeError(
      `${site === undefined ? '' : `At site "${site}": `}a value of shape ${formatShape(value.shape)} does not fit ${this.name} with batchShape ` +
        `${formatShape(this.batchShape)} and eventShape ${formatShape(this.eventShape)}.`,
      site,
    );
  }
}

/** The number of dimensions of the entries that `firstViolation` counts. */
const entryDim = ({ eventDim, base, n = 0 }: Constraint & { base?: Constraint; n?: number }): number =>
  base ? eventDim - n : eventDim;

/** Whether every entry of a parameter that lies outside its constraint is masked. */
const isMasked = (constraint: Constraint, value: tf.Tensor, mask: tf.Tensor): boolean => {
  const counts = tf.tidy(() => {
    const inside = constraint.check(value);
    const shape = broadcastShapes(inside.shape, mask.shape);
    if (!shape) return tf.scalar(0);
    const isOff = tf.logicalNot(expandTo(tf.cast(mask, 'bool'), shape));
    return tf.all(tf.logicalOr(expandTo(inside, shape), isOff));
  });
  const answer = uncountedReads(() => counts.dataSync())[0] !== 0;
  counts.dispose();
  return answer;
};

/**
 * `base` with `n` batch dimensions taken as event dimensions; source: torch.distributions.Independent.
 * @example normal(0, 1).expand([3]).toEvent(1).eventShape // [3]
 */
export class Independent extends Distribution {
  constructor(
    readonly base: Distribution,
    readonly n: number,
  ) {
    const split = base.batchShape.length - n;
    if (split < 0 || n < 0 || !Number.isInteger(n)) {
      throw new ShapeError(
        `toEvent(${n}) on ${base.name} with batchShape ${formatShape(base.batchShape)}: there are only ${base.batchShape.length} ` +
          'batch dimensions to turn into event dimensions. Expand the distribution first, or ask for fewer.',
      );
    }
    super(base.batchShape.slice(0, split), [...base.batchShape.slice(split), ...base.eventShape]);
  }

  override get support(): Constraint {
    return independent(this.base.support, this.n);
  }
  override get parameters(): Record<string, tf.Tensor> {
    return this.base.parameters;
  }
  override get argConstraints(): Record<string, Constraint> {
    return this.base.argConstraints;
  }
  override get hasRsample(): boolean {
    return this.base.hasRsample;
  }
  override get name(): string {
    return `${this.base.name}.toEvent(${this.n})`;
  }

  /** The dimensions that were the batch's broadcast here too. */
  protected override hasLogProbOf(shape: Shape): boolean {
    return broadcastShapes(shape, this.shape()) !== undefined;
  }
  protected logDensity(value: tf.Tensor): tf.Tensor {
    return this.base.logProbSum(value, this.n);
  }
  expand(batchShape: Shape): Distribution {
    return new Independent(
      this.base.expand([...batchShape, ...this.base.batchShape.slice(this.batchShape.length)]),
      this.n,
    );
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return this.base.sample(rng, sampleShape);
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return this.base.rsample(rng, sampleShape);
  }
  override toEvent(n = this.batchShape.length): Distribution {
    return n === 0 ? this : new Independent(this.base, this.n + n);
  }
  override mean(): tf.Tensor {
    return this.base.mean();
  }
  override variance(): tf.Tensor {
    return this.base.variance();
  }
  override entropy(): tf.Tensor {
    return sumRightmost(this.base.entropy(), this.n);
  }
}

/**
 * `base` whose log-probability is 0 where the mask is false; source: pyro.distributions.MaskedDistribution.
 * @example normal(0, 1).expand([2]).mask(tf.tensor1d([true, false], 'bool')).logProb(tf.zeros([2])) // [-0.92, 0]
 */
export class MaskedDistribution extends Distribution {
  /** A bool tensor or one bool for all. */
  readonly maskValue: tf.Tensor | boolean;

  constructor(
    readonly base: Distribution,
    mask: tf.Tensor | boolean,
  ) {
    const shape = typeof mask === 'boolean' ? base.batchShape : broadcastShapes(mask.shape, base.batchShape);
    if (!shape) {
      throw new ShapeError(
        `mask of shape ${formatShape((mask as tf.Tensor).shape)} does not broadcast against batchShape ${formatShape(base.batchShape)} of ${base.name}.`,
      );
    }
    super(shape, base.eventShape);
    this.base = base.expand(shape);
    this.maskValue = mask;
  }

  override get support(): Constraint {
    return this.base.support;
  }
  override get parameters(): Record<string, tf.Tensor> {
    return this.base.parameters;
  }
  override get argConstraints(): Record<string, Constraint> {
    return this.base.argConstraints;
  }
  override get hasRsample(): boolean {
    return this.base.hasRsample;
  }
  override get hasEnumerateSupport(): boolean {
    return this.base.hasEnumerateSupport;
  }
  override get name(): string {
    return `${this.base.name}.mask`;
  }

  override validateParameters(site?: string, mask?: tf.Tensor | boolean): void {
    // The other mask alone where both are tensors: what only this one hides is checked all the same.
    super.validateParameters(site, mask === undefined || mask === true ? this.maskValue : mask);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return applyMask(this.base.logProb(value), this.maskValue);
  }
  expand(batchShape: Shape): Distribution {
    return new MaskedDistribution(this.base.expand(batchShape), this.maskValue);
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return this.base.sample(rng, sampleShape);
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return this.base.rsample(rng, sampleShape);
  }
  override enumerateSupport(expand = true): tf.Tensor {
    return this.base.enumerateSupport(expand);
  }
  override mean(): tf.Tensor {
    return this.base.mean();
  }
  override variance(): tf.Tensor {
    return this.base.variance();
  }
}
