/** Adam, Adam with decoupled weight decay, and Pyro's Adam with clipped gradients and a decaying learning rate. */
import { type AdamRates, adamInPlace, adamOnHost, adamUpdate } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { type ClipOptions, Optimizer, type ParameterState, type PerParameter } from './optimizer.js';

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

/** What Adam's step number `steps` multiplies by what; the same object for all parameters of one step, as the powers cost more than a small update. */
function ratesAt(steps: number, options: Required<AdamOptions>): AdamRates {
  const { lr, betas, eps, weightDecay } = options;
  if (
    last?.steps === steps &&
    last.lr === lr &&
    last.rates.betas === betas &&
    last.rates.eps === eps &&
    last.rates.weightDecay === weightDecay
  ) {
    return last.rates;
  }
  const rates = {
    ...{ betas, eps, weightDecay },
    stepSize: lr / (1 - powerOf(betas[0], steps)),
    unbias: 1 / Math.sqrt(1 - powerOf(betas[1], steps)),
  };
  last = { steps, lr, rates };
  return rates;
}

let last: { readonly steps: number; readonly lr: number; readonly rates: AdamRates } | undefined;

/** beta^steps by tables, as `**` costs more than a small update. Nothing next to 1 once it is below half of its rounding. */
function powerOf(beta: number, steps: number): number {
  const table = powers.get(beta) ?? new Powers(beta);
  powers.set(beta, table);
  return table.at(steps);
}

const TABLE = 256;

class Powers {
  private readonly low = new Float64Array(TABLE);
  /** Powers of beta^256, up to the largest that was needed. */
  private readonly high: number[] = [];
  private readonly end: number;

  constructor(private readonly beta: number) {
    this.end = beta > 0 && beta < 1 ? -40 / Math.log(beta) : Number.POSITIVE_INFINITY;
    for (let i = 0; i < TABLE; i++) this.low[i] = beta ** i;
  }

  at(steps: number): number {
    if (steps > this.end) return 0;
    const index = Math.floor(steps / TABLE);
    for (let i = this.high.length; i <= index; i++) this.high.push(this.beta ** (TABLE * i));
    return this.low[steps % TABLE] * this.high[index];
  }
}

const powers = new Map<number, Powers>();

const momentsOf = ({ slots: { mean, square } }: ParameterState) => ({ mean, square });

/**
 * Kingma & Ba 2015, algorithm 1, as in `torch.optim.Adam`.
 * @example new Adam((name) => ({ lr: name.startsWith('decoder') ? 1e-3 : 1e-2 }), { clipNorm: 10 });
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(options: PerParameter<AdamOptions> = {}, clip: PerParameter<ClipOptions> = {}) {
    super(options, adamDefaults, ['mean', 'square'], clip);
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<AdamOptions>,
  ): void {
    adamOnHost(values, gradient, momentsOf(state), ratesAt(state.steps, options));
  }
  protected override updateInPlace(
    values: Float32Array,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<AdamOptions>,
  ): void {
    adamInPlace(values, gradient, momentsOf(state), ratesAt(state.steps, options));
  }
  protected override updated(
    value: tf.Tensor,
    gradient: tf.Tensor,
    state: ParameterState,
    options: Required<AdamOptions>,
  ): tf.Tensor {
    return adamUpdate(value, gradient, momentsOf(state), ratesAt(state.steps, options));
  }
}

/**
 * Adam whose weight decay (0.01) shrinks the parameter itself, by lr x weightDecay at each step: Loshchilov & Hutter 2019, `torch.optim.AdamW`.
 * @example new AdamW({ lr: 1e-3, weightDecay: 0.05 });
 */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(options: PerParameter<AdamOptions> = {}, clip: PerParameter<ClipOptions> = {}) {
    super(options, { ...adamDefaults, weightDecay: 1e-2 }, ['mean', 'square'], clip);
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<AdamOptions>,
  ): void {
    const kept = 1 - options.lr * options.weightDecay;
    for (let i = 0; i < values.length; i++) values[i] *= kept;
    adamOnHost(values, gradient, momentsOf(state), ratesAt(state.steps, { ...options, weightDecay: 0 }));
  }
  protected override updated(
    value: tf.Tensor,
    gradient: tf.Tensor,
    state: ParameterState,
    options: Required<AdamOptions>,
  ): tf.Tensor {
    const shrunk = tf.mul(value, 1 - options.lr * options.weightDecay);
    return adamUpdate(shrunk, gradient, momentsOf(state), ratesAt(state.steps, { ...options, weightDecay: 0 }));
  }
}

export interface ClippedAdamOptions extends AdamOptions {
  /** Each entry of a gradient is held within +-clipNorm; 10. */
  clipNorm?: number;
  /** The learning rate is multiplied by this at every step; 1. */
  lrd?: number;
  /** Take the running square about the running mean; false. */
  centeredVariance?: boolean;
}

/**
 * Adam with each gradient entry clipped and an exponentially decaying learning rate. Unlike Adam's, `eps` is added before the root is corrected
 * for its bias. Source: `pyro.optim.ClippedAdam`.
 * @example new ClippedAdam({ lr: 0.01, lrd: 0.1 ** (1 / 1000) }); // a tenth of the learning rate after 1,000 steps
 */
export class ClippedAdam extends Optimizer<ClippedAdamOptions> {
  constructor(options: PerParameter<ClippedAdamOptions> = {}, clip: PerParameter<ClipOptions> = {}) {
    super(options, { ...adamDefaults, clipNorm: 10, lrd: 1, centeredVariance: false }, ['mean', 'square'], clip);
  }
  protected update(
    values: Float32Array,
    gradient: Float32Array,
    { steps, slots: { mean, square } }: ParameterState,
    options: Required<ClippedAdamOptions>,
  ): void {
    const { eps, weightDecay, clipNorm, centeredVariance, lr, lrd } = options;
    const [beta1, beta2] = options.betas;
    const stepSize = (lr * lrd ** steps * Math.sqrt(1 - beta2 ** steps)) / (1 - beta1 ** steps);
    for (let i = 0; i < values.length; i++) {
      const g = Math.min(Math.max(gradient[i], -clipNorm), clipNorm) + weightDecay * values[i];
      mean[i] = beta1 * mean[i] + (1 - beta1) * g;
      const deviation = centeredVariance ? g - mean[i] : g;
      square[i] = beta2 * square[i] + (1 - beta2) * deviation * deviation;
      values[i] -= (stepSize * mean[i]) / (Math.sqrt(square[i]) + eps);
    }
  }
}
