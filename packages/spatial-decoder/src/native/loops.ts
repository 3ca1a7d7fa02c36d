/** Matrix products and Adam's step of the native kernel, on arrays. */
import type { AdamMoments, AdamRates, FloatMatrix, HostLoops } from '@pyro-ts/engine/internal';
import type { Addon, Handle } from './addon.js';
import { guarded } from './guarded.js';

export class NativeLoops implements HostLoops {
  private readonly problem = new Float64Array(9);
  private readonly rates = new Float64Array(6);

  /** `live` returns the kernel's handle, or throws once the kernel was disposed of. */
  constructor(
    private readonly addon: Addon,
    private readonly live: () => Handle,
  ) {}

  multiply(a: FloatMatrix, b: FloatMatrix, output: Float32Array): void {
    const { problem } = this;
    problem[0] = a.rows;
    problem[1] = a.columns;
    problem[2] = b.columns;
    for (let i = 0; i < 2; i++) {
      const { offset, rowStep, columnStep } = i === 0 ? a : b;
      problem[3 + 3 * i] = offset;
      problem[4 + 3 * i] = rowStep;
      problem[5 + 3 * i] = columnStep;
    }
    guarded(() => this.addon.multiply(this.live(), problem, a.values, b.values, output));
  }

  adam(values: Float32Array, gradient: Float32Array, { mean, square }: AdamMoments, rates: AdamRates): void {
    const { betas, stepSize, unbias, eps, weightDecay } = rates;
    this.rates.set([...betas, stepSize, unbias, eps, weightDecay]);
    guarded(() => this.addon.adam(this.live(), this.rates, gradient, values, mean, square));
  }
}
