/** Adam, and Adam with clipped gradients and a decaying learning rate. */
import { Optimizer, type ParameterState, type PerParameter } from './optimizer.js';

export interface AdamOptions {
  /** Learning rate; 1e-3. */
  lr?: number;
  /** Decay of the running means of the gradient and of its square; [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root of the running square; 1e-8. */
  eps?: number;
  /** Multiplies the parameter, added to the gradient; 0. */
  weightDecay?: number;
}

const adamDefaults: Required<AdamOptions> = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 };

interface Step {
  /** Learning rate of this step. */
  lr: number;
  /** Bounds every entry of the gradient; Infinity for none. */
  clip: number;
}

function adamUpdate(
  values: Float32Array,
  gradient: Float32Array,
  { steps, slots: { mean, square } }: ParameterState,
  { betas: [beta1, beta2], eps, weightDecay }: Required<AdamOptions>,
  { lr, clip }: Step,
): void {
  const stepSize = lr / (1 - beta1 ** steps);
  const unbias = 1 / Math.sqrt(1 - beta2 ** steps);
  for (let i = 0; i < values.length; i++) {
    const g = Math.min(Math.max(gradient[i], -clip), clip) + weightDecay * values[i];
    mean[i] = beta1 * mean[i] + (1 - beta1) * g;
    square[i] = beta2 * square[i] + (1 - beta2) * g * g;
    values[i] -= (stepSize * mean[i]) / (Math.sqrt(square[i]) * unbias + eps);
  }
}

/** Kingma & Ba 2015, algorithm 1, as in `torch.optim.Adam`. */
export class Adam extends Optimizer<AdamOptions> {
  constructor(options: PerParameter<AdamOptions> = {}) {
    super(options, adamDefaults, ['mean', 'square']);
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<AdamOptions>,
  ): void {
    adamUpdate(values, gradient, state, options, { lr: options.lr * this.lrFactor, clip: Number.POSITIVE_INFINITY });
  }
}

export interface ClippedAdamOptions extends AdamOptions {
  /** Each entry of a gradient is held within +-clipNorm; 10. */
  clipNorm?: number;
  /** The learning rate is multiplied by this at every step; 1. */
  lrd?: number;
}

/** Adam with each gradient entry clipped and an exponentially decaying learning rate. Source: `pyro.optim.ClippedAdam`. */
export class ClippedAdam extends Optimizer<ClippedAdamOptions> {
  constructor(options: PerParameter<ClippedAdamOptions> = {}) {
    super(options, { ...adamDefaults, clipNorm: 10, lrd: 1 }, ['mean', 'square']);
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<ClippedAdamOptions>,
  ): void {
    const { clipNorm, lrd, lr } = options;
    adamUpdate(values, gradient, state, options, { lr: lr * this.lrFactor * lrd ** state.steps, clip: clipNorm });
  }
}
