/** RMSprop, Adagrad and a mix of both: step sizes from the size of past gradients. */
import { type ClipOptions, Optimizer, type ParameterState, type PerParameter } from './optimizer.js';

export interface RMSpropOptions {
  /** Learning rate; 1e-2. */
  lr?: number;
  /** Decay of the running mean of squares; 0.99. */
  alpha?: number;
  /** Added to the root of the running mean; 1e-8. */
  eps?: number;
  /** Multiplies the parameter, added to the gradient; 0. */
  weightDecay?: number;
  /** Share of the previous velocity that is kept; 0. */
  momentum?: number;
  /** Take the running square about the running mean; false. */
  centered?: boolean;
}

/**
 * As `torch.optim.RMSprop`.
 * @example new RMSprop({ lr: 0.01, momentum: 0.9 });
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(options: PerParameter<RMSpropOptions> = {}, clip: PerParameter<ClipOptions> = {}) {
    const defaults = { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false };
    super(options, defaults, ['square', 'mean', 'velocity'], clip);
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    { slots: { square, mean, velocity } }: ParameterState,
    { lr, alpha, eps, weightDecay, momentum, centered }: Required<RMSpropOptions>,
  ): void {
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i] + weightDecay * values[i];
      square[i] = alpha * square[i] + (1 - alpha) * g * g;
      if (centered) mean[i] = alpha * mean[i] + (1 - alpha) * g;
      const root = Math.sqrt(Math.max(square[i] - mean[i] * mean[i], 0)) + eps;
      velocity[i] = momentum * velocity[i] + g / root;
      values[i] -= lr * velocity[i];
    }
  }
}

export interface AdagradOptions {
  /** Learning rate; 1e-2. */
  lr?: number;
  /** The learning rate is divided by 1 + lrDecay x (number of earlier steps); 0. */
  lrDecay?: number;
  /** Multiplies the parameter, added to the gradient; 0. */
  weightDecay?: number;
  /** Added to the root of the sum of squares; 1e-10. */
  eps?: number;
}

/**
 * As `torch.optim.Adagrad`.
 * @example new Adagrad({ lr: 0.1 });
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(options: PerParameter<AdagradOptions> = {}, clip: PerParameter<ClipOptions> = {}) {
    super(options, { lr: 1e-2, lrDecay: 0, weightDecay: 0, eps: 1e-10 }, ['sum'], clip);
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    { steps, slots: { sum } }: ParameterState,
    { lr, lrDecay, weightDecay, eps }: Required<AdagradOptions>,
  ): void {
    const stepSize = lr / (1 + (steps - 1) * lrDecay);
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i] + weightDecay * values[i];
      sum[i] += g * g;
      values[i] -= (stepSize * g) / (Math.sqrt(sum[i]) + eps);
    }
  }
}

export interface AdagradRMSPropOptions {
  /** Scale of the step size; 1. */
  eta?: number;
  /** Added to the exponent -1/2 with which the step size falls; 1e-16. */
  delta?: number;
  /** Share of the newest square in the running mean; 0.1. */
  t?: number;
}

/**
 * Step size eta n^(-1/2 + delta) / (1 + root of the running square). Source: `pyro.optim.AdagradRMSProp`; Kucukelbir et al. 2017, eqs. 10, 11.
 * @example new AdagradRMSProp({ eta: 0.1 });
 */
export class AdagradRMSProp extends Optimizer<AdagradRMSPropOptions> {
  constructor(options: PerParameter<AdagradRMSPropOptions> = {}, clip: PerParameter<ClipOptions> = {}) {
    super(options, { eta: 1, delta: 1e-16, t: 0.1 }, ['square'], clip, 'eta');
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    { steps, slots: { square } }: ParameterState,
    { eta, delta, t }: Required<AdagradRMSPropOptions>,
  ): void {
    const stepSize = eta * steps ** (-0.5 + delta);
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i];
      square[i] = steps === 1 ? g * g : (1 - t) * square[i] + t * g * g;
      values[i] -= (stepSize * g) / (1 + Math.sqrt(square[i]));
    }
  }
}
