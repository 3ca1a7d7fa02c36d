/** The convolutional encoder of the native kernel. */
import { checkEncoderCall, zeroEncoderGradients } from '../encoder/checkCall.js';
import {
  type EncoderGradients,
  type EncoderKernel,
  type EncoderOperands,
  type EncoderProblem,
  encoderSizes,
} from '../encoder/problem.js';
import type { Saved } from '../hostKernel.js';
import { KeptCalls } from '../keptCalls.js';
import type { Addon, Handle } from './addon.js';
import { guarded } from './guarded.js';

export class NativeEncoder implements EncoderKernel {
  private readonly kept = new KeptCalls<Handle, EncoderProblem>('native', encoderSizes);

  /** `live` returns the kernel's handle, or throws once the kernel was disposed of. */
  constructor(
    private readonly addon: Addon,
    private readonly live: () => Handle,
  ) {}

  forward(
    problem: EncoderProblem,
    operands: EncoderOperands,
    keep: boolean,
    to?: Float32Array,
  ): { output: Float32Array; saved?: Saved } {
    const own = this.live();
    checkEncoderCall('native', problem, operands, { output: to });
    const output = to ?? new Float32Array(problem.images * problem.features);
    if (problem.images === 0) return { output };
    const kept = guarded(() => this.addon.encoderForward(own, describe(problem), ...arraysOf(operands), keep, output));
    return kept ? { output, saved: this.kept.add(problem, kept, (k) => this.addon.encoderRelease(k)) } : { output };
  }

  backward(
    problem: EncoderProblem,
    operands: EncoderOperands,
    upstream: Float32Array,
    withImages: boolean,
    saved?: Saved,
  ): EncoderGradients {
    const own = this.live();
    checkEncoderCall('native', problem, operands, { upstream });
    const kept = this.kept.of(problem, saved);
    const gradients = zeroEncoderGradients(operands, withImages);
    if (problem.images === 0) return gradients;
    const { filters, gains, biases, dense, denseBias, images } = gradients;
    const places = [filters, gains, biases, dense, denseBias] as const;
    guarded(() =>
      this.addon.encoderBackward(
        ...([own, describe(problem), ...arraysOf(operands), upstream, kept] as const),
        ...(images ? ([true, images, ...places] as const) : ([false, ...places] as const)),
      ),
    );
    return gradients;
  }
}

const arraysOf = ({ images, filters, gains, biases, dense, denseBias }: EncoderOperands) =>
  [images, filters, gains, biases, dense, denseBias] as const;

/** In the order that the addon expects. */
function describe({ images, height, width, channels, features, blocks }: EncoderProblem): Float64Array {
  return Float64Array.from([images, height, width, channels, features, ...blocks.flatMap((b) => [b.side, b.outputs])]);
}
