/** Finds the compiled C++ kernel for this platform, or the reason why there is none. Node only: browsers never load it. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Instruction sets that the kernel supports: the best first, then those used only on request. */
export const nativeIsas = ['avx512', 'avx2', 'neon', 'scalar', 'amx'] as const;
export type NativeIsa = (typeof nativeIsas)[number];

/** An opaque C++ object, which JavaScript only passes back. */
export interface Handle {
  readonly __handle: unique symbol;
}

type EncoderArrays = [
  filters: readonly Float32Array[],
  gains: readonly Float32Array[],
  biases: readonly Float32Array[],
  dense: Float32Array,
  denseBias: Float32Array,
];

type TemplateArrays = [
  ...[problem: Float64Array, pictures: Float32Array, field: Float32Array, theta: Float32Array],
  ...[picture: Int32Array, pixels: Int32Array],
];

type TemplateImages = [count: number, images: Float32Array, image: Int32Array];

/** What native/addon.cc exports. A problem is [rows, pixels, dims, channels, first activation, activation, ...widths]. */
export interface Addon {
  /** Instruction sets that this processor supports, the best first. */
  isas(): NativeIsa[];
  create(isa: NativeIsa, threads: number, budget: number): Handle;
  dispose(kernel: Handle): void;
  forward(
    kernel: Handle,
    problem: Float64Array,
    grid: Float32Array,
    pose: Float32Array,
    code: Float32Array,
    weights: readonly Float32Array[],
    biases: readonly Float32Array[],
    keep: boolean,
    output: Float32Array,
  ): Handle | undefined;
  /** The last four receive the gradients and must be zero. */
  backward(
    kernel: Handle,
    problem: Float64Array,
    grid: Float32Array,
    pose: Float32Array,
    code: Float32Array,
    weights: readonly Float32Array[],
    biases: readonly Float32Array[],
    upstream: Float32Array,
    kept: Handle | undefined,
    poseGradient: Float32Array,
    codeGradient: Float32Array,
    weightGradients: readonly Float32Array[],
    biasGradients: readonly Float32Array[],
  ): void;
  release(kept: Handle): void;
  /** A problem of the encoder is [images, height, width, channels, features, side and outputs of each block, ...]. */
  encoderForward(
    kernel: Handle,
    problem: Float64Array,
    ...rest: [images: Float32Array, ...EncoderArrays, keep: boolean, output: Float32Array]
  ): Handle | undefined;
  /** The arrays after `withImages` receive the gradients and must be zero; those of the images come first if it is true. */
  encoderBackward(
    kernel: Handle,
    problem: Float64Array,
    ...rest: [
      ...[images: Float32Array, ...EncoderArrays],
      ...[upstream: Float32Array, kept: Handle | undefined],
      ...([withImages: true, images: Float32Array, ...EncoderArrays] | [withImages: false, ...EncoderArrays]),
    ]
  ): void;
  encoderRelease(kept: Handle): void;
  /** A problem of templates is [rows, pictures, channels, height, width, contents, grid, pixels], at least one row and one pixel. */
  templateDraw(kernel: Handle, ...rest: [...TemplateArrays, output: Float32Array]): void;
  /** The last three receive the gradients and must be zero. */
  templateDrawBackward(
    kernel: Handle,
    ...rest: [
      ...[...TemplateArrays, upstream: Float32Array],
      ...[pictures: Float32Array, field: Float32Array, theta: Float32Array],
    ]
  ): void;
  templateSquaredErrors(kernel: Handle, ...rest: [...TemplateArrays, ...TemplateImages, errors: Float32Array]): void;
  templateNormalEquations(
    kernel: Handle,
    ...rest: [
      ...[...TemplateArrays, ...TemplateImages],
      ...[errors: Float32Array, gradient: Float32Array, hessian: Float32Array],
    ]
  ): void;
  /** A problem is [rows, inner, columns, offset, row step and column step of `a`, those of `b`], in numbers. */
  multiply(kernel: Handle, problem: Float64Array, a: Float32Array, b: Float32Array, output: Float32Array): void;
  /** Rates are [beta1, beta2, step size, unbias, eps, weight decay]; all arrays but the gradient are updated in place. */
  adam(
    kernel: Handle,
    rates: Float64Array,
    ...arrays: [gradient: Float32Array, values: Float32Array, mean: Float32Array, square: Float32Array]
  ): void;
  /** Multiply-adds in registers, on full vectors or on 128-bit ones; returns how many floating-point operations it did. */
  peak(isa: NativeIsa, simd128: boolean, rounds: number): number;
}

/** Paths to which scripts/build-native.mjs writes the library, or the reason why it built none. */
const place = (file: string) => fileURLToPath(new URL(`../../dist/native/${file}`, import.meta.url));

/** The compiled kernel, or the reason why it is not available. */
export function loadAddon(): Addon | string {
  if (process.env.PYRO_NATIVE === 'off') return 'PYRO_NATIVE=off';
  // Another build of the same library, such as the one with sanitizers.
  const library = process.env.PYRO_NATIVE_LIBRARY ?? place(`${process.platform}-${process.arch}.node`);
  if (!existsSync(library)) {
    const absent = place('absent.txt');
    if (existsSync(absent)) return readFileSync(absent, 'utf8');
    return `there is none for ${process.platform}-${process.arch} (in a clone of pyro-ts, "npm run build" makes it where a C++ compiler is; an installed package has no sources to make it of)`;
  }
  try {
    return createRequire(import.meta.url)(library) as Addon;
  } catch (error) {
    return `${library} does not load: ${error instanceof Error ? error.message : error}`;
  }
}
