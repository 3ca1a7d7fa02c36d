/** What a kernel computes on the memory of the host: the contract of the WebAssembly and the native kernel. */
import type { HostLoops } from '@pyro-ts/engine/internal';
import type { EncoderKernel } from './encoder/problem.js';
import type { TemplateKernel } from './template/problem.js';

export const activations = ['tanh', 'relu', 'leakyRelu', 'softplus', 'gelu'] as const;
export type Activation = (typeof activations)[number];

/** Of the operands of matrix products; sums, activations and their slopes are float32 always. */
export const precisions = ['float32', 'bfloat16'] as const;
export type Precision = (typeof precisions)[number];

/** The sizes of one call. Layer l maps widths[l] to widths[l + 1]; the output layer maps the last width to `channels`. */
export interface Problem {
  /** R: images times classes. */
  readonly rows: number;
  /** P: points of the grid at which every row is evaluated. */
  readonly pixels: number;
  /** d: coordinates of a point, mostly 1 or 2. */
  readonly dims: number;
  /** C: outputs a pixel. */
  readonly channels: number;
  /** Width of the first (coordinate) layer, then of each hidden layer. */
  readonly widths: readonly number[];
  /** Activation after the coordinate layer. */
  readonly firstActivation: Activation;
  /** Activation after each hidden layer. */
  readonly activation: Activation;
}

/** Row-major float32 operands. `weights` and `biases` hold the hidden layers in order, then the output layer; a weight is [in, out]. */
export interface Operands {
  /** [P, d] */
  readonly grid: Float32Array;
  /** [R, H0, d]: the coordinate layer's weight with the row's pose folded in. */
  readonly pose: Float32Array;
  /** [R, H0]: everything in the coordinate layer that does not depend on the pixel. */
  readonly code: Float32Array;
  readonly weights: readonly Float32Array[];
  readonly biases: readonly Float32Array[];
}

/** Gradients of a scalar loss, shaped as the operands they belong to (the grid is data and has none). */
export interface Gradients {
  readonly pose: Float32Array;
  readonly code: Float32Array;
  readonly weights: readonly Float32Array[];
  readonly biases: readonly Float32Array[];
}

/** What a forward pass hands to its backward pass: activations kept within the kernel's memory budget, or nothing (recompute). */
export interface Saved {
  /** Gives the memory back; called once, whether or not a backward pass happened. */
  release(): void;
}

export interface HostKernel {
  readonly name: 'wasm' | 'native';
  /** What the kernel runs on, for the line that is printed, e.g. "AVX-512". */
  readonly detail: string;
  /** Threads that work, the calling one included. */
  readonly threads: number;
  /** @default 'float32' */
  readonly precision?: Precision;
  /** Instruction set, where the kernel has several. */
  readonly isa?: string;
  /**
   * Output [R, P, C], before any likelihood: written to `to`, which may be the engine's own memory, or by default to a fresh array. `saved` is
   * present when `keep` was asked for and the budget allowed it.
   */
  forward(
    problem: Problem,
    operands: Operands,
    keep: boolean,
    to?: Float32Array,
  ): { output: Float32Array; saved?: Saved };
  /** Gradients for `upstream` [R, P, C]. Recomputes the activations where `saved` is absent. */
  backward(problem: Problem, operands: Operands, upstream: Float32Array, saved?: Saved): Gradients;
  /** The convolutional encoder on the same threads; where it is absent, plain TensorFlow.js operations compute it. */
  readonly encoder?: EncoderKernel;
  /** Deformable templates on the same threads; where it is absent, plain TensorFlow.js operations compute them. */
  readonly templates?: TemplateKernel;
  /** Loops for compiled programs, on the same threads; absent where the kernel has none. */
  readonly loops?: HostLoops;
  /** Ends the kernel's threads. */
  dispose(): void;
}

/** What a kernel is loaded with. */
export interface KernelOptions {
  /** Threads to work on, the calling one included. */
  readonly threads: number;
  /** Bytes of activations that may be kept between forward and backward passes; beyond it they are recomputed. */
  readonly budget: number;
  /** Default float32, unless PYRO_NATIVE_ISA names an instruction set that rounds. */
  readonly precision?: Precision;
  /** Instruction set of the native kernel. */
  readonly isa?: string;
}

/** A kernel, or why it cannot run here. */
export type Loaded = { readonly kernel: HostKernel } | { readonly reason: string };
