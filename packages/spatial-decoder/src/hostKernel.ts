/** The interface of kernels on the host's memory: the WebAssembly and the native kernel. */
import type { HostLoops } from '@pyro-ts/engine/internal';
import type { EncoderKernel } from './encoder/problem.js';
import type { TemplateKernel } from './template/problem.js';

export const activations = ['tanh', 'relu', 'leakyRelu', 'softplus', 'gelu'] as const;
export type Activation = (typeof activations)[number];

/** Precision of the operands of matrix products; sums, activations and their slopes are always float32. */
export const precisions = ['float32', 'bfloat16'] as const;
export type Precision = (typeof precisions)[number];

/** The sizes of one call. Layer l maps widths[l] to widths[l + 1]; the output layer maps the last width to `channels`. */
export interface Problem {
  /** R: images times classes. */
  readonly rows: number;
  /** P: points of the grid at which every row is evaluated. */
  readonly pixels: number;
  /** d: coordinates of a point, usually 1 or 2. */
  readonly dims: number;
  /** C: outputs per pixel. */
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

/** What a forward pass passes to its backward pass: activations kept within the kernel's memory budget, or nothing (recompute). */
export interface Saved {
  /** Releases the memory; called once, with or without a backward pass. */
  release(): void;
}

export interface HostKernel {
  readonly name: 'wasm' | 'native';
  /** What the kernel runs on, for `line`, e.g. "AVX-512". */
  readonly detail: string;
  /** Number of threads, including the calling one. */
  readonly threads: number;
  /** @default 'float32' */
  readonly precision?: Precision;
  /** Instruction set, if the kernel has several. */
  readonly isa?: string;
  /**
   * Output [R, P, C], before any likelihood: written to `to`, which may be the engine's own memory, or by default to a new array. `saved` is
   * present if `keep` is true and the budget allows it.
   */
  forward(
    problem: Problem,
    operands: Operands,
    keep: boolean,
    to?: Float32Array,
  ): { output: Float32Array; saved?: Saved };
  /** Gradients for `upstream` [R, P, C]. Recomputes the activations if `saved` is absent. */
  backward(problem: Problem, operands: Operands, upstream: Float32Array, saved?: Saved): Gradients;
  /** The convolutional encoder on the same threads; if absent, it is computed by plain TensorFlow.js operations. */
  readonly encoder?: EncoderKernel;
  /** Deformable templates on the same threads; if absent, they are computed by plain TensorFlow.js operations. */
  readonly templates?: TemplateKernel;
  /** Loops for compiled programs, on the same threads; absent if the kernel has none. */
  readonly loops?: HostLoops;
  /** Ends the kernel's threads. */
  dispose(): void;
}

/** Options for loading a kernel. */
export interface KernelOptions {
  /** Number of threads, including the calling one. */
  readonly threads: number;
  /** Bytes of activations that are kept between forward and backward passes; others are recomputed. */
  readonly budget: number;
  /** @default 'float32', unless PYRO_NATIVE_ISA names an instruction set that rounds */
  readonly precision?: Precision;
  /** Instruction set of the native kernel. */
  readonly isa?: string;
}

/** A kernel, or the reason why it cannot run here. */
export type Loaded = { readonly kernel: HostKernel } | { readonly reason: string };
