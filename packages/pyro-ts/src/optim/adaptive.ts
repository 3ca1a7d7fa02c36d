/** RMSprop and Adagrad: step sizes from the size of past gradients. */
import { Optimizer, type ParameterState, type PerParameter } from './optimizer.js';

export interface RMSpropOptions {
  /** Learning rate; 1e-2. */
  lr?: number;
  /** Decay of the running mean of squares; 0.99. */
  alpha?: number;
  /** Added to the root of the running mean; 1e-8. */
  eps?: number;
}

/** As `torch.optim.RMSprop`, without momentum. */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(options: PerParameter<RMSpropOptions> = {}) {
    super(options, { lr: 1e-2, alpha: 0.99, eps: 1e-8 }, ['square']);
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<RMSpropOptions>,
  ): void {
    const { alpha, eps } = options;
    const { square } = state.slots;
    const lr = options.lr * this.lrFactor;
    for (let i = 0; i < values.length; i++) {
      square[i] = alpha * square[i] + (1 - alpha) * gradient[i] ** 2;
      values[i] -= (lr * gradient[i]) / (Math.sqrt(square[i]) + eps);
    }
  }
}

export interface AdagradOptions {
  /** Learning rate; 1e-2. */
  lr?: number;
  /** Added to the root of the sum of squares; 1e-10. */
  eps?: number;
}

/** As `torch.optim.Adagrad`. */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(options: PerParameter<AdagradOptions> = {}) {
    super(options, { lr: 1e-2, eps: 1e-10 }, ['sum']);
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<AdagradOptions>,
  ): void {
    const { sum } = state.slots;
    const lr = options.lr * this.lrFactor;
    for (let i = 0; i < values.length; i++) {
      sum[i] += gradient[i] ** 2;
      values[i] -= (lr * gradient[i]) / (Math.sqrt(sum[i]) + options.eps);
    }
  }
}
