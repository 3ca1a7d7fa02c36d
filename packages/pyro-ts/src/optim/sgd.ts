/** Stochastic gradient descent, with momentum. */
import { type ClipOptions, Optimizer, type ParameterState, type PerParameter } from './optimizer.js';

export interface SGDOptions {
  /** Learning rate; 1e-2. */
  lr?: number;
  /** Share of the previous velocity that is kept; 0. */
  momentum?: number;
  /** Look ahead along the velocity; false. */
  nesterov?: boolean;
  /** Multiplies the parameter, added to the gradient; 0. */
  weightDecay?: number;
}

/**
 * As `torch.optim.SGD`: velocity = momentum * velocity + gradient (the first velocity is the gradient).
 * @example new SGD({ lr: 0.01, momentum: 0.9, nesterov: true });
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(options: PerParameter<SGDOptions> = {}, clip: PerParameter<ClipOptions> = {}) {
    super(options, { lr: 1e-2, momentum: 0, nesterov: false, weightDecay: 0 }, ['velocity'], clip);
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    { slots: { velocity } }: ParameterState,
    { lr, momentum, nesterov, weightDecay }: Required<SGDOptions>,
  ): void {
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i] + weightDecay * values[i];
      velocity[i] = momentum * velocity[i] + g;
      values[i] -= lr * (nesterov ? g + momentum * velocity[i] : velocity[i]);
    }
  }
}
