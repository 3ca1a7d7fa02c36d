/**
 * Computations on the host, made known to whoever records a program. A recorder sees the kernels that TensorFlow.js runs; numbers that were read,
 * computed with in plain code and put into a new tensor would be constants to it.
 */
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../ops/shapes.js';

/** One computation on the host, which can be repeated on other numbers of the same shapes. */
export interface HostCall {
  /** "lgamma", for messages and plans. */
  readonly name: string;
  readonly inputs: readonly tf.Tensor[];
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  /** Fills `output` (row by row, zeros before) from the numbers of the inputs. */
  readonly run: (inputs: readonly ArrayLike<number>[], output: Float32Array | Int32Array) => void;
  /** Whether `run` writes every entry, so that `output` need not be zeros before. @default false */
  readonly writesAll?: boolean;
  /** Set where the call is a pure function of the entries of its inputs, broadcast together: `run` is then a loop over it. */
  readonly each?: (...x: number[]) => number;
}

/** What records a program. */
export interface HostListener {
  /** `output` was computed by `call`. */
  called(call: HostCall, output: tf.Tensor): void;
  /** `source`, which has a state, was used: a random stream that drew. */
  used(source: object): void;
  /** `isValid` was asked of `x`, and holds. */
  checked(x: tf.Tensor, isValid: (x: tf.Tensor) => boolean): void;
  /** Whether the numbers of `x` are those of this run only. */
  depends(x: tf.Tensor): boolean;
  /** Whether reads of tensors count; they do not within a host call, nor in checks. */
  reading(isCounted: boolean): boolean;
}

let listener: HostListener | undefined;

/** Runs `body` while `receiver` is notified of host calls. */
export function withHostListener<R>(receiver: HostListener, body: () => R): R {
  const before = listener;
  listener = receiver;
  try {
    return body();
  } finally {
    listener = before;
  }
}

/** Whether a program is being recorded: what has two ways to compute takes the one that is made of tensor operations. */
export const isRecording = (): boolean => listener !== undefined;

/** Whether a recorder listens and the numbers of `x` may differ when what it records is run again. */
export const varies = (x: tf.Tensor): boolean => listener?.depends(x) ?? false;

/** Says that `x` was checked: other numbers in its place, of data that change from step to step, need the check too. */
export const noteCheck = (x: tf.Tensor, isValid: (x: tf.Tensor) => boolean): void => listener?.checked(x, isValid);

/** Says that `source` is used: a recorder has to know of state that moves. */
export const noteUse = (source: object): void => listener?.used(source);

/** Runs `body`, whose reads of tensors decide nothing but whether the program may continue: checks of shapes, supports and finite numbers. */
export function uncountedReads<R>(body: () => R): R {
  if (!listener) return body();
  const before = listener.reading(false);
  try {
    return body();
  } finally {
    listener.reading(before);
  }
}

/**
 * The tensor that a computation on the host makes; constant for the gradient.
 * @example hostCall({ name: 'reverse', inputs: [x], shape: x.shape, dtype: 'float32', run: ([a], out) => out.set(Array.from(a).reverse()) })
 */
export function hostCall(call: HostCall): tf.Tensor {
  const run = () => {
    const numbers = call.inputs.map((x) => x.dataSync());
    const size = sizeOf(call.shape);
    const output = call.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
    call.run(numbers, output);
    return tf.tensor(output, call.shape as number[], call.dtype);
  };
  if (!listener) return run();
  const output = uncountedReads(run);
  listener.called(call, output);
  return output;
}
