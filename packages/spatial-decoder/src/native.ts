/** The C++ kernel: AVX-512, AVX2 or NEON, chosen when it is loaded, with its own threads. Node only. */
import { checkCall, type Limits } from './checkCall.js';
import { disposedOf, oneOf, rejectUnknownKeys, SpatialDecoderError } from './errors.js';
import {
  activations,
  type Gradients,
  type HostKernel,
  type KernelOptions,
  type Loaded,
  type Operands,
  type Precision,
  type Problem,
  type Saved,
} from './hostKernel.js';
import { KeptCalls, sizesOf } from './keptCalls.js';
import { type Addon, type Handle, loadAddon, type NativeIsa, nativeIsas } from './native/addon.js';
import { NativeEncoder } from './native/encoder.js';
import { guarded } from './native/guarded.js';
import { NativeLoops } from './native/loops.js';
import { NativeTemplates } from './native/templates.js';
import { budgetFrom, threadsFrom } from './options.js';
import { zeroGradients } from './zeroGradients.js';

export { loadAddon, type NativeIsa, nativeIsas } from './native/addon.js';

export interface NativeOptions extends Omit<KernelOptions, 'isa'> {
  /**
   * @default AMX for bfloat16; else the value of PYRO_NATIVE_ISA (AMX only if no precision is given, since it rounds to bfloat16), else the best that the
   * processor supports
   */
  readonly isa?: NativeIsa;
}

const optionNames: readonly (keyof NativeOptions)[] = ['threads', 'budget', 'precision', 'isa'];

const isaLabels: Readonly<Record<NativeIsa, string>> = {
  avx512: 'AVX-512',
  avx2: 'AVX2',
  neon: 'NEON',
  scalar: 'no vector instructions',
  amx: 'AMX, bfloat16',
};

/** kMaxLayers and kMaxDims of native/plan.h. */
const limits: Limits = { layers: 256, dims: 256 };

/** Never chosen automatically: one is slow, the other rounds to bfloat16. */
const unasked: readonly NativeIsa[] = ['scalar', 'amx'];

/**
 * Loads the native kernel, or returns the reason why it is not available; the caller checks its numbers (selfCheck). Its threads start at the first call and wait
 * between calls.
 * @throws {SpatialDecoderError} when an option is invalid.
 */
export function loadNative(options: Omit<NativeOptions, 'isa'> & { readonly isa?: string }): Loaded {
  rejectUnknownKeys('loadNative', options, optionNames);
  const threads = threadsFrom('native kernel: threads', options.threads);
  const budget = budgetFrom('native kernel: budget', options.budget);
  const addon = loadAddon();
  if (typeof addon === 'string') return { reason: addon };
  const isa = options.isa ? checkedIsa(addon, options.isa) : bestIsa(addon, options.precision);
  if (isa) return { kernel: new NativeKernel(addon, isa, threads, budget) };
  return {
    reason:
      options.precision === 'bfloat16'
        ? 'this processor, or the compiler, has no AMX to multiply bfloat16 with'
        : 'this processor has none of AVX-512, AVX2 and NEON, and WebAssembly is faster without them',
  };
}

function bestIsa(addon: Addon, precision: Precision | undefined): NativeIsa | undefined {
  if (precision === 'bfloat16') return addon.isas().find((isa) => isa === 'amx');
  const requested = process.env.PYRO_NATIVE_ISA;
  // As everywhere, an option takes precedence over an environment variable.
  const rounds = requested === 'amx' && precision === 'float32';
  return requested && !rounds ? checkedIsa(addon, requested) : addon.isas().find((isa) => !unasked.includes(isa));
}

function checkedIsa(addon: Addon, requested: string): NativeIsa {
  const isa = oneOf('The instruction set', requested, nativeIsas);
  const runs = addon.isas();
  if (runs.includes(isa)) return isa;
  throw new SpatialDecoderError(`This processor does not run ${isa}; it runs ${runs.join(', ')}.`);
}

class NativeKernel implements HostKernel {
  readonly name = 'native';
  readonly detail: string;
  readonly precision: Precision;
  readonly encoder: NativeEncoder;
  readonly templates: NativeTemplates;
  readonly loops: NativeLoops;
  /** Absent once the kernel was disposed of. */
  private handle?: Handle;
  private readonly kept = new KeptCalls<Handle, Problem>('native', sizesOf);

  constructor(
    private readonly addon: Addon,
    readonly isa: NativeIsa,
    private readonly wanted: number,
    budget: number,
  ) {
    this.detail = isaLabels[isa];
    this.precision = isa === 'amx' ? 'bfloat16' : 'float32';
    this.handle = guarded(() => addon.create(isa, wanted, budget));
    this.encoder = new NativeEncoder(addon, () => this.live());
    this.templates = new NativeTemplates(addon, () => this.live());
    this.loops = new NativeLoops(addon, () => this.live());
  }

  get threads(): number {
    return this.handle ? this.wanted : 0;
  }

  forward(
    problem: Problem,
    operands: Operands,
    keep: boolean,
    to?: Float32Array,
  ): { output: Float32Array; saved?: Saved } {
    const own = this.live();
    checkCall('native', problem, operands, { output: to }, limits);
    const output = to ?? new Float32Array(problem.rows * problem.pixels * problem.channels);
    const { grid, pose, code, weights, biases } = operands;
    const handle = guarded(() =>
      this.addon.forward(own, describe(problem), grid, pose, code, weights, biases, keep, output),
    );
    return handle ? { output, saved: this.kept.add(problem, handle, (kept) => this.addon.release(kept)) } : { output };
  }

  backward(problem: Problem, operands: Operands, upstream: Float32Array, saved?: Saved): Gradients {
    const own = this.live();
    checkCall('native', problem, operands, { upstream }, limits);
    const kept = this.kept.of(problem, saved);
    const { grid, pose, code, weights, biases } = operands;
    const gradients = zeroGradients(operands);
    guarded(() =>
      this.addon.backward(
        ...([own, describe(problem), grid, pose, code, weights, biases, upstream, kept] as const),
        ...([gradients.pose, gradients.code, gradients.weights, gradients.biases] as const),
      ),
    );
    return gradients;
  }

  dispose(): void {
    if (this.handle) this.addon.dispose(this.handle);
    this.handle = undefined;
  }

  private live(): Handle {
    if (!this.handle) throw disposedOf();
    return this.handle;
  }
}

/** In the order that the addon expects. */
function describe({ rows, pixels, dims, channels, firstActivation, activation, widths }: Problem): Float64Array {
  const kinds = [activations.indexOf(firstActivation), activations.indexOf(activation)];
  return Float64Array.from([rows, pixels, dims, channels, ...kinds, ...widths]);
}
